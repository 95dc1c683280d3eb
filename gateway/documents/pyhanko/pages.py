"""The page tree: how many pages there really are, and the geometry of one (ISO 32000-2 §7.7.3)."""

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.sign.fields import enumerate_sig_fields

from gateway.documents.errors import DamagedDocumentProblem, DocumentTooDemandingProblem
from gateway.documents.placing.geometry import PageGeometry, Rectangle, Rotation
from gateway.documents.placing.places import Annotation, SignatureField

_DEEPEST = 64
_MOST_NODES = 200_000
# A roll of receipts as long as a street: past it, sums of coordinates lose the millimetre.
_FARTHEST_UNITS = 1_000_000
_LARGEST_USER_UNIT = 75_000  # what Acrobat supports
# Of an annotation's /F (§12.5.3): Hidden and NoView.
_NOT_SEEN = 0b10_0010
_READ_ONLY = 1  # of a field's /Ff (§12.7.4.1)
_LONGEST_NAME = 40


def count_pages(reader: PdfFileReader) -> int:
    """The leaves of the page tree, each of which is reached once.

    /Count is what readers use to find a page, so one that lies makes them show different pages
    under one number.

    Raises:
        DamagedDocumentProblem: a node is missing, of no type, reached twice, or counts wrong.
    """
    return _count(reader.root.raw_get("/Pages"), seen=set(), depth=0)


def _count(node_ref: Any, *, seen: set[generic.Reference], depth: int) -> int:  # noqa: ANN401 - PDF objects are untyped
    if not isinstance(node_ref, generic.IndirectObject):
        raise DamagedDocumentProblem("a node of the page tree is not an indirect object")
    if node_ref.reference in seen:
        raise DamagedDocumentProblem(f"object {node_ref.idnum} is twice in the page tree")
    if depth > _DEEPEST:
        raise DamagedDocumentProblem("the page tree is nested too deeply")
    if len(seen) >= _MOST_NODES:
        raise DocumentTooDemandingProblem(f"the page tree has more than {_MOST_NODES} nodes")
    seen.add(node_ref.reference)
    node = node_ref.get_object()
    kind = _entry(node, "/Type") if isinstance(node, generic.DictionaryObject) else None
    if kind == "/Page":
        return 1
    if kind != "/Pages":
        raise DamagedDocumentProblem(f"object {node_ref.idnum} is neither page nor page tree node")
    kids = node["/Kids"]
    pages = sum(
        _count(kids.raw_get(index), seen=seen, depth=depth + 1) for index in range(len(kids))
    )
    if node["/Count"] != pages:
        raise DamagedDocumentProblem(
            f"the page tree says {node['/Count']} pages where there are {pages}"
        )
    return pages


class PyHankoPages:
    """The pages of a document as pyHanko reads them: `gateway.documents.placing.places.Pages`.

    Args:
        handler: the document, or an update of it.
        count: what `count_pages` gave for it.
    """

    def __init__(self, handler: PdfHandler, count: int) -> None:
        self._handler = handler
        self._count = count

    @property
    def count(self) -> int:
        """How many pages there are."""
        return self._count

    def reference(self, index: int) -> generic.IndirectObject:
        """The page object."""
        return self._references[index]

    def geometry(self, index: int) -> PageGeometry:
        """What is visible of a page; some of it may be inherited from the tree (§7.7.3.4).

        Raises:
            DamagedDocumentProblem: boxes, /Rotate or /UserUnit are missing or make no sense.
        """
        return _geometry(self.reference(index).get_object(), index)

    def annotations(self, index: int) -> tuple[Annotation, ...]:
        """The annotations of a page that a reader sees; links and pop-ups are none."""
        annotations = _entry(self.reference(index).get_object(), "/Annots")
        if not isinstance(annotations, generic.ArrayObject):
            return ()
        found = (
            _annotation(annotations[position], index + 1) for position in range(len(annotations))
        )
        return tuple(each for each in found if each is not None)

    def signature_fields(self) -> tuple[SignatureField, ...]:
        """All signature fields of the document, signed or not."""
        return tuple(
            # pyHanko's text is a str of its own kind, which no message between processes takes.
            self._field(str(name), reference, is_signed=value is not None)
            for name, value, reference in enumerate_sig_fields(self._handler)
        )

    @cached_property
    def _references(self) -> list[generic.IndirectObject]:
        # Counted before, so the tree is known to be sound, and its objects are at hand.
        return list(_leaves(self._handler.root.raw_get("/Pages")))

    def _field(
        self, name: str, reference: generic.IndirectObject, *, is_signed: bool
    ) -> SignatureField:
        widget_ref = _only_widget(reference)
        if widget_ref is None:
            return SignatureField(name, is_signed, None, None)
        widget = widget_ref.get_object()
        index = self._page_of(widget_ref)
        if index is None:
            return SignatureField(name, is_signed, None, None)
        box = _rectangle(_entry(widget, "/Rect"), index + 1)
        return SignatureField(name, is_signed, index, box, obstacle=_obstacle(reference, widget))

    def _page_of(self, widget_ref: generic.IndirectObject) -> int | None:
        # What counts is where the page lists it; /P is optional, and may lie.
        for index, reference in enumerate(self._references):
            annotations = _entry(reference.get_object(), "/Annots")
            if isinstance(annotations, generic.ArrayObject) and any(
                isinstance(raw, generic.IndirectObject) and raw.reference == widget_ref.reference
                for raw in map(annotations.raw_get, range(len(annotations)))
            ):
                return index
        return None


