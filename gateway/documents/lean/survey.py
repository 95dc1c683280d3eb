"""Every object of a document, and the certainty that there is nothing else in it.

Each byte of the file belongs to one object that the newest cross-references name, to a table with
its trailer, or to the space between. So nothing is hidden: no object that no table names, none
twice, nothing before the first or behind the last.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

from gateway.documents.inspection.bounds import LARGEST_STREAM
from gateway.documents.lean.crossref import Section
from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import (
    BETWEEN,
    DEEPEST,
    SHALLOW,
    SPACE,
    STRING,
    VALUE,
    Dictionary,
    integer,
    read_dictionary,
    reference,
    value_down_to,
)

_MOST_OBJECTS = 20_000
_LONGEST_NUMBER = 10
_DIGITS = b"0123456789"

_HEAD = re.compile(rb"%PDF-\d\.\d" + BETWEEN)
_NAMED = rb"(\d{1,10}) 0 obj"
_ENDING = rb"(endobj|stream\r?\n)"
_END_OF_STREAM = re.compile(SPACE + rb"endstream" + SPACE + rb"endobj")
_GAP = re.compile(BETWEEN)
_CLOSING = re.compile(SPACE + rb"startxref[\r\n ]++\d++[\r\n ]++%%EOF[\r\n ]*+")
_ASIDE = re.compile(STRING + rb"|%[^\r\n]*+", re.DOTALL)
_BEGINNING = b"obj"
_ADDRESS = re.compile(rb"\((?:https?|mailto|tel):", re.IGNORECASE)

T = TypeVar("T")


# Large expressions take long to compile, and most documents do without most of these.
@cache
def _object(depth: int) -> re.Pattern[bytes]:
    value = value_down_to(depth, SPACE)
    return re.compile(_NAMED + SPACE + rb"(" + value + rb")" + SPACE + _ENDING, re.DOTALL)


@cache
def _object_with_comments() -> re.Pattern[bytes]:
    return re.compile(_NAMED + BETWEEN + rb"(" + VALUE + rb")" + BETWEEN + _ENDING, re.DOTALL)


@cache
def _packed_value() -> re.Pattern[bytes]:
    return re.compile(BETWEEN + rb"(" + VALUE + rb")" + BETWEEN, re.DOTALL)


_OBJECT = _object(SHALLOW)


class Seen(NamedTuple):
    """An object.

    Attributes:
        number: its number.
        raw: its value as it stands; of a stream, the dictionary.
        text: the same without comments, and with `()` for every string, but `(u)` for one that is
            a web address. So what it says cannot pass for a name or a reference.
        entries: a stream's dictionary, cut into its entries; None for other objects.
        data: where a stream's data is in the file, from and to; None for other objects.
    """

    number: int
    raw: bytes
    text: bytes
    entries: Dictionary | None
    data: tuple[int, int] | None


def survey(lean: LeanDocument) -> dict[int, Seen]:
    """Every object by its number.

    Raises:
        InDoubtError: something is in the file that this does not account for.
    """
    plain: dict[int, int] = {}
    packed: set[int] = set()
    containers: set[int] = set()
    for section in lean.references.sections:
        for number, entry in section.in_use():
            if number in plain or number in packed:
                raise InDoubtError("cross-references", "an object in two sections")
            if isinstance(entry, int):
                plain[number] = entry
            else:
                packed.add(number)
                containers.add(entry[0])
    if len(plain) + len(packed) > _MOST_OBJECTS:
        raise InDoubtError("syntax", "too many objects")
    if 0 in plain or 0 in packed:
        raise InDoubtError("cross-references", "an object 0, which is none")
    if max(plain.keys() | packed) >= integer(lean.references.trailer.get(b"/Size")):
        raise InDoubtError("cross-references", "an object beyond the /Size")
    objects = {
        seen.number: seen
        for seen in _objects(lean, lean.references.sections, plain, containers, begins=0)
    }
    if objects.keys() != plain.keys() | packed:
        raise InDoubtError("object-streams", "an object that is listed and not there")
    return objects


def survey_update(lean: LeanDocument) -> tuple[int, dict[int, Seen]]:
    """Where the newest update begins, and every object of it by its number.

    Raises:
        InDoubtError: something is in it that this does not account for, or object streams are.
    """
    newest = lean.references.sections[0]
    plain: dict[int, int] = {}
    for number, entry in newest.in_use():
        if not isinstance(entry, int):
            raise InDoubtError("object-streams", "an update in object streams")
        plain[number] = entry
    free = sum(run.length for run in newest.subsections) - len(plain)
    if not plain or len(plain) > _MOST_OBJECTS or free != (newest.find(0) == "free"):
        raise InDoubtError("cross-references", "an update that frees objects, or has none")
    begins = min(*plain.values(), newest.start)
    return begins, {
        seen.number: seen for seen in _objects(lean, (newest,), plain, set(), begins=begins)
    }


def _objects(
    lean: LeanDocument,
    sections: Sequence[Section],
    plain: dict[int, int],
    containers: set[int],
    *,
    begins: int,
) -> Iterator[Seen]:
    """All of some sections, of which there is nothing but these from a byte of the file on."""
    document = lean.bytes
    tables = [(each.start, -1, each.end) for each in sections if each.widths is None]
    parts = sorted([*((at, number, 0) for number, at in plain.items()), *tables])
    starts = {section.start for section in sections}
    if not starts <= {at for at, _, _ in parts}:
        raise InDoubtError("cross-references", "a section that is in no table")
    if begins == 0:
        _require(_HEAD.fullmatch(document, 0, parts[0][0]))
    if document.find(_BEGINNING, begins, parts[0][0]) >= 0:
        raise InDoubtError("syntax", "what looks like an object stands before the first")
    ends = [*(at for at, _, _ in parts[1:]), len(document)]
    for (at, number, table_end), until in zip(parts, ends, strict=True):
        if number < 0:
            _require(_CLOSING.fullmatch(document, table_end, until))
            _refuse_beginnings(document, at, until)
            continue
        found = (
            _OBJECT.match(document, at, until)
            or _object(DEEPEST).match(document, at, until)
            or _require(_object_with_comments().match(document, at, until))
        )
        named, raw, ending = found.groups()
        if int(named) != number or reference(raw) is not None:
            raise InDoubtError("cross-references", "another object, or no more than a reference")
        closed, entries, data = found.end(), None, None
        if ending != b"endobj":
            entries, _ = read_dictionary(raw)
            data = closed, closed + integer(lean.value(entries.get(b"/Length", b"")))
            closed = _require(_END_OF_STREAM.match(document, data[1], until)).end()
        if not _ends_well(document, closed, until, at_section=at in starts):
            raise InDoubtError("syntax", f"something is behind object {number}")
        # Comments stand around the value too.
        _refuse_beginnings(document, found.end(1) + len(b" 0 obj"), found.start(3))
        _refuse_beginnings(document, closed, until)
        yield Seen(number, raw, text_of(raw), entries, data)
        if number in containers:
            yield from _packed(lean, number)


def _refuse_beginnings(document: bytes, start: int, end: int) -> None:
    if document.find(_BEGINNING, start, end) >= 0:
        raise InDoubtError("syntax", "what looks like an object stands in a text or comment")


def _ends_well(document: bytes, closed: int, until: int, *, at_section: bool) -> bool:
    """Whether nothing but space is between an object and what follows it, or the file's end."""
    if at_section and _CLOSING.fullmatch(document, closed, until) is not None:
        return True
    # Only a linearised file's first section may lack its startxref.
    if until == len(document):
        return False
    return document[closed:until] == b"\n" or _GAP.fullmatch(document, closed, until) is not None


