"""An update that one reader takes for a signature, and another for another contract."""

from collections.abc import Callable, Mapping

import pytest

from gateway.verification.judging import Judging
from policies.model import Invisible
from tests.hostile.signed_by_hand import (
    PAGE,
    field,
    of_table,
    plain,
    signature,
    signed,
)
from tests.partners import partner, trusted_root
from tests.unit.documents.drafts import (
    A4,
    hybrid_as_office_programs_write_it,
    one_page,
    stream,
)
from tests.unit.verification.test_revising import WEST, judge, now_asked

_SAID = "BT /F 24 Tf 72 700 Td (Amount 100) Tj ET"
_OTHER = b"BT /F 24 Tf 72 700 Td (Amount 999999) Tj ET"
_SHOWN = stream(
    _OTHER,
    "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F 4 0 R>>>>",
)
BASE = one_page(_SAID)
_HIDDEN = b"5 0 obj\n" + stream(_OTHER) + b"\nendobj\n"
_OLD = BASE.index(b"5 0 obj")


def test_an_update_written_by_hand_is_accepted() -> None:
    judgement = judge(signed(BASE, plain(), WEST), BASE, **now_asked())
    assert judgement.fault is None, judgement.why


HONEST: dict[str, Callable[[], bytes]] = {
    "a comment of the program": lambda: signed(
        BASE, plain(), WEST, comment=b"%iText-Core-8.0.2 (AGPL)\n"
    ),
    "no line end at last": lambda: signed(BASE, plain(), WEST, end=b"startxref\n%d\n%%%%EOF"),
    "line ends of two": lambda: signed(BASE, plain(), WEST, end=b"startxref\r\n%d\r\n%%%%EOF\r\n"),
    "a table of all objects": lambda: signed(
        BASE,
        plain(),
        WEST,
        lines=lambda offsets: of_table({2: BASE.index(b"2 0 obj"), 5: _OLD, **offsets}),
    ),
    "a word in a text": lambda: signed(
        BASE, {**plain(), 91: signature(b"/Reason(an obj of trailer 7)")}, WEST
    ),
}


@pytest.mark.parametrize("made", HONEST.values(), ids=HONEST.keys())
def test_what_programs_that_sign_write_is_accepted(made: Callable[[], bytes]) -> None:
    judgement = judge(made(), BASE, **now_asked())
    assert judgement.fault is None, judgement.why


def _twice(offsets: Mapping[int, int]) -> bytes:
    known = {number: at for number, at in offsets.items() if number != 5}
    return of_table({5: offsets[5]}) + of_table({5: _OLD}) + of_table(known)


AMBIGUOUS: dict[str, Callable[[], bytes]] = {
    "two lines for one object": lambda: signed(
        BASE, {**plain(), 5: stream(_OTHER)}, WEST, lines=_twice
    ),
    "an object in no table": lambda: signed(BASE, plain(), WEST, gap=_HIDDEN),
    "an object in a stream": lambda: signed(BASE, {**plain(), 92: stream(_HIDDEN)}, WEST),
    "an object with comments": lambda: signed(
        BASE, plain(), WEST, gap=_HIDDEN.replace(b"5 0 obj", b"5 %c\n0%" + b"c" * 9000 + b"\nobj")
    ),
    "a trailer without a catalogue": lambda: signed(BASE, plain(), WEST, root=b""),
    "another trailer in a stream": lambda: signed(
        BASE, {**plain(), 92: stream(b"trailer\n<</Root 8 0 R>>\n")}, WEST
    ),
    "another trailer behind it": lambda: signed(
        BASE, plain(), WEST, comment=b"%trailer <</Root 8 0 R>>\n"
    ),
    "a start in a comment": lambda: signed(
        BASE, plain(), WEST, end=b"%%startxref\n%%9\nstartxref\n%d\n%%%%EOF\n"
    ),
    "a start on the same line": lambda: signed(
        BASE, plain(), WEST, end=b"startxrefx\n%d\n%%%%EOF\n"
    ),
    "an object at another byte": lambda: signed(
        BASE, plain(), WEST, lines=lambda offsets: of_table({**offsets, 90: offsets[90] - 1})
    ),
}


