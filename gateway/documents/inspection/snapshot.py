"""All objects of a document at once, as qpdf reads them without repairing anything.

Values are those of qpdf's JSON, version 2, so that nothing of a C++ library is held while looking:
dictionaries and arrays are dicts and lists, names are `/Name` with their escapes resolved (or
`n:/…` where they are no UTF-8), texts are `u:…`, byte strings `b:HEX`, references `7 0 R`. An
entry whose value is null is absent, as it should be (ISO 32000-2 §7.3.7).
"""

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import msgspec
import pikepdf

from gateway.documents.inspection.bounds import (
    HIGHEST_RATIO,
    LARGEST_OBJECT_STREAMS,
    MIB,
    MOST_OBJECTS,
    MOST_WARNINGS,
    QPDF_NESTING,
)

Value = Any
"""JSON, as the module says."""

_HOLDERS = (dict, list)
_REFERENCE = re.compile(r"[0-9]+ [0-9]+ R")
_STREAM_NAME = re.compile(r"stream <_io\.BytesIO object at 0x[0-9a-f]+>:? ?")
_LONGEST_MESSAGE = 150
_TREE_DEPTH = 64
_COMPRESSED = 2  # §7.5.8.3

# Process-wide, and set before any document is opened (the worker has one thread). They are far
# beyond what business documents need; past them qpdf warns, and a warning is a finding.
pikepdf.settings.set_qpdf_limits(
    parser_max_nesting=QPDF_NESTING,
    flate_max_memory=LARGEST_OBJECT_STREAMS,
    run_length_max_memory=LARGEST_OBJECT_STREAMS,
    png_max_memory=LARGEST_OBJECT_STREAMS,
    tiff_max_memory=LARGEST_OBJECT_STREAMS,
)


class UnreadableError(Exception):
    """qpdf cannot read the document without repairing it."""


class TooLargeError(Exception):
    """There is more in the document than is looked at."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object lies: `container` is 0 and `at` a byte, or an index in an object stream."""

    container: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A document's objects.

    Attributes:
        trailer: the newest trailer, or what stands for it in a cross-reference stream.
        objects: by reference, `7 0 R`; a stream is represented by its dictionary.
        streams: the references of streams, with the length of their encoded data.
        places: where the newest cross-reference tables say that each object is.
        warnings: what qpdf had to say.
    """

    trailer: dict[str, Value]
    objects: dict[str, Value]
    streams: dict[str, int]
    places: dict[str, Place]
    warnings: tuple[str, ...]
    _pages: list[str] = field(default_factory=list)

    def resolve(self, value: Value) -> Value:
        """The value, or what it refers to; None when that is nothing or a circle."""
        for _ in range(_TREE_DEPTH):
            if not is_reference(value):
                return value
            value = self.objects.get(value)
        return None

    def entry(self, value: Value, *keys: str) -> Value:
        """The resolved entry below nested dictionaries; None when one of them is not there."""
        value = self.resolve(value)
        for key in keys:
            value = self.resolve(value.get(key)) if isinstance(value, dict) else None
        return value

    @property
    def root(self) -> Value:
        """The catalogue."""
        return self.entry(self.trailer, "/Root")

    def pages(self) -> list[str]:
        """The references of the pages in order, as the tree has them."""
        if not self._pages:
            self._pages.extend(self._leaves())
        return self._pages

    def _leaves(self) -> Iterator[str]:
        seen: set[str] = set()
        root = self.root
        todo = [root.get("/Pages")] if isinstance(root, dict) else []
        while todo:
            reference = todo.pop()
            if not is_reference(reference) or reference in seen:
                continue
            seen.add(reference)
            kids = self.entry(reference, "/Kids")
            if isinstance(kids, list):
                todo += reversed(kids)
            else:
                yield reference

    def inherited(self, page: str, key: str) -> Value:
        """A page's attribute, or that of the nearest node above it (§7.7.3.4)."""
        node = self.resolve(page)
        for _ in range(_TREE_DEPTH):
            if not isinstance(node, dict):
                return None
            if key in node:
                return self.resolve(node[key])
            node = self.resolve(node.get("/Parent"))
        return None

    def annotations(self, page: str) -> list[Value]:
        """What stands in the page's /Annots: references, or dictionaries."""
        annotations = self.entry(page, "/Annots")
        return annotations if isinstance(annotations, list) else []

    def reached(self) -> set[str]:
        """Every reference that can be reached from the trailer."""
        seen: set[str] = set()
        todo: list[Value] = [self.trailer]
        while todo:
            value = todo.pop()
            if isinstance(value, str):
                if value not in seen and is_reference(value):
                    seen.add(value)
                    todo.append(self.objects.get(value))
            elif isinstance(value, dict):
                todo += value.values()
            elif isinstance(value, list):
                todo += value
        return seen


