"""What honest programs append when they sign, each oddity written by hand."""

import re
from collections.abc import Callable

import pytest

from gateway.clock import SystemClock
from gateway.verification.judging import Judging
from tests.hostile.signed_by_hand import (
    PAGE,
    catalogue,
    field,
    of_table,
    plain,
    signature,
    signed,
    signed_in_a_stream,
)
from tests.partners import partner, trusted_root
from tests.unit.documents.drafts import A4, one_page, updated
from tests.unit.verification.test_revising import WEST, judge, now_asked

_SAID = "BT /F 24 Tf 72 700 Td (Amount 100) Tj ET"
BASE = one_page(_SAID)
_FORM = "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R>>"
_EMPTY_FIELD = "<</FT/Sig/T(East)/Type/Annot/Subtype/Widget/F 132/P 3 0 R/Rect[9 9 9 9]>>"
_DEFAULTS = b"/DA(/Helv 0 Tf 0 g )/DR<</Font<</Helv 94 0 R>>>>"
_HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Name/Helv>>"


def _with_form(
    *, form: str = "", annotation: str = _EMPTY_FIELD, kid: str = "", annotated: str = "7 0 R"
) -> bytes:
    """A document with a form, its field 7 and perhaps the widget 8 of that."""
    more = {6: f"<</Fields[7 0 R]/SigFlags 3{form}>>", 7: annotation}
    return one_page(
        _SAID,
        catalog=_FORM,
        page=f"{A4}/Annots[{annotated}]",
        more=more | ({8: kid} if kid else {}),
    )


def _into_form(
    base: bytes, more: bytes = _DEFAULTS, *, annotated: bytes = b"7 0 R", widget: bytes = b""
) -> bytes:
    """An update that signs, and writes more into the form."""
    page = PAGE + b"/Annots[" + annotated + b" 90 0 R]>>"
    bodies = {
        90: field(widget),
        91: signature(),
        94: _HELVETICA,
        6: b"<</Fields[7 0 R 90 0 R]/SigFlags 3" + more + b">>",
        3: page,
    }
    return signed(base, bodies, WEST)


def _fault(document: bytes, base: bytes = BASE) -> str | None:
    return judge(document, base, **now_asked()).fault


def _reordered() -> bytes:
    base = one_page(_SAID, resources="/ExtGState<</A<</ca 1>>/B<</ca 1>>>>")
    page = (
        b"<</MediaBox[0 0 595 842]/Contents 5 0 R/Annots[90 0 R]/Parent 2 0 R/Type/Page"
        b"/Resources<</ExtGState<</B<</ca 1>>/A<</ca 1>>>>/Font<</F 4 0 R>>>>>>"
    )
    return signed(base, {**plain(), 3: page}, WEST)


def test_entries_of_a_page_may_stand_in_another_order() -> None:
    """OpenPDF keeps dictionaries in an order of its own, and writes all of the page anew."""
    base = one_page(_SAID, resources="/ExtGState<</A<</ca 1>>/B<</ca 1>>>>")
    judgement = judge(_reordered(), base, **now_asked())
    assert judgement.fault is None, judgement.why


def _inheriting(above: str = "/MediaBox[0 0 595 842]/Rotate 90") -> bytes:
    pages = f"<</Type/Pages/Kids[3 0 R]/Count 1{above}>>"
    return one_page(_SAID, page="", pages=pages)


def _onto_the_page(more: bytes) -> bytes:
    page = PAGE.replace(b"/MediaBox[0 0 595 842]", b"") + more + b"/Annots[90 0 R]>>"
    return signed(_inheriting(), {**plain(), 3: page}, WEST)


def test_a_page_may_repeat_what_it_had_from_the_tree_above_it() -> None:
    """OpenPDF and iText 5 write it onto the page."""
    document = _onto_the_page(b"/MediaBox [ 0 0 595 842 ]/Rotate 90")
    judgement = judge(document, _inheriting(), **now_asked())
    assert judgement.fault is None, judgement.why


@pytest.mark.parametrize(
    "more",
    [
        b"/MediaBox[0 0 595 843]",
        b"/Rotate 0",
        b"/CropBox[0 0 595 842]",
        b"/UserUnit 1",
        b"/B 9 0 R",
    ],
)
def test_a_page_gets_nothing_else_onto_it(more: bytes) -> None:
    assert _fault(_onto_the_page(more), _inheriting()) == "page-changed"


def test_a_page_repeats_nothing_that_some_readers_take_from_elsewhere() -> None:
    """Of a page that names another node than the one that lists it."""
    other = "<</Type/Pages/Kids[]/Count 0/MediaBox[0 0 300 300]>>"
    base = _inheriting().replace(b"/Parent 2 0 R", b"/Parent 6 0 R")
    assert base != _inheriting()
    base = updated(base, {6: other})
    page = PAGE.replace(b"/MediaBox[0 0 595 842]", b"").replace(b"/Parent 2", b"/Parent 6")
    for box in (b"/MediaBox[0 0 300 300]", b"/MediaBox[0 0 595 842]"):
        bodies = {**plain(), 3: page + box + b"/Annots[90 0 R]>>"}
        assert _fault(signed(base, bodies, WEST), base) == "page-changed"


