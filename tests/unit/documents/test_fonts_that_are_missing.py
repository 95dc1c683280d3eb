"""Text is drawn by fonts that are there; elsewhere readers show another text, or none."""

import pytest

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
