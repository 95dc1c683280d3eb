"""What a person may enter into which field, and how a signature must be."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.model import Box, FieldKind, Handwriting, Party, PartyField
from cloud_bridge.network.pages.forms import signature_given
from cloud_bridge.network.persons.errors import FieldsError
from cloud_bridge.network.persons.model import Signature
from cloud_bridge.network.persons.values import checked_signature, marks_for, values_of
from cloud_bridge.network.press.model import Handwritten, Ticked, Typed

BOX = Box(page=1, left_mm=10, top_mm=10, width_mm=40, height_mm=10)
LINE = Handwritten(width=100, height=50, strokes=(((10, 10), (60, 40)),))


def party(*fields: PartyField, handwriting: Handwriting = "free") -> Party:
    return Party(id="p", kind="person", account="a", handwriting=handwriting, fields=fields)


def one(kind: FieldKind, *, required: bool = True) -> PartyField:
    choices = ("a", "b") if kind == "choice" else ()
    return PartyField(
        name="f", document="d", kind=kind, box=BOX, required=required, choices=choices
    )


SIGNS = one("signature")


@pytest.mark.parametrize(
    ("kind", "entered", "kept"),
    [
        ("text", "  甲方 ", "甲方"),
        ("number", "-3.50", "-3.50"),
        ("number", "１２．５", "12.5"),  # as Chinese keyboards write it
        ("date", "２０２６-11-27", "2026-11-27"),
        ("date", "2026-11-27", "2026-11-27"),
        ("choice", "b", "b"),
        ("checkbox", "true", "true"),
    ],
)
def test_what_is_right_is_kept(kind: FieldKind, entered: str, kept: str) -> None:
    assert values_of(party(one(kind)), {"f": entered}) == {"f": kept}


@pytest.mark.parametrize(
    ("kind", "entered", "word"),
    [
        ("text", "   ", "missing"),
        ("text", "x" * 1001, "too-long"),
        ("number", "12 boxes", "number"),
        ("number", "NaN", "number"),
        ("number", "1_000", "number"),  # Python's own
        ("number", "1e999999", "number"),  # fills a memory where it is reckoned with
        ("number", "\u0663", "number"),  # a digit of Arabic, which other programs take for none
        ("number", "1,000", "number"),
        ("date", "27.11.2026", "date"),
        ("date", "2026-02-30", "date"),
        ("date", "20261127", "date"),
        ("choice", "c", "choice"),
        ("checkbox", "", "missing"),
    ],
)
def test_what_is_wrong_is_told_in_a_word(kind: FieldKind, entered: str, word: str) -> None:
    with pytest.raises(FieldsError) as wrong:
        values_of(party(one(kind)), {"f": entered})
    assert wrong.value.faults == {"f": word}


def test_what_may_be_empty_is_left_out_and_a_tick_is_always_told() -> None:
    assert values_of(party(one("text", required=False)), {}) == {}
    assert values_of(party(one("checkbox", required=False)), {}) == {"f": "false"}


def test_fields_of_others_are_not_taken() -> None:
    assert values_of(party(one("text")), {"f": "mine", "g": "not mine"}) == {"f": "mine"}


@pytest.mark.parametrize("typed", ["张三", " 张 三 ", "张三\u3000"])
def test_a_typed_name_is_the_person_s(typed: str) -> None:
    signature = checked_signature(party(SIGNS), Signature(typed=typed), name="张三")
    assert signature == Signature(typed="张三")


@pytest.mark.parametrize(
    ("handwriting", "given_signature", "word"),
    [
        ("free", Signature(typed="李四"), "type"),
        ("free", Signature(drawn=Handwritten(width=1, height=1, strokes=())), "draw"),
        ("required", Signature(typed="张三"), "draw"),
        ("forbidden", Signature(drawn=LINE), "type"),
        (
            "free",
            Signature(drawn=Handwritten(width=100, height=50, strokes=(((1, 1), (2, 2)),))),
            "draw",
        ),
    ],
)
def test_signatures_that_the_terms_do_not_take(
    handwriting: Handwriting, given_signature: Signature, word: str
) -> None:
    with pytest.raises(FieldsError) as wrong:
        checked_signature(party(SIGNS, handwriting=handwriting), given_signature, name="张三")
    assert wrong.value.faults == {"signature": word}


def test_without_a_place_for_it_nothing_is_signed_by_hand() -> None:
    with pytest.raises(FieldsError):
        checked_signature(party(one("text")), Signature(drawn=LINE), name="张三")


@given(drawn=st.text() | st.binary().map(repr))
def test_whatever_a_browser_sends_as_a_drawing_is_refused_in_words(drawn: str) -> None:
    form = {"way": "draw", "drawn": drawn}
    with pytest.raises(FieldsError):
        checked_signature(party(SIGNS), signature_given(form), name="张三")


NUMBER = st.floats() | st.integers(-(10**6), 10**6)


@given(
    width=NUMBER,
    height=NUMBER,
    strokes=st.lists(st.lists(st.tuples(NUMBER, NUMBER), max_size=5).map(tuple), max_size=5),
)
def test_what_is_taken_as_a_drawing_lies_on_its_sheet(
    width: float, height: float, strokes: list[tuple[tuple[float, float], ...]]
) -> None:
    drawn = Handwritten(width=width, height=height, strokes=tuple(strokes))
    try:
        taken = checked_signature(party(SIGNS), Signature(drawn=drawn), name="张三").drawn
    except FieldsError:
        return
    assert taken is not None
    for stroke in taken.strokes:
        for x, y in stroke:
            assert math.isfinite(x + y)
            assert -width <= x <= 2 * width
            assert -height <= y <= 2 * height


def test_marks_are_those_of_the_document_alone() -> None:
    fields = (
        PartyField(name="a", document="one", kind="text", box=BOX),
        PartyField(name="b", document="two", kind="text", box=BOX),
        PartyField(name="c", document="one", kind="checkbox", box=BOX),
        PartyField(name="d", document="one", kind="checkbox", box=BOX),
        PartyField(name="s", document="one", kind="signature", box=BOX),
    )
    values = {"a": "A", "b": "B", "c": "true", "d": "false"}
    marks = marks_for(party(*fields), "one", values, Signature(typed="张三"))
    assert [(each.field, each.ink) for each in marks] == [
        ("a", Typed(text="A")),
        ("c", Ticked()),
        ("s", Typed(text="张三", signature=True)),
    ]