_NOTE = "<</Type/Annot/Subtype/Link/Rect[9 9 20 20]/P 3 0 R/Border[0 0 0]>>"
_ANNOTATED = one_page(_SAID, page=f"{A4}/Annots 6 0 R", more={6: "[7 0 R]", 7: _NOTE})


def test_annotations_that_were_an_object_may_stand_in_the_page() -> None:
    """PDFBox, and what is built on it, writes them so."""
    page = PAGE + b"/Annots[7 0 R 90 0 R]>>"
    judgement = judge(signed(_ANNOTATED, {**plain(), 3: page}, WEST), _ANNOTATED, **now_asked())
    assert judgement.fault is None, judgement.why


@pytest.mark.parametrize("listed", [b"[90 0 R]", b"[90 0 R 7 0 R]", b"92 0 R"])
def test_no_annotation_is_lost_by_that(listed: bytes) -> None:
    bodies = {**plain(), 92: b"[7 0 R 90 0 R]", 3: PAGE + b"/Annots " + listed + b">>"}
    assert _fault(signed(_ANNOTATED, bodies, WEST), _ANNOTATED) == "annotation"


def test_parts_of_an_array_may_not_stand_in_another_order() -> None:
    moved = PAGE.replace(b"[0 0 595 842]", b"[0 0 842 595]") + b"/Annots[90 0 R]>>"
    assert _fault(signed(BASE, {**plain(), 3: moved}, WEST)) == "page-changed"


def test_a_form_of_signatures_alone_may_be_given_a_font() -> None:
    """PDFBox, OpenPDF and iText write /DA and /DR for a signature that is seen."""
    base = _with_form()
    judgement = judge(_into_form(base), base, **now_asked())
    assert judgement.fault is None, judgement.why


def test_the_font_of_a_form_of_signatures_may_be_another() -> None:
    base = _with_form(form="/DA(/F 9 Tf)/DR<</Font<</F 4 0 R>>>>")
    assert _fault(_into_form(base), base) is None


def test_a_form_of_signatures_may_be_given_a_font_where_the_page_has_a_note() -> None:
    note = "<</Type/Annot/Subtype/Text/Name/Note/F 28/P 3 0 R/Rect[9 9 20 20]/Contents(a)>>"
    base = _with_form(kid=note, annotated="7 0 R 8 0 R")
    judgement = judge(_into_form(base, annotated=b"7 0 R 8 0 R"), base, **now_asked())
    assert judgement.fault is None, judgement.why


def _text(more: str) -> str:
    return f"<</Type/Annot/P 3 0 R/F 4/Rect[72 600 300 640]{more}>>"


_DRAWN_BY_THE_FORM = {
    "a text field": _with_form(annotation=_text("/Subtype/Widget/FT/Tx/T(a)/V(1)/DA(/Helv 9 Tf)")),
    "a field of another kind below": _with_form(
        annotation="<</FT/Sig/T(a)/Kids[8 0 R]>>",
        kid=_text("/Subtype/Widget/FT/Tx/V(1)/Parent 7 0 R"),
        annotated="8 0 R",
    ),
    "a field that is in no list": _with_form(
        kid=_text("/Subtype/Widget/FT/Tx/T(a)/V(1)"), annotated="7 0 R 8 0 R"
    ),
    "a choice without its kind": _with_form(
        kid=_text("/Subtype/Widget/T(a)/V(1)"), annotated="7 0 R 8 0 R"
    ),
    "a kid that comes twice": _with_form(
        annotation="<</FT/Sig/T(a)/Kids[8 0 R 8 0 R]>>",
        kid=_text("/Subtype/Widget/Parent 7 0 R"),
        annotated="8 0 R",
    ),
    "text on the page": _with_form(
        kid=_text("/Subtype/FreeText/Contents(1)/DA(/Helv 9 Tf)"), annotated="7 0 R 8 0 R"
    ),
    "a form that is something else, too": _with_form(form="/Subtype/FreeText/Rect[0 0 9 9]"),
}


@pytest.mark.parametrize("base", _DRAWN_BY_THE_FORM.values(), ids=_DRAWN_BY_THE_FORM.keys())
def test_a_font_is_not_given_to_what_would_be_drawn_with_it(base: bytes) -> None:
    more = re.search(rb"/SigFlags 3([^>\n]*)>>", base)
    assert more is not None
    found = re.search(rb"/Annots\[([^\]]*)\]", base)
    assert found is not None
    assert _fault(_into_form(base, more[1] + _DEFAULTS, annotated=found[1]), base) == "form-changed"


