"""docs/operations/keys.md names what the commands say."""

from typing import get_args

import pytest

from gateway.keys.faults import FaultName
from gateway.keys.reconciling import FindingName
from tests.unit.docs.markdown import read


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["english", "chinese"])
def test_every_fault_of_a_certificate_is_explained(language: str) -> None:
    page = read(f"docs/operations/keys{language}.md")
    for name in get_args(FaultName):
        assert f"| `{name}` |" in page


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["english", "chinese"])
def test_every_finding_of_a_reconciliation_is_explained(language: str) -> None:
    page = read(f"docs/operations/keys{language}.md")
    for name in get_args(FindingName):
        assert f"| `{name}` |" in page
