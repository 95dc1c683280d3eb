"""The grammar of values: linear in what it reads, whatever it reads."""

from contextlib import suppress

import pytest

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.survey import survey
from gateway.documents.lean.tokens import read_array, read_dictionary, read_value
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