@pytest.mark.parametrize(
    "more", [b"/DR 94 0 R/DA 94 0 R", b"/DR<</D[3 0 R/Fit]>>", b"/DR<</OC 94 0 R>>", b"/DR[94 0 R]"]
)
def test_what_a_form_draws_with_is_nothing_else(more: bytes) -> None:
    base = _with_form()
    assert _fault(_into_form(base, more), base) in ("form-changed", "hidden")


def test_a_field_may_have_a_font_of_its_own_and_stay_as_it_is_when_pressed() -> None:
    """OpenPDF and iText 5 give /DR to the field, too, and iText 8 /H."""
    base = _with_form()
    assert _fault(_into_form(base, widget=b"/DR<</Font<</Helv 94 0 R>>>>/H/N"), base) is None


@pytest.mark.parametrize(
    "more", [b"/DR 91 0 R/H/X", b"/DR<</D[3 0 R/Fit]>>", b"/DR[94 0 R]", b"/H/Toggle", b"/H 94 0 R"]
)
def test_what_a_field_has_besides_is_of_its_kind(more: bytes) -> None:
    base = _with_form()
    assert _fault(_into_form(base, widget=more), base) == "hidden"


FREED: dict[str, Callable[[], bytes]] = {
    "in a stream": lambda: signed_in_a_stream(BASE, plain(), WEST, freed=(93,)),
    "in a table": lambda: signed(
        BASE,
        plain(),
        WEST,
        lines=lambda offsets: of_table(offsets) + b"93 1\n0000000000 00001 f \n",
    ),
}


@pytest.mark.parametrize("made", FREED.values(), ids=FREED.keys())
def test_a_number_that_nothing_ever_had_may_be_free(made: Callable[[], bytes]) -> None:
    """iText reserves numbers, and frees those that it did not need."""
    judgement = judge(made(), BASE, **now_asked())
    assert judgement.fault is None, judgement.why


_INFORMED = b"/Root 1 0 R/Info 6 0 R"


def _signed_twice(line: bytes) -> tuple[bytes, bytes]:
    """A document that was signed once, and signed again by a program that tells of itself."""
    base = one_page(_SAID, trailer=_INFORMED.decode(), more={6: "<</Producer(a)>>"})
    once = signed(base, plain(), partner("东海物流有限公司"), root=_INFORMED)
    bodies = {
        292: field().replace(b"(Partner)", b"(Second)").replace(b"91 0 R", b"293 0 R"),
        293: signature(),
        6: b"<</Producer(a; modified)>>",
        1: catalogue().replace(b"90 0 R", b"90 0 R 292 0 R"),
        3: PAGE + b"/Annots[90 0 R 292 0 R]>>",
    }
    twice = signed(
        once, bodies, WEST, root=_INFORMED, lines=lambda offsets: of_table(offsets) + line
    )
    return once, twice


@pytest.mark.parametrize(
    "line", [b"", b"250 1\n0000000000 00001 f \n", b"250 1\n0000000000 65535 f \n"]
)
def test_a_free_number_takes_nothing_from_an_earlier_signature(line: bytes) -> None:
    once, twice = _signed_twice(line)
    judgement = judge(twice, once, **now_asked())
    assert judgement.fault is None, judgement.why
    found = Judging(trust=(trusted_root().der,)).judge(twice, now=SystemClock().now())
    assert found.verdict == "valid", found


@pytest.mark.parametrize("number", [4, 90])
def test_an_object_that_was_signed_is_not_freed(number: int) -> None:
    _, twice = _signed_twice(b"%d 1\n0000000000 00001 f \n" % number)
    found = Judging(trust=(trusted_root().der,)).judge(twice, now=SystemClock().now())
    assert found.verdict == "not-valid", found


@pytest.mark.parametrize("generation", [0, 1, 65535])
def test_an_object_that_was_there_is_not_freed(generation: int) -> None:
    line = b"4 1\n0000000000 %05d f \n" % generation
    document = signed(BASE, plain(), WEST, lines=lambda offsets: of_table(offsets) + line)
    assert _fault(document) in ("content-changed", "unreadable")


def test_a_container_that_is_not_der_is_told_as_such() -> None:
    """Bouncy Castle writes BER unless it is asked for DER, and courts take DER alone."""
    document = signed(BASE, plain(), WEST)
    begins = document.rindex(b"/Contents <") + len(b"/Contents <")
    ends = document.index(b">", begins)
    der = bytes.fromhex(document[begins:ends].decode())
    assert der[:2] == b"\x30\x82"
    length = int.from_bytes(der[2:4])
    ber = b"\x30\x80" + der[4 : 4 + length] + b"\0\0"
    value = ber.hex().encode().ljust(ends - begins, b"0")
    judgement = judge(document[:begins] + value + document[ends:], BASE, **now_asked())
    assert judgement.fault == "not-intact", judgement
    assert "DER" in judgement.why
