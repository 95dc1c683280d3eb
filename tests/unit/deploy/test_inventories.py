"""The example inventories name every group that a playbook asks for, if only an empty one."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ANSIBLE = Path(__file__).parents[3] / "deploy" / "ansible"
PLAYBOOKS = sorted(ANSIBLE.glob("*.yml"))
INVENTORIES = sorted((ANSIBLE / "inventories").glob("*/hosts.yml"))


def _groups(tree: dict[str, Any]) -> set[str]:
    found = set(tree)
    for group in tree.values():
        found |= _groups((group or {}).get("children") or {})
    return found


def _asked_for() -> set[str]:
    plays = [play for file in PLAYBOOKS for play in yaml.safe_load(file.read_text("utf-8"))]
    return {play["hosts"] for play in plays}


def test_the_groups_are_those_of_the_documentation() -> None:
    assert _asked_for() == {"sealgate", "database", "balancer", "network"}


@pytest.mark.parametrize("file", INVENTORIES, ids=lambda file: file.parent.name)
def test_an_inventory_has_each_group_if_only_an_empty_one(file: Path) -> None:
    named = _groups(yaml.safe_load(file.read_text(encoding="utf-8")))
    assert _asked_for() - named == set()
