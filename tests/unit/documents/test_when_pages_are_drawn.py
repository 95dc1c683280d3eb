"""What lies under a picture is looked for where it could come to light, or where a type asks."""

import msgspec
import pytest

from gateway.documents.press import TwoWayPress
from policies.intake import Intake
from policies.model import Invisible
from tests.document_fixtures import SoftSeal, preparation, soft_seal
from tests.hostile.samples import SAMPLES

COVERED = next(iter(SAMPLES["covered-content"].values()))()
FINAL = soft_seal(kind="certification", permission="no-changes")
OPEN = (soft_seal(), soft_seal(kind="certification", permission="form-filling"))


def found(press: TwoWayPress, *, look_under: bool) -> list[str]:
    wanted = msgspec.structs.replace(preparation(Invisible()), look_under=look_under)
    return [each.rule for each in press.prepare(COVERED, wanted).facts.findings]


@pytest.mark.parametrize("seal", OPEN, ids=["approval", "certification for form filling"])
def test_a_seal_that_leaves_something_open_has_pages_drawn(seal: SoftSeal) -> None:
    assert found(seal.press(), look_under=False) == ["covered-content"]


def test_after_a_certification_that_permits_no_changes_nobody_looks_under_pictures() -> None:
    assert found(FINAL.press(), look_under=False) == []


def test_a_type_that_names_the_rule_has_pages_drawn_for_every_seal() -> None:
    assert found(FINAL.press(), look_under=True) == ["covered-content"]


@pytest.mark.parametrize("rule", ["covered-content", "page-box-tricks"])
def test_the_rules_that_need_drawn_pages_ask_for_it_when_they_are_named(rule: str) -> None:
    assert Intake(refuse=frozenset({rule})).looks_under
    assert not Intake(refuse=frozenset({"form-fields"})).looks_under
