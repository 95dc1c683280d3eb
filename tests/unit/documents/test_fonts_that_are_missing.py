"""Text is drawn by fonts that are there; elsewhere readers show another text, or none."""

from time import process_time

import pytest

from gateway.documents.inspection.content_words import taken_otherwise
from gateway.documents.inspection.font_names import fonts_named_by
from gateway.documents.inspection.inspecting import inspect
from policies.intake import Intake, refusals
from tests.hostile.fonts import (
    fonts_that_readers_differ_in,
    honest_fonts,
    words_taken_otherwise,
)

DIFFERENT = fonts_that_readers_differ_in()
OTHERWISE = words_taken_otherwise()
HONEST = honest_fonts()


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_font_in_which_readers_differ_is_refused(name: str) -> None:
    findings = inspect(DIFFERENT[name](), look_under=False)
    assert [each.rule for each in findings] == ["ambiguous-structure"]
    assert "font" in findings[0].detail
    assert refusals(Intake(), findings) != ()


@pytest.mark.parametrize("name", OTHERWISE)
def test_words_that_readers_take_otherwise_are_refused(name: str) -> None:
    findings = inspect(OTHERWISE[name](), look_under=False)
    assert [each.rule for each in findings] == ["ambiguous-structure"]
    assert refusals(Intake(), findings) != ()


@pytest.mark.parametrize("name", HONEST)
def test_a_font_that_is_there_is_no_finding(name: str) -> None:
    assert inspect(HONEST[name](), look_under=True) == ()


@pytest.mark.parametrize(
    "word",
    [b"BI / ", b"BI ID ", b"(", b"(a ", b"(() ", b"%", b"/", b"/ ", b"9", b"9 ", b"Q", b"<9 "],
)
def test_content_that_repeats_a_beginning_is_read_in_one_pass(word: bytes) -> None:
    content = word * (1_000_000 // len(word))
    started = process_time()
    fonts_named_by(content + b" Tf")
    taken_otherwise(content + b" (" + b" BI")
    assert process_time() - started < 10  # each beginning by itself: minutes
