"""What evades a reader that skims: none of it is called clean where something would be found."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.errors import DocumentProblem
from gateway.documents.inspection.inspecting import inspect
from gateway.documents.lean.doubt import InDoubtError
from tests.differential.documents import documents
from tests.differential.drawing import DRAWN
from tests.differential.test_clean import called_clean, held_to_the_inspection
from tests.document_fixtures import receipts
from tests.hostile.evasions import EVASIONS, INLINE_PICTURE, PLAIN, in_drawn_letters
from tests.hostile.rewriting import parts_of, rewritten

HARMLESS = {"long numbers: length"}
"""Odd to the proof alone: both readers of the inspection read it in the same way."""
_MOST_OBJECTS = 120  # `draft` writes a subsection for each, and the lean way doubts many
Parts = tuple[dict[int, bytes], str]


@pytest.mark.parametrize("name", EVASIONS)
def test_no_evasion_is_called_clean(name: str) -> None:
    document = EVASIONS[name]()
    assert not called_clean(document, look_under=True)
    held_to_the_inspection(document)


@pytest.mark.parametrize("name", sorted(EVASIONS.keys() - HARMLESS))
def test_the_inspection_is_not_evaded(name: str) -> None:
    try:
        found = inspect(EVASIONS[name]())
    except DocumentProblem:
        return
    assert found


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_made_in_the_same_ways_with_nothing_in_it_is_called_clean(name: str) -> None:
    document = PLAIN[name]()
    assert called_clean(document, look_under=True)
    held_to_the_inspection(document)


def test_a_font_whose_letters_are_pictures_is_not_called_clean() -> None:
    document = in_drawn_letters(f"1000 0 d0 900 0 0 900 0 0 cm {INLINE_PICTURE}")
    assert not called_clean(document, look_under=True)
    assert called_clean(document, look_under=False)


@cache
def receipts_in_parts() -> list[Parts]:
    """Receipts whose objects can be told apart, in the order of their names."""
    found = []
    for path in receipts():
        try:
            parts = parts_of(path.read_bytes())
        except InDoubtError:
            continue
        if len(parts[0]) < _MOST_OBJECTS:
            found.append(parts)
    return found


@st.composite
def drawn_in_parts(draw: st.DrawFn) -> Parts:
    """Drawn documents, as far as their objects can be told apart."""
    try:
        return parts_of(draw(documents()).document)
    except InDoubtError:
        return parts_of(PLAIN["link"]())


SOURCES = st.one_of(st.deferred(lambda: st.sampled_from(receipts_in_parts())), drawn_in_parts())


@DRAWN
@given(rewritten(SOURCES))
def test_a_rewritten_document_that_is_called_clean_is(document: bytes) -> None:
    held_to_the_inspection(document)
