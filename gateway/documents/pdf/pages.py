"""The page tree: how many pages there really are, and the geometry of one (ISO 32000-2 §7.7.3)."""

import math
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler

from gateway.documents.errors import DamagedDocumentProblem, DocumentTooDemandingProblem
from gateway.documents.pdf.geometry import PageGeometry, Rectangle, Rotation

_DEEPEST = 64
_MOST_NODES = 200_000
# A roll of receipts as long as a street: past it, sums of coordinates lose the millimetre.
_FARTHEST_UNITS = 1_000_000
_LARGEST_USER_UNIT = 75_000  # what Acrobat supports


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


def page_geometry(handler: PdfHandler, page_index: int) -> PageGeometry:
    """The visible page; some of its attributes may be inherited from the tree (§7.7.3.4).

    Raises:
        DamagedDocumentProblem: boxes, /Rotate or /UserUnit are missing or make no sense.
    """
    page = handler.find_page_for_modification(page_index)[0].get_object()
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
    raise DamagedDocumentProblem("the page tree is nested too deeply")


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
