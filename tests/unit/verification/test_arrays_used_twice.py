"""A list of fields or annotations that a page is drawn by, too: signing would change the page."""

from collections.abc import Mapping

import pytest

from tests.hostile.signed_by_hand import PAGE, catalogue, field, plain, signature, signed
from tests.unit.documents.drafts import A4, one_page
from tests.unit.verification.test_revising import WEST, judge, now_asked

_SAID = "BT /F 24 Tf 72 700 Td (Amount 100) Tj ET"
_FORM = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 9 0 R>>>>"
_BOX = "[0 0 595 842]"
_PLACED = b"/Annots[90 0 R]>>"


def _annotations_of(
    item: str, *, number: int = 9, **more: str
) -> tuple[bytes, Mapping[int, bytes]]:
    """The page's annotations, an object with this in it, and the update that appends to it."""
    page = f"{more.pop('box', A4)}/Annots {number} 0 R"
    base = one_page(_SAID, page=page, more={} if number < 9 else {9: f"[{item}]"}, **more)  # type: ignore[arg-type]
    added = {90: field(), 91: signature(), 1: catalogue()}
    return base, {**added, number: b"[%b 90 0 R]" % item.encode()}


def _fields_of(
    item: str, page: bytes = PAGE, box: str = A4, **more: str
) -> tuple[bytes, Mapping[int, bytes]]:
    """The form's fields, an object with this in it, and the update that appends to it."""
    base = one_page(_SAID, page=box, catalog=_FORM, more={9: f"[{item}]"}, **more)  # type: ignore[arg-type]
    added = {90: field(), 91: signature(), 3: page + _PLACED}
    return base, {**added, 9: b"[%b 90 0 R]" % item.encode()}


_PAGE_OF_BOX = PAGE.replace(_BOX.encode(), b" 9 0 R")
_PAGE_OF_PARTS = PAGE.replace(b"5 0 R", b"9 0 R")
_PAGE_OF_ARRAYS = PAGE.replace(b"5 0 R", b"[5 0 R 9 0 R]")
USED_TWICE = {
    "annotations that are the page's content": _annotations_of("5 0 R", contents="9 0 R"),
    "annotations that are the page's box": _annotations_of("0 0 595 842", box="/MediaBox 9 0 R"),
    "annotations that are a content stream": _annotations_of("", number=5),
    "annotations that are a font": _annotations_of("", number=4),
    "annotations that are pages": _annotations_of(
        "3 0 R", pages="<</Type/Pages/Kids 9 0 R/Count 1>>"
    ),
    "fields that are the page's content": _fields_of("5 0 R", _PAGE_OF_PARTS, contents="9 0 R"),
    "fields that are the page's box": _fields_of(
        "0 0 595 842", _PAGE_OF_BOX, box="/MediaBox 9 0 R"
    ),
    "fields that are pages": _fields_of("3 0 R", pages="<</Type/Pages/Kids 9 0 R/Count 1>>"),
    "fields that are in an array": _fields_of("", _PAGE_OF_ARRAYS, contents="[5 0 R 9 0 R]"),
}


@pytest.mark.parametrize("made", USED_TWICE.values(), ids=USED_TWICE.keys())
def test_a_list_that_is_drawn_by_is_not_appended_to(
    made: tuple[bytes, Mapping[int, bytes]],
) -> None:
    base, bodies = made
    judgement = judge(signed(base, bodies, WEST), base, **now_asked())
    assert judgement.fault in ("content-changed", "annotation", "form-changed"), judgement


def test_lists_that_are_objects_and_nothing_else_are_appended_to() -> None:
    base, bodies = _annotations_of("")
    assert judge(signed(base, bodies, WEST), base, **now_asked()).fault is None
    base, bodies = _fields_of("")
    assert judge(signed(base, bodies, WEST), base, **now_asked()).fault is None


def test_fields_that_are_no_list_are_not_replaced_by_one() -> None:
    catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 5 0 R>>>>"
    base = one_page(_SAID, catalog=catalog)
    bodies = {**plain(), 5: b"[90 0 R]"}
    del bodies[1]
    judgement = judge(signed(base, bodies, WEST), base, **now_asked())
    assert judgement.fault == "form-changed", judgement