@pytest.mark.parametrize("made", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_an_update_of_two_readings_is_refused(made: Callable[[], bytes]) -> None:
    judgement = judge(made(), BASE, **now_asked())
    assert judgement.fault == "ambiguous", judgement.why


@pytest.mark.parametrize("more", [b"startxref\n9\n%%EOX\n", b"%%EOF startxref 9\n", b"% startxref"])
def test_another_start_behind_the_end_is_refused(more: bytes) -> None:
    end = b"startxref\n%d\n%%%%EOF\n" + more.replace(b"%", b"%%")
    document = signed(BASE, plain(), WEST, end=end)
    judgement = judge(document, BASE, **now_asked())
    assert judgement.fault in ("not-whole", "unreadable"), judgement.why


_METADATA = "/Type/Metadata/Subtype/XML"
_FIELD = "/Type/Annot/Subtype/Widget/FT/Sig/T(Partner)/F 132/P 3 0 R/Rect[100 100 200 200]"
_FORM = "<</Type/Catalog/Pages 2 0 R/AcroForm %s>>"


def _of_forms(name: str, *, number: int = 1, more: dict[int, str | bytes] | None = None) -> bytes:
    """An object that has a role in each document is a list of the page's forms at once."""
    catalog = _FORM % "9 0 R" if name == "SigFlags" else "<</Type/Catalog/Pages 2 0 R>>"
    trailer = "/Root 1 0 R/Info 9 0 R" if name == "Producer" else "/Root 1 0 R"
    return one_page(
        f"{_SAID} q /{name} Do Q",
        resources=f"/XObject {number} 0 R",
        more=more,
        catalog=catalog,
        trailer=trailer,
    )


def _page(number: int = 1) -> bytes:
    return PAGE.replace(b"/Font<</F 4 0 R>>", b"/Font<</F 4 0 R>>/XObject %d 0 R" % number)


def _shown_by_root(name: bytes) -> tuple[bytes, dict[int, bytes]]:
    base = _of_forms(name.decode())
    return base, {**plain(_page(), root=b"/%b 92 0 R" % name), 92: _SHOWN}


def _shown_as_metadata() -> tuple[bytes, dict[int, bytes]]:
    base = one_page(
        more={5: stream(_SAID.encode(), _METADATA)},
        catalog="<</Type/Catalog/Pages 2 0 R/Metadata 5 0 R>>",
    )
    return base, {**plain(root=b"/Metadata 5 0 R"), 5: stream(_OTHER, _METADATA)}


def _shown_as_new_metadata() -> tuple[bytes, dict[int, bytes]]:
    """The catalogue has the glyphs of a font."""
    base = one_page(_SAID, resources="/X 1 0 R")
    page = PAGE.replace(b"/Font<</F 4 0 R>>", b"/Font<</F 4 0 R>>/X 1 0 R")
    return base, {**plain(page, root=b"/Metadata 92 0 R"), 92: stream(_OTHER, _METADATA)}


def _shown_as_a_field() -> tuple[bytes, dict[int, bytes]]:
    base = one_page(
        more={5: stream(_SAID.encode(), _FIELD)},
        catalog=_FORM % "<</Fields[5 0 R]>>",
        page=f"{A4}/Annots[5 0 R]",
    )
    return base, {91: signature(), 5: stream(_OTHER, f"{_FIELD}/V 91 0 R")}


def _shown_as_fields() -> tuple[bytes, dict[int, bytes]]:
    base = one_page(
        _SAID, contents="9 0 R", more={9: "[5 0 R]"}, catalog=_FORM % "<</Fields 9 0 R>>"
    )
    page = PAGE.replace(b"5 0 R", b"9 0 R") + b"/Annots[90 0 R]>>"
    added = stream(_OTHER, f"{_FIELD}/V 91 0 R")
    return base, {91: signature(), 90: added, 9: b"[5 0 R 90 0 R]", 3: page}


def _hidden_by_a_signature() -> tuple[bytes, dict[int, bytes]]:
    """The field has the graphics states of the page, and the signature is one of them."""
    base = one_page(
        f"/V gs {_SAID}",
        resources="/ExtGState 9 0 R",
        more={9: f"<<{_FIELD}>>"},
        catalog=_FORM % "<</Fields[9 0 R]>>",
        page=f"{A4}/Annots[9 0 R]",
    )
    return base, {91: signature(b"/ca 0"), 9: f"<<{_FIELD}/V 91 0 R>>".encode()}


def _shown_by_the_form() -> tuple[bytes, dict[int, bytes]]:
    base = _of_forms("SigFlags", number=9, more={9: "<</Fields[]>>"})
    page = _page(9) + b"/Annots[90 0 R]>>"
    form = b"<</Fields[90 0 R]/SigFlags 92 0 R>>"
    return base, {90: field(), 91: signature(), 92: _SHOWN, 9: form, 3: page}


def _shown_by_information() -> tuple[bytes, dict[int, bytes]]:
    base = _of_forms("Producer", number=9, more={9: "<</Title(a)>>"})
    changed = b"<</Title(a)/Producer 92 0 R>>"
    return base, {**plain(_page(9)), 92: _SHOWN, 9: changed}


SHOWN: dict[str, Callable[[], tuple[bytes, dict[int, bytes]]]] = {
    "an extension of the catalogue": lambda: _shown_by_root(b"Extensions"),
    "a permission of the catalogue": lambda: _shown_by_root(b"Perms"),
    "the document's metadata": _shown_as_metadata,
    "new metadata of the document": _shown_as_new_metadata,
    "a field that is a stream": _shown_as_a_field,
    "fields that are contents": _shown_as_fields,
    "a signature that is a graphics state": _hidden_by_a_signature,
    "an entry of the form": _shown_by_the_form,
    "an entry of the information": _shown_by_information,
}


@pytest.mark.parametrize("made", SHOWN.values(), ids=SHOWN.keys())
def test_nothing_is_shown_by_what_a_document_also_uses_for_something_else(
    made: Callable[[], tuple[bytes, dict[int, bytes]]],
) -> None:
    base, bodies = made()
    root = b"/Root 1 0 R/Info 9 0 R" if b"/Info 9 0 R" in base else b"/Root 1 0 R"
    judgement = judge(signed(base, bodies, WEST, root=root), base, **now_asked())
    assert judgement.fault in ("content-changed", "form-changed", "annotation"), judgement


def test_a_field_that_was_there_may_be_signed_and_metadata_written_anew() -> None:
    base = one_page(
        _SAID,
        more={9: f"<<{_FIELD}>>", 8: stream(b"<x:xmpmeta/>", _METADATA)},
        catalog="<</Type/Catalog/Pages 2 0 R/Metadata 8 0 R/AcroForm<</Fields[9 0 R]>>>>",
        page=f"{A4}/Annots[9 0 R]",
    )
    bodies = {
        91: signature(b"/Name(W)/Prop_Build<</App<</Name/P>>>>"),
        9: f"<<{_FIELD}/V 91 0 R>>".encode(),
        8: stream(b"<x:xmpmeta>1</x:xmpmeta>", _METADATA),
    }
    judgement = judge(signed(base, bodies, WEST), base, **now_asked())
    assert judgement.fault is None, judgement.why


def test_metadata_may_be_added() -> None:
    bodies = {**plain(root=b"/Metadata 92 0 R"), 92: stream(b"<x:xmpmeta/>", _METADATA)}
    judgement = judge(signed(BASE, bodies, WEST), BASE, **now_asked())
    assert judgement.fault is None, judgement.why


_APPEARANCE = "/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<<>>"


def _stamped(appearance: str, *, rect: bytes = b"100 100 200 200", base: bytes = BASE) -> bytes:
    stamped = field(b"/AP<</N 92 0 R>>").replace(b"100 100 200 200", rect)
    bodies = {**plain(), 90: stamped, 92: stream(b"0 0 600 842 re f", appearance)}
    return signed(base, bodies, WEST)


def test_a_stamp_within_its_bounds_is_accepted() -> None:
    judgement = judge(_stamped(_APPEARANCE), BASE, **now_asked())
    assert judgement.fault is None, judgement.why


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/BBox[0 0 100 100]", ""),
        ("[0 0 100 100]", "[0 0 100]"),
        ("[0 0 100 100]", "[/a /b /c /d]"),
        ("/BBox", "/Matrix[1 0 0 1 0]/BBox"),
    ],
)
def test_a_stamp_that_some_readers_draw_beyond_its_place_is_refused(old: str, new: str) -> None:
    judgement = judge(_stamped(_APPEARANCE.replace(old, new)), BASE, **now_asked())
    assert judgement.fault == "too-large-a-stamp", judgement.why