def _packed(lean: LeanDocument, container: int) -> Iterator[Seen]:
    stream = lean.object_stream(container)
    if stream.offsets != sorted(stream.offsets):
        raise InDoubtError("object-streams", "out of order")
    ends = [*stream.offsets[1:], len(stream.data)]
    for index, number in enumerate(stream.numbers):
        if lean.references.find(number) != (container, index):
            raise InDoubtError("object-streams", "an object that is elsewhere")
        found = _require(_packed_value().fullmatch(stream.data, stream.offsets[index], ends[index]))
        if reference(found[1]) is not None:
            raise InDoubtError("object-streams", "an object that is no more than a reference")
        yield Seen(number, found[1], text_of(found[1]), None, None)


def text_of(raw: bytes) -> bytes:
    """A value without what its strings and comments say; in one pass, as either may hold both."""
    return _ASIDE.sub(_set_aside, raw) if b"(" in raw or b"%" in raw else raw


def targets(text: bytes) -> set[int]:
    """The numbers that are referred to; see `mentioned`."""
    return set(mentioned(text))


def mentioned(text: bytes) -> list[int]:
    """The numbers that ` 0 R` follows: cut apart, as an expression would try every digit first.

    Raises:
        InDoubtError: it follows something else.
    """
    ends = [piece[-_LONGEST_NUMBER:] for piece in text.split(b" 0 R")[:-1]]
    try:
        return [int(end[len(end.rstrip(_DIGITS)) :]) for end in ends]
    except ValueError:
        raise InDoubtError("syntax", "a reference to something that has no number") from None


def unpacked(data: bytes) -> bytes | None:
    """What Flate packed; None where it is damaged, or larger than any stream should be."""
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(data, LARGEST_STREAM)
    except zlib.error:
        return None
    return plain if inflate.eof else None


def _set_aside(found: re.Match[bytes]) -> bytes:
    aside = found[0]
    if aside[:1] == b"%":
        return b" "
    return b"(u)" if _ADDRESS.match(aside) is not None else b"()"


def _require(found: T | None) -> T:
    if found is None:
        raise InDoubtError("syntax", "something between or within objects is unusual")
    return found
