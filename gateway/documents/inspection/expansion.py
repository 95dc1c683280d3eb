"""Forms that draw forms: a few hundred bytes can ask a reader for more than it can ever draw.

Readers, pdfium among them, take a form (§8.10) apart each time that it is drawn. So before a page
is given to pdfium, what would be taken apart is added up.
"""

import re
from functools import cached_property
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.errors import DocumentTooDemandingProblem
from gateway.documents.inspection.bounds import MIB, MOST_TAKEN_APART
from gateway.documents.inspection.size import STREAM_LIMITS
from gateway.documents.inspection.snapshot import Snapshot, Value, is_reference

_DRAWN: Final = re.compile(rb"/([^\0\t\n\x0c\r /<>\[\](){}%]+)[\0\t\n\x0c\r ]+Do(?![A-Za-z0-9])")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_PACKED_TO: Final = 10  # what a form unpacks to that is not looked into, times its length


def refuse_endless_drawing(document: bytes, snapshot: Snapshot) -> None:
    """Raise when drawing the pages would take apart more than a reader can bear.

    Raises:
        DocumentTooDemandingProblem: forms draw one another in a circle, or far too often.
    """
    if not any(_is_form(snapshot, reference) for reference in snapshot.streams):
        return
    drawing = _Drawing(document, snapshot)
    left = MOST_TAKEN_APART
    for page in snapshot.pages():
        resources = snapshot.inherited(page, "/Resources")
        contents = snapshot.entry(page, "/Contents")
        streams = (
            contents if isinstance(contents, list) else [snapshot.entry(page).get("/Contents")]
        )
        if not drawing.tables(resources):
            continue
        for stream in streams:
            left -= drawing.cost(stream, resources, under=())
        if left < 0:
            raise DocumentTooDemandingProblem(
                "its forms draw one another in a circle, or so often that drawing a page takes "
                f"apart more than {MOST_TAKEN_APART // MIB} MiB"
            )


def _is_form(snapshot: Snapshot, reference: str) -> bool:
    return bool(snapshot.entry(reference, "/Subtype") == "/Form")


class _Drawing:
    """Adds up what streams of content take apart; a stream is looked into once."""

    def __init__(self, document: bytes, snapshot: Snapshot) -> None:
        self._document = document
        self._snapshot = snapshot
        self._costs: dict[tuple[str, int], int] = {}

    def tables(self, resources: Value) -> dict[str, str]:
        """The forms that content with these resources can draw, by name."""
        objects = self._snapshot.entry(resources, "/XObject")
        if not isinstance(objects, dict):
            return {}
        return {
            name: reference
            for name, reference in objects.items()
            if is_reference(reference) and _is_form(self._snapshot, reference)
        }

    def cost(self, stream: Value, resources: Value, *, under: tuple[str, ...]) -> int:
        """The bytes taken apart for a stream and all that it draws; endless is more than enough."""
        if not is_reference(stream) or stream not in self._snapshot.streams:
            return 0
        if stream in under:
            return MOST_TAKEN_APART + 1
        own = self._snapshot.entry(stream, "/Resources")
        known = resources if own is None else own
        forms = self.tables(known)
        if not forms:
            return self._snapshot.streams[stream] * _PACKED_TO
        key = stream, id(known)
        if key not in self._costs:
            data = self._unpacked(stream)
            total = len(data)
            for found in _DRAWN.finditer(data):
                if total > MOST_TAKEN_APART:
                    break
                form = forms.get(_name(found[1]))
                total += self.cost(form, known, under=(*under, stream))
            self._costs[key] = total
        return self._costs[key]

    @cached_property
    def _reader(self) -> PdfFileReader:
        # Only when a form is drawn: that of a stamp is none of the page's.
        return PdfFileReader(BytesIO(self._document), strict=True, decode_limits=STREAM_LIMITS)

    def _unpacked(self, stream: str) -> bytes:
        number, generation, _ = stream.split()
        reader = self._reader
        try:
            found = reader.get_object(generic.Reference(int(number), int(generation), reader))
            return bytes(found.data) if isinstance(found, generic.StreamObject) else b""
        except (PdfError, ValueError, NotImplementedError):
            return b""  # nobody can draw what cannot be unpacked; bombs are found by `size`


def _name(written: bytes) -> str:
    plain = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), written)
    return "/" + plain.decode("utf-8", "replace")