def test_the_place_of_a_stamp_is_told_in_numbers() -> None:
    judgement = judge(_stamped(_APPEARANCE, rect=b"(0) (0) (9) (9)"), BASE, **now_asked())
    assert judgement.fault == "too-large-a-stamp", judgement.why


def test_a_stamp_is_measured_in_the_units_of_its_page() -> None:
    small = one_page(_SAID, page="/MediaBox[0 0 59.5 84.2]/UserUnit 10")
    page = PAGE.replace(b"[0 0 595 842]", b"[0 0 59.5 84.2]/UserUnit 10")
    covering = field().replace(b"100 100 200 200", b"0 0 59 84")
    document = signed(small, {**plain(page), 90: covering}, WEST)
    judgement = judge(document, small, **now_asked())
    assert judgement.fault == "too-large-a-stamp", judgement.why


_EAST = partner("东海物流有限公司")


@pytest.mark.parametrize("name", ["two lines for one object", "a trailer without a catalogue"])
def test_whoever_verifies_both_is_told_that_the_first_was_signed_on_something_else(
    name: str,
) -> None:
    """A partner's own signature stands last, covers all, and changes nothing for one reader."""
    once = _EAST.sealed(BASE, Invisible(), id="P0")
    form = int(once.rsplit(b"/AcroForm ", 1)[1].split()[0])
    seal = int(once.rsplit(b"/Fields[", 1)[1].split()[0])
    page = PAGE + b"/Annots[%d 0 R 390 0 R]>>" % seal
    more = {
        390: field().replace(b"91 0 R", b"391 0 R"),
        391: signature(),
        form: b"<</Fields[%d 0 R 390 0 R]/SigFlags 3>>" % seal,
        3: page,
    }
    assert _verified(signed(once, more, WEST)) == "valid"
    if name == "two lines for one object":
        twice = signed(once, {**more, 5: stream(_OTHER)}, WEST, lines=_twice)
        assert _verified(twice) == "not-valid"
    else:
        assert _verified(signed(once, more, WEST, root=b"", gap=_HIDDEN)) == "not-valid"


