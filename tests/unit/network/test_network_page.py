"""docs/network.md says of problems, paths and keys what the code says."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from cloud_bridge.network.config import NetworkConfig
from cloud_bridge.network.deliveries.problems import LabelRefusedProblem, OverProblem
from cloud_bridge.network.http.openapi import openapi, problem_types
from cloud_bridge.network.problems import NetworkProblem

_DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(params=["network.md", "network.zh-CN.md"])
def page(request: pytest.FixtureRequest) -> str:
    return (_DOCS / str(request.param)).read_text(encoding="utf-8")


def test_the_page_has_every_problem_with_status_and_owner(page: str) -> None:
    told = [line for line in page.splitlines() if line.startswith("| `") and line.count("|") == 4]
    rows = [f"| `{each.type}` | {each.status} | {each.owner} |" for each in problem_types()]
    assert [row for row in rows if row not in told] == []
    known = {each.type for each in problem_types()}
    owned = [line for line in told if line.rstrip(" |").rsplit(" ", 1)[-1] in _OWNERS]
    assert {line.split("`")[1] for line in owned} == known


@pytest.mark.parametrize("problem", [LabelRefusedProblem, OverProblem])
def test_what_deliveries_tell_organisations_is_described(problem: type[NetworkProblem]) -> None:
    described = json.loads(openapi((), version="1"))["components"]["responses"]["Problem"]
    word = f"{problem.status} urn:sealgate:problem:{problem.type}: "
    assert word in described["description"]
    assert "delivery-taken" not in described["description"]  # telephones alone are told


_OWNERS = {"caller", "officer", "it", "partner"}


def _keys(section: type[BaseModel], path: str = "") -> list[str]:
    found = []
    for name, field in section.model_fields.items():
        kind = field.annotation
        inner = isinstance(kind, type) and issubclass(kind, BaseModel)
        found += _keys(kind, f"{path}{name}.") if inner else [f"{path}{name}"]  # type: ignore[arg-type]
    return found


def test_the_page_has_every_key_of_network_yaml(page: str) -> None:
    own = ("keys.", "server.", "store.", "limits.", "webhooks.", "state_", "contents_", "name")
    keys = [key for key in _keys(NetworkConfig) if key.startswith(own)]
    assert [key for key in keys if f"`{key}`" not in page] == []
