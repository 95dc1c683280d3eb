"""What readers draw by a field's value is what its appearance shows, or it is told."""

import pytest

from gateway.documents.inspection import redrawn
from gateway.documents.inspection.inspecting import inspect
from gateway.documents.press import READERS_DIFFER
from policies.intake import Intake, refusals
from tests.document_fixtures import receipt
from tests.hostile.filled_forms import (
    drawn,
    fields_that_say_two_things,
    filled,
    honest_forms,
    undrawn_fields,
)

TWO_THINGS = fields_that_say_two_things()
HONEST = honest_forms()
UNDRAWN = undrawn_fields()


def found(document: bytes) -> dict[str, str]:
    """By rule, where no page is drawn: a seal that permits no changes looks at fields, too."""
    return {each.rule: each.detail for each in inspect(document, look_under=False)}


@pytest.mark.parametrize("name", TWO_THINGS)
def test_a_field_that_says_two_things_is_refused(name: str) -> None:
    findings = inspect(TWO_THINGS[name](), look_under=False)
    assert [each.rule for each in findings] == ["ambiguous-structure", "form-fields"]
    assert findings[0].detail.startswith("object ")
    assert "on page 1 is a field that some readers draw by its value" in findings[0].detail
    assert refusals(Intake(), findings) != ()


@pytest.mark.parametrize("name", UNDRAWN)
def test_a_value_that_nothing_shows_is_told_and_accepted(name: str) -> None:
    findings = inspect(UNDRAWN[name](), look_under=False)
    assert [each.rule for each in findings] == ["form-fields", "undrawn-fields"]
    assert refusals(Intake(), findings) == ()


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_form_is_only_a_form(name: str) -> None:
    assert found(HONEST[name]()).keys() == {"form-fields"}


def test_the_form_of_an_office_program_is_not_drawn_and_accepted() -> None:
    assert found(receipt("writer-a4-form")).keys() == {"form-fields", "undrawn-fields"}


def test_more_fields_than_are_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redrawn, "MOST_FIELDS_READ", 0)
    told = found(filled("/FT/Tx/V(100)", drawn("100")))
    assert told.keys() == {"ambiguous-structure", "form-fields", "limits"}


def test_what_pdfium_may_read_otherwise_is_not_read() -> None:
    document = filled("/FT/Tx/V(100)/Keep<</A 1/A 1>>", drawn("100"))
    told = found(document)
    assert "duplicate-keys" in told
    assert "nobody can say" in told["ambiguous-structure"]


def test_nobody_looks_for_text_in_such_a_document() -> None:
    assert "ambiguous-structure" in READERS_DIFFER