def _leaves(node_ref: Any) -> Iterator[generic.IndirectObject]:  # noqa: ANN401 - PDF objects are untyped
    node = node_ref.get_object()
    if _entry(node, "/Type") == "/Page":
        yield node_ref
        return
    kids = node["/Kids"]
    for position in range(len(kids)):
        yield from _leaves(kids.raw_get(position))


def _only_widget(reference: generic.IndirectObject) -> generic.IndirectObject | None:
    field = reference.get_object()
    kids = _entry(field, "/Kids")
    if not isinstance(kids, generic.ArrayObject):
        return reference if "/Rect" in field else None
    only = kids.raw_get(0) if len(kids) == 1 else None
    return only if isinstance(only, generic.IndirectObject) else None


def _obstacle(reference: generic.IndirectObject, widget: Any) -> str | None:  # noqa: ANN401 - PDF objects are untyped
    if flags_of(widget) & _NOT_SEEN:
        return "is hidden"
    of_field = _inherited(reference.get_object(), "/Ff")
    if isinstance(of_field, generic.NumberObject) and int(of_field) & _READ_ONLY:
        return "is read-only"
    return None


def _annotation(annotation: Any, number: int) -> Annotation | None:  # noqa: ANN401 - PDF objects are untyped
    if not isinstance(annotation, generic.DictionaryObject) or flags_of(annotation) & _NOT_SEEN:
        return None
    kind = _entry(annotation, "/Subtype")
    if kind in ("/Link", "/Popup") or _entry(annotation, "/Rect") is None:
        return None
    box = _rectangle(_entry(annotation, "/Rect"), number)
    if box.x0 == box.x1 or box.y0 == box.y1:
        return None
    name = _entry(annotation, "/T")
    called = f" {str(name)[:_LONGEST_NAME]!r}" if isinstance(name, str) else ""
    what = "the form field" if kind == "/Widget" else f"an annotation ({str(kind)[1:]})"
    return Annotation(box, what + called)


def flags_of(annotation: Any) -> int:  # noqa: ANN401 - PDF objects are untyped
    """An annotation's /F (§12.5.3); 0 where there is none."""
    flags = _entry(annotation, "/F")
    return int(flags) if isinstance(flags, generic.NumberObject) else 0


def _geometry(page: Any, page_index: int) -> PageGeometry:  # noqa: ANN401 - PDF objects are untyped
    number = page_index + 1
    media = _rectangle(_inherited(page, "/MediaBox"), number)
    cropped = _inherited(page, "/CropBox")
    crop = media if cropped is None else _rectangle(cropped, number)
    visible = Rectangle(
        max(media.x0, crop.x0),
        max(media.y0, crop.y0),
        min(media.x1, crop.x1),
        min(media.y1, crop.y1),
    )
    if visible.x1 <= visible.x0 or visible.y1 <= visible.y0:
        raise DamagedDocumentProblem(f"page {number} has an empty visible area")
    return PageGeometry(
        box=visible,
        rotation=_rotation(_inherited(page, "/Rotate"), number),
        user_unit=_user_unit(_entry(page, "/UserUnit"), number),
    )


def _inherited(node: Any, key: str) -> Any:  # noqa: ANN401 - PDF objects are untyped
    for _ in range(_DEEPEST):
        value = _entry(node, key)
        if value is not None:
            return value
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise DamagedDocumentProblem("it is nested too deeply")


def _entry(node: Any, key: str) -> Any:  # noqa: ANN401 - PDF objects are untyped
    # `get` would give a reference as it stands, and an entry that is null is absent (§7.3.7).
    value = node.raw_get(key).get_object() if key in node else None
    return None if isinstance(value, generic.NullObject) else value


def _rectangle(values: Any, number: int) -> Rectangle:  # noqa: ANN401 - PDF objects are untyped
    # Indexing follows references, iterating does not.
    array = values if isinstance(values, generic.ArrayObject) else generic.ArrayObject()
    numbers = [_number(array[index]) for index in range(len(array))]
    if len(numbers) != 4 or not all(abs(value) <= _FARTHEST_UNITS for value in numbers):  # noqa: PLR2004 - a rectangle
        raise DamagedDocumentProblem(
            f"page {number} has no box of four numbers of at most {_FARTHEST_UNITS}"
        )
    x0, y0, x1, y1 = numbers
    return Rectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _rotation(value: Any, number: int) -> Rotation:  # noqa: ANN401 - PDF objects are untyped
    turned: dict[float, Rotation] = {0: 0, 90: 90, 180: 180, 270: 270}
    angle = 0.0 if value is None else _number(value) % 360
    if angle not in turned:
        raise DamagedDocumentProblem(f"/Rotate of page {number} is {value}, no multiple of 90")
    return turned[angle]


def _user_unit(value: Any, number: int) -> float:  # noqa: ANN401 - PDF objects are untyped
    unit = 1.0 if value is None else _number(value)
    if not 0 < unit <= _LARGEST_USER_UNIT:
        raise DamagedDocumentProblem(f"/UserUnit of page {number} is {value}")
    return unit


def _number(value: Any) -> float:  # noqa: ANN401 - PDF objects are untyped
    if not isinstance(value, generic.NumberObject | generic.FloatObject):
        return math.nan  # which every comparison refuses
    try:
        return float(value)
    except OverflowError:
        return math.inf
