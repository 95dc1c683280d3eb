"""A stamp whose appearance leaves its place: by more restores than saves, or by its flags."""

import pytest

from tests.hostile.signed_by_hand import field, plain, signature, signed
from tests.hostile.updates.readers import differing, pdf_js
from tests.unit.documents.drafts import one_page, stream
from tests.unit.verification.test_revising import WEST, judge, now_asked

BASE = one_page("BT /F 24 Tf 72 700 Td (Amount 100) Tj ET")
_OVER = b"1 g 0 0 595 842 re f"
_FORM = "/Type/XObject/Subtype/Form/BBox[0 0 100 100]"


def _stamped(content: bytes, entries: str = "", inner: bytes = b"") -> bytes:
    bodies = {
        **plain(),
        90: field(b"/AP<</N 92 0 R>>"),
        91: signature(),
        92: stream(content, _FORM + entries),
        93: stream(inner, f"{_FORM}/PatternType 1/PaintType 1/TilingType 1/XStep 9/YStep 9"),
    }
    return signed(BASE, bodies, WEST)


UNBOUNDED = {
    "more restores than saves": _stamped(b"q Q Q Q Q " + _OVER),
    "a form in it": _stamped(b"/X Do", "/Resources<</XObject<</X 93 0 R>>>>", b"Q Q Q " + _OVER),
    "a pattern in it": _stamped(
        b"/Pattern cs /X scn 0 0 9 9 re f", "/Resources<</Pattern<</X 93 0 R>>>>", b"Q Q " + _OVER
    ),
    "a glyph of it": _stamped(
        b"BT /X 9 Tf (a) Tj ET",
        "/Resources<</Font<</X<</Type/Font/Subtype/Type3/CharProcs<</a 93 0 R>>>>>>>>",
        b"Q Q " + _OVER,
    ),
    "a mask of it": _stamped(
        b"/X gs", "/Resources<</ExtGState<</X<</SMask<</S/Alpha/G 93 0 R>>>>>>>>", b"Q Q " + _OVER
    ),
    "a save in a text": _stamped(b"(a \\) q (q) q) Tj Q Q " + _OVER),
    "a save in a comment": _stamped(b"% q q q\nQ Q " + _OVER),
    "a save that is a name": _stamped(b"/q gs /q gs Q Q " + _OVER),
    "a save in hexadecimals": _stamped(b"<q q q> Tj Q Q " + _OVER),
    "a save in an inline picture": _stamped(b"BI /W 1 ID q q q EI Q Q " + _OVER),
}


@pytest.mark.parametrize("document", UNBOUNDED.values(), ids=UNBOUNDED.keys())
def test_a_stamp_that_takes_its_bounds_away_is_refused(document: bytes) -> None:
    judgement = judge(document, BASE, **now_asked())
    assert judgement.fault == "too-large-a-stamp", judgement


BOUNDED = {
    "as many restores as saves": _stamped(b"q q 1 g 0 0 9 9 re f Q Q q Q"),
    "too few restores": _stamped(b"q q 1 g 0 0 9 9 re f Q"),
    "restores in a text": _stamped(b"q BT (Q Q \\( Q) Tj <Q> Tj /Q gs ET Q % Q Q\n"),
    "an inline picture": _stamped(b"q q 9 0 0 9 0 0 cm BI /W 1 /H 1 /IM true ID \0 EI Q Q"),
    "a form in it": _stamped(b"q /X Do Q", "/Resources<</XObject<</X 93 0 R>>>>", b"q Q"),
}


@pytest.mark.parametrize("document", BOUNDED.values(), ids=BOUNDED.keys())
def test_a_stamp_that_restores_what_it_saved_is_accepted(document: bytes) -> None:
    judgement = judge(document, BASE, **now_asked())
    assert judgement.fault is None, judgement


def test_pdf_js_does_draw_such_a_stamp_over_the_page() -> None:
    """Were it mended there, this test would say so."""
    with pdf_js() as reader:
        assert reader is not None
        shown = reader.show(BASE), reader.show(UNBOUNDED["more restores than saves"])
    assert differing(*shown, ((100, 100, 200, 200),)) != ""


@pytest.mark.parametrize("flags", [b"/F 28", b"/F 8", b"/F 16", b"/F 4.0"])
def test_a_stamp_that_readers_draw_beside_its_place_is_refused(flags: bytes) -> None:
    bodies = {**plain(), 90: field().replace(b"/F 132", flags)}
    judgement = judge(signed(BASE, bodies, WEST), BASE, **now_asked())
    assert judgement.fault == "too-large-a-stamp", judgement
