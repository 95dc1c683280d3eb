"""Pages that repeat something from the code say what the code says."""

import importlib.util
import tomllib
from types import ModuleType

import pytest

from policies.intake import RULES
from policies.loader import load_bundle
from tests.unit.docs.markdown import ROOT, blocks, headings, languages, read


def _program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_errors", ROOT / "docs" / "make_errors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_error_table_is_current() -> None:
    assert read("docs/errors.md") == _program().page(), "run: python docs/make_errors.py"


def test_the_intake_rules_are_those_of_the_code() -> None:
    page = read("docs/intake.md")
    rows = [line.split("|")[1:4] for line in page.splitlines() if line.startswith("| `")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        [f"`{rule.name}`", rule.default if rule.switchable else "always refuse", rule.reason]
        for rule in RULES.values()
    ]
    for rule in RULES:
        assert f"**{rule}.**" in page


@pytest.mark.parametrize("page", ["docs/policies.md", "docs/policies.zh-CN.md"])
def test_the_policies_of_the_guide_load_and_pass_their_tests(page: str) -> None:
    bundle = load_bundle({page: "\n---\n".join(blocks(read(page), "yaml"))})
    assert set(bundle.policies) == {"receipts", "no-monsters"}


def test_the_floors_in_the_architecture_are_those_that_are_enforced() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (floors,) = [
        each["layers"] for each in contracts if each["name"] == "The floors of the gateway"
    ]
    table = read("docs/architecture.md").partition("| floor | what it does |")[2]
    rows = [line.split("|")[1] for line in table.split("\n\n")[0].splitlines()[2:]]
    written = [sorted(name.strip(" `") for name in row.split(",")) for row in rows]
    assert written == [sorted(name.strip() for name in floor.split("|")) for floor in floors]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [("README.md", "README.zh-CN.md"), ("docs/policies.md", "docs/policies.zh-CN.md")],
)
def test_both_languages_say_the_same(english: str, chinese: str) -> None:
    one, other = read(english), read(chinese)
    assert [level for level, _ in headings(one)] == [level for level, _ in headings(other)]
    assert languages(one) == languages(other)
    for language in ("sh", "yaml"):
        assert blocks(one, language) == blocks(other, language)
    for mark in ("<!-- timing -->", "<!-- bench table -->"):
        assert one.count(mark) == other.count(mark)


def test_every_decision_is_in_the_list() -> None:
    index = read("docs/adr/README.md")
    for page in (ROOT / "docs" / "adr").glob("0*.md"):
        title = read(page).splitlines()[0].removeprefix(f"# {page.name[:4]}: ")
        assert f"]({page.name})" in index
        assert title.split(",")[0].split(" ")[0] in index