def is_reference(value: Value) -> TypeGuard[str]:
    """Whether the value refers to an object."""
    # Most are names and texts, which the expression need not be asked about.
    return (
        isinstance(value, str) and value.endswith(" R") and _REFERENCE.fullmatch(value) is not None
    )


def dictionaries(value: Value) -> Iterator[dict[str, Value]]:
    """The value and all below it that are dictionaries; references are not followed."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            yield each
        todo += holders(each)


def holders(value: Value) -> list[Value]:
    """What a dictionary or array holds that holds something itself: most are numbers and names."""
    if isinstance(value, dict):
        return [each for each in value.values() if isinstance(each, _HOLDERS)]
    if isinstance(value, list):
        return [each for each in value if isinstance(each, _HOLDERS)]
    return []


def take(document: bytes) -> Snapshot:
    """The snapshot.

    Raises:
        UnreadableError: qpdf would have to repair it.
        TooLargeError: it has more objects, or more in object streams, than is looked at.
    """
    try:
        with pikepdf.open(
            io.BytesIO(document), attempt_recovery=False, suppress_warnings=True
        ) as pdf:
            return _taken(pdf)
    except (pikepdf.PdfError, msgspec.DecodeError, zlib.error, RuntimeError, ValueError) as error:
        # RuntimeError: what the C++ side throws of its own; ValueError: text that is no UTF-8.
        raise UnreadableError(_plain(str(error))) from None


def _plain(message: str) -> str:
    """Qpdf's message in plain ASCII, without the name of our stream."""
    plain = _STREAM_NAME.sub("", message)[:_LONGEST_MESSAGE].encode("ascii", "replace").decode()
    return "".join(mark if mark.isprintable() else "?" for mark in plain).lstrip(" ,")


def _taken(pdf: pikepdf.Pdf) -> Snapshot:
    table = pdf.get_xref_table()
    if len(table) > MOST_OBJECTS:
        raise TooLargeError(f"it has {len(table)} objects, more than {MOST_OBJECTS}")
    places = {
        f"{number} {generation} R": Place(entry.obj_stream_number or 0, entry.obj_stream_index or 0)
        if entry.type == _COMPRESSED
        else Place(0, entry.offset or 0)
        for (number, generation), entry in table.items()
    }
    _measure_object_streams(pdf, {place.container for place in places.values()} - {0})
    written = io.BytesIO()
    pdf.write_qpdf_json(
        written,
        decode_level=pikepdf.StreamDecodeLevel.none,
        json_stream_data=pikepdf.JSONStreamData.none,
    )
    entries: dict[str, Value] = msgspec.json.decode(written.getvalue())["qpdf"][1]
    warnings = [_plain(each) for each in pdf.get_warnings()[:MOST_WARNINGS]]
    objects: dict[str, Value] = {}
    streams: dict[str, int] = {}
    for key, entry in entries.items():
        reference = key.removeprefix("obj:")
        stream = entry.get("stream")
        if stream is None:
            objects[reference] = entry.get("value")
        else:
            objects[reference] = stream["dict"]
            streams[reference] = _length(pdf, reference)
    return Snapshot(
        trailer=objects.pop("trailer"),
        objects=objects,
        streams=streams,
        places=places,
        warnings=tuple(warnings),
    )


def _length(pdf: pikepdf.Pdf, reference: str) -> int:
    declared = _object(pdf, reference).get("/Length", 0)
    return declared if isinstance(declared, int) else 0


def _object(pdf: pikepdf.Pdf, reference: str) -> pikepdf.Object:
    number, generation, _ = reference.split()
    return pdf.get_object(int(number), int(generation))


def _measure_object_streams(pdf: pikepdf.Pdf, containers: set[int]) -> None:
    """Unpack them, to no end but to see that they are not too large together.

    qpdf's own bound is for each of them, and it would unpack one after the other for long.
    """
    left = LARGEST_OBJECT_STREAMS
    for number in sorted(containers):
        container = pdf.get_object(number, 0)
        raw = container.read_raw_bytes() if isinstance(container, pikepdf.Stream) else b""
        if len(raw) * HIGHEST_RATIO < left // len(containers):
            continue
        left -= len(zlib.decompressobj().decompress(raw, left + 1))
        if left < 0:
            raise TooLargeError(
                f"its object streams unpack to more than {LARGEST_OBJECT_STREAMS // MIB} MiB"
            )