def _verified(document: bytes) -> str:
    judging = Judging(trust=(trusted_root().der,))
    return judging.judge(document, now=now_asked()["at"]).verdict  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [b"", b"/MediaBox[0 0 9 9]"])
def test_an_update_of_a_hybrid_names_no_entry_twice(more: bytes) -> None:
    """The other reader is lenient, as hybrids cannot be judged strictly."""
    hybrid = hybrid_as_office_programs_write_it()
    bodies = plain(b"<</Type/Page/Parent 2 0 R" + A4.encode() + more)
    judgement = judge(signed(hybrid, bodies, WEST), hybrid, **now_asked())
    assert judgement.fault == ("ambiguous" if more else None), judgement.why


@pytest.mark.parametrize("name", ["/Font", "/F#6fnt", "/Font %c\n", "/ExtGState"])
def test_a_signature_is_not_the_font_that_a_page_does_not_have(name: str) -> None:
    """Readers draw by one of their own what has no font, and not what has one that is none."""
    base = one_page(
        f"{_SAID} BT /V 24 Tf 72 600 Td (000) Tj ET",
        resources=f"/X<<{name} 9 0 R>>",
        more={9: f"<<{_FIELD}>>"},
        catalog=_FORM % "<</Fields[9 0 R]>>",
        page=f"{A4}/Annots[9 0 R]",
    )
    bodies = {91: signature(), 9: f"<<{_FIELD}/V 91 0 R>>".encode()}
    judgement = judge(signed(base, bodies, WEST), base, **now_asked())
    assert judgement.fault == "content-changed", judgement
