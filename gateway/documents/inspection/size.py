"""Documents that are larger or deeper than any business document, and bombs."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import (
    DecodeLimits,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.misc import PdfDecodeLimitError, PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.inspection.bounds import (
    DEEPEST,
    HIGHEST_RATIO,
    LARGEST_STREAM,
    LARGEST_TOTAL,
    MIB,
    MOST_FILTERS,
    MOST_PAGES,
    MOST_PIXELS,
    MOST_REVISIONS,
)
from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import Snapshot, Value, holders

STREAM_LIMITS: Final = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=LARGEST_STREAM),
    document_budget=DocumentDecodeBudget(base_allowance=LARGEST_TOTAL, max_ratio=0),
)
"""For readers that unpack streams."""


def size_sightings(
    reader: PdfFileReader, document: bytes, snapshot: Snapshot
) -> Iterator[Sighting]:
    """What the rule limits is about, but for what qpdf itself refuses to read."""
    pages = len(snapshot.pages())
    if pages > MOST_PAGES:
        yield Sighting("limits", f"it has {pages} pages, more than {MOST_PAGES}")
    revisions = reader.xrefs.total_revisions
    if revisions > MOST_REVISIONS:
        yield Sighting("limits", f"it has {revisions} revisions, more than {MOST_REVISIONS}")
    for reference, value in snapshot.objects.items():
        if is_deeper(value, DEEPEST):
            yield Sighting("limits", f"{named(reference)} is nested more than {DEEPEST} deep")
    for reference in snapshot.streams:
        yield from _of_stream(snapshot, reference)
    yield from _bombs(document, snapshot)


def is_deeper(value: Value, depth: int) -> bool:
    """Whether arrays and dictionaries are nested more than `depth` times."""
    level = [value]
    for _ in range(depth):
        level = [child for each in level for child in holders(each)]
        if not level:
            return False
    return any(isinstance(each, dict | list) and each for each in level)


def _of_stream(snapshot: Snapshot, reference: str) -> Iterator[Sighting]:
    stream = snapshot.objects[reference]
    filters = filters_of(snapshot, stream)
    if len(filters) > MOST_FILTERS:
        yield Sighting("limits", f"{named(reference)} has {len(filters)} filters")
    width, height = snapshot.entry(stream, "/Width"), snapshot.entry(stream, "/Height")
    if (
        isinstance(width, int | float)
        and isinstance(height, int | float)
        and width * height > MOST_PIXELS
    ):
        yield Sighting("limits", f"{named(reference)} is a picture of {width} x {height} pixels")


def filters_of(snapshot: Snapshot, stream: Value) -> list[Value]:
    """The names of a stream's filters, the first to be undone first."""
    filters = snapshot.entry(stream, "/Filter")
    if filters is None:
        return []
    return [snapshot.resolve(each) for each in filters] if isinstance(filters, list) else [filters]


def _bombs(document: bytes, snapshot: Snapshot) -> Iterator[Sighting]:
    """Streams that unpack to too much, but for single pictures, whose pixels are counted."""
    suspects = [
        reference
        for reference, length in snapshot.streams.items()
        if _may_unpack_to(snapshot, reference, length) > LARGEST_STREAM
    ]
    together = sum(
        _may_unpack_to(snapshot, reference, length)
        for reference, length in snapshot.streams.items()
    )
    if together > LARGEST_TOTAL:
        suspects = list(snapshot.streams)
    if not suspects:
        return
    reader = PdfFileReader(BytesIO(document), strict=True, decode_limits=STREAM_LIMITS)
    for reference in suspects:
        if not _may_unpack_to(snapshot, reference, snapshot.streams[reference]):
            continue
        number, generation, _ = reference.split()
        try:
            stream = reader.get_object(
                generic.Reference(int(number), int(generation), reader), never_decrypt=True
            )
            if isinstance(stream, generic.StreamObject):
                _ = stream.data
        except PdfDecodeLimitError:
            yield Sighting(
                "limits",
                f"{named(reference)} unpacks to more than {LARGEST_STREAM // MIB} MiB, or with "
                f"others to more than {LARGEST_TOTAL // MIB} MiB",
            )
            return
        except (PdfError, ValueError, NotImplementedError):
            continue  # a filter that pyHanko does not know, or data that is none


def _may_unpack_to(snapshot: Snapshot, reference: str, length: int) -> int:
    """The most that a stream may unpack to; 0 for what is not unpacked at all."""
    stream = snapshot.objects[reference]
    packings = [
        each
        for each in filters_of(snapshot, stream)
        if each in {"/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/Fl", "/LZW", "/RL"}
    ]
    if not packings:
        return 0
    if len(packings) > 1:
        return LARGEST_STREAM + 1
    return 0 if snapshot.entry(stream, "/Subtype") == "/Image" else length * HIGHEST_RATIO
