"""The grammar of values: linear in what it reads, whatever it reads."""

from contextlib import suppress

import pytest

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.survey import survey
from gateway.documents.lean.tokens import DEEPEST, read_array, read_dictionary, read_value
from tests.unit.documents.drafts import one_page

LONG = 20_000
ENDLESS = {
    "numbers": b"[" + b"12 " * LONG,
    "references": b"[" + b"12 0 R " * LONG,
    "signs": b"[" + b"-.5 +7. .25 " * LONG,
    "names": b"[" + b"/A " * LONG,
    "entries": b"<<" + b"/A 1 " * LONG,
    "strings": b"[" + b"(a(b)\\)c) " * LONG,
    "half strings": b"[(" + b"(a\\" * LONG,
    "hex": b"[" + b"<0a0b> " * LONG,
    "words": b"[" + b"true false null " * LONG,
    "comments": b"[" + b"% a\n" * LONG,
    "half comments": b"[%" + b"% a" * LONG,
    "brackets": b"[" * LONG,
    "pairs": b"[" + b"[]" * LONG,
    "dictionaries": b"[" + b"<</A<</B[1 2 3]>>>> " * LONG,
    "one too deep": b"[" + b"[[[[[[[[[1]]]]]]]]] " * LONG,
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.timeout(20)
def test_what_never_ends_is_read_in_linear_time(text: bytes) -> None:
    for closing in (b"", b"}", b">>]", b"x"):
        with suppress(InDoubtError):
            read_value(text + closing, 0)
        with suppress(InDoubtError):
            read_array(text + closing)
        with suppress(InDoubtError):
            read_dictionary(b"<</K " + text + closing)


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.timeout(20)
def test_a_survey_of_what_never_ends_is_given_up_in_linear_time(text: bytes) -> None:
    document = one_page(more={6: text})
    with pytest.raises(InDoubtError):
        survey(LeanDocument(document))


NESTED = {
    "arrays": (b"[1 %b]", b"[1 ", b"]"),
    "dictionaries": (b"<</A/B/C %b>>", b"<</A/B/C ", b">>"),
}


@pytest.mark.parametrize(("whole", "opening", "closing"), NESTED.values(), ids=NESTED)
@pytest.mark.parametrize("depth", range(1, DEEPEST + 1))
def test_what_is_nested_down_to_the_bound_is_read_as_what_is_shallow(
    depth: int, whole: bytes, opening: bytes, closing: bytes
) -> None:
    inner = opening * (depth - 1) + b"7 0 R" + closing * (depth - 1)
    value = whole % inner
    assert read_value(b" " + value + b" endobj", 0) == (1, 1 + len(value))
    if opening == b"[1 ":
        assert read_array(value) == [b"1", inner]
    else:
        entries = {b"/A": b"/B", b"/C": inner}
        assert read_dictionary(value) == (entries, len(value))
    assert survey(LeanDocument(one_page(more={6: value})))[6].raw == value


@pytest.mark.parametrize(("whole", "opening", "closing"), NESTED.values(), ids=NESTED)
def test_what_is_nested_deeper_than_the_bound_is_in_doubt(
    whole: bytes, opening: bytes, closing: bytes
) -> None:
    value = whole % (opening * DEEPEST + b"7 0 R" + closing * DEEPEST)
    with pytest.raises(InDoubtError):
        read_value(value, 0)
    with pytest.raises(InDoubtError):
        read_array(value) if opening == b"[1 " else read_dictionary(value)
    with pytest.raises(InDoubtError):
        survey(LeanDocument(one_page(more={6: value})))
