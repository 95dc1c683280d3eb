"""Pages that repeat something from the code say what the code says."""

import importlib.util
import json
import re
import tomllib
from types import ModuleType

import pytest

from policies.intake import RULES
from policies.loader import load_bundle
from policies.reasons import MEANINGS
from tests.unit.docs.markdown import ROOT, blocks, headings, languages, read, sections


def _program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_errors", ROOT / "docs" / "make_errors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_error_table_is_current() -> None:
    assert read("docs/errors.md") == _program().page(), "run: python docs/make_errors.py"


def _rows(text: str) -> list[list[str]]:
    """The first three cells of the rows that begin with something in code."""
    rows = [line.split("|")[1:4] for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def test_the_intake_rules_are_those_of_the_code() -> None:
    assert _rows(read("docs/intake.md")) == [
        [f"`{rule.name}`", rule.default if rule.switchable else "always refuse", rule.reason]
        for rule in RULES.values()
    ]


def test_the_chinese_page_has_the_same_intake_rules() -> None:
    words = {"refuse": "拒绝", "accept": "接受"}
    assert [row[:2] for row in _rows(read("docs/intake.zh-CN.md"))] == [
        [f"`{rule.name}`", words[rule.default] if rule.switchable else "始终拒绝"]
        for rule in RULES.values()
    ]


@pytest.mark.parametrize("page", ["docs/intake.md", "docs/intake.zh-CN.md"])
def test_every_intake_rule_is_explained_in_order(page: str) -> None:
    assert re.findall(r"^\*\*([a-z-]+)\.\*\* ", read(page), re.MULTILINE) == list(RULES)


def test_the_readme_counts_the_intake_rules() -> None:
    assert f"{len(RULES)} intake rules" in read("README.md")
    assert f"{len(RULES)} 条收件规则" in read("README.zh-CN.md")


def test_the_names_of_reasons_are_those_of_the_code() -> None:
    page = read("docs/policies.md").partition("## Names of reasons")[2]
    assert [row[:2] for row in _rows(page)] == [
        [f"`{name}`", meaning] for name, meaning in MEANINGS.items()
    ]
    chinese = read("docs/policies.zh-CN.md").partition("## 理由的名称")[2]
    assert [row[0] for row in _rows(chinese)] == [f"`{name}`" for name in MEANINGS]


def test_the_chinese_page_lists_the_same_metrics() -> None:
    """What a gateway and a network really tell is held against the page by a scenario."""
    english, chinese = (_rows(read(f"docs/operations/metrics{end}.md")) for end in ("", ".zh-CN"))
    assert [row[:2] for row in english] == [row[:2] for row in chinese]
    assert len(english) > 100


def test_the_parts_of_the_document_room_are_those_that_are_there() -> None:
    room = ROOT / "gateway" / "documents"
    table = read("docs/architecture.md").partition("Within `gateway/documents/`")[2]
    names = {
        name
        for row in _rows(table.partition("The floors of")[0])
        for name in re.findall("`([^`]+)`", row[0])
    }
    assert {name for name in names if not (room / name).exists()} == set()
    there = {f"{path.parent.name}/" for path in room.glob("*/__init__.py")}
    assert {name for name in names if name.endswith("/")} == there


@pytest.mark.parametrize("page", ["docs/policies.md", "docs/policies.zh-CN.md"])
def test_the_policies_of_the_guide_load_and_pass_their_tests(page: str) -> None:
    bundle = load_bundle({page: "\n---\n".join(blocks(read(page), "yaml"))})
    assert set(bundle.policies) == {"receipts", "no-monsters"}


def test_the_conditions_that_the_guide_gives_as_examples_are_taken() -> None:
    page = read("docs/policies.md")
    table = page.partition("| it is true if | condition |")[2].partition("\n\n")[0]
    given = re.findall(r"\| `(.*)` \|$", table, re.MULTILINE)
    policy = {
        "apiVersion": "sealgate/v1",
        "kind": "SealPolicy",
        "metadata": {"name": "examples"},
        "spec": {
            "seals": ["copies-east"],  # of which the guide's own tests do not speak
            "documentTypes": ["logistics-receipt"],
            "permit": [
                {"id": f"row-{row}", "systems": ["tms"], "when": each}
                for row, each in enumerate(given)
            ],
        },
        "tests": [
            {
                "name": "one page",
                "request": {"system": "tms", "doc": {"attributes": {"amount_cents": 1}}},
                "expect": "allowed",
                "rule": "row-0",
            }
        ],
    }
    # JSON is YAML.
    written = json.dumps(policy, ensure_ascii=False)
    bundle = load_bundle({"page": "\n---\n".join([*blocks(page, "yaml"), written])})
    assert len(bundle.policies["examples"].permit) == len(given) > 10


@pytest.mark.parametrize("room", ["gateway", "policies"])
def test_the_floors_in_the_architecture_are_those_that_are_enforced(room: str) -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (floors,) = [
        each["layers"]
        for each in contracts
        if each["type"] == "layers" and each.get("containers") == [room]
    ]
    page = read("docs/architecture.md").partition(f"The floors of `{room}/`")[2]
    table = page.partition("| floor | what it does |")[2]
    rows = [line.split("|")[1] for line in table.split("\n\n")[0].splitlines()[2:]]
    written = [sorted(name.strip(" `") for name in row.split(",")) for row in rows]
    assert written == [sorted(name.strip() for name in floor.split("|")) for floor in floors]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("README.md", "README.zh-CN.md"),
        ("docs/policies.md", "docs/policies.zh-CN.md"),
        ("docs/intake.md", "docs/intake.zh-CN.md"),
        ("docs/approvals.md", "docs/approvals.zh-CN.md"),
        ("docs/connectors.md", "docs/connectors.zh-CN.md"),
        ("docs/store.md", "docs/store.zh-CN.md"),
        ("docs/batches.md", "docs/batches.zh-CN.md"),
        ("docs/webhooks.md", "docs/webhooks.zh-CN.md"),
        ("docs/envelopes.md", "docs/envelopes.zh-CN.md"),
        ("docs/scale.md", "docs/scale.zh-CN.md"),
    ],
)
def test_both_languages_say_the_same(english: str, chinese: str) -> None:
    one, other = read(english), read(chinese)
    assert [level for level, _ in headings(one)] == [level for level, _ in headings(other)]
    assert languages(one) == languages(other)
    for language in ("", "sh", "text", "yaml"):
        assert blocks(one, language) == blocks(other, language)
    for mark in ("<!-- timing -->", "<!-- bench table -->"):
        assert one.count(mark) == other.count(mark)


# The READMEs have examples in the reader's own language, such as a keyword to look for.
@pytest.mark.parametrize(
    "page",
    [
        "policies",
        "intake",
        "approvals",
        "store",
        "batches",
        "webhooks",
        "envelopes",
        "network",
        "signing-in-a-browser",
        "scale",
    ],
)
def test_both_languages_name_the_same_things_in_every_section(page: str) -> None:
    english = sections(read(f"docs/{page}.md"))
    chinese = sections(read(f"docs/{page}.zh-CN.md"))
    for (title, words), (_, other) in zip(english, chinese, strict=True):
        assert words - other == set(), f"missing in Chinese: {title}"
        assert other - words == set(), f"missing in English: {title}"


def test_every_decision_is_in_the_list() -> None:
    index = read("docs/adr/README.md")
    for page in (ROOT / "docs" / "adr").glob("0*.md"):
        number = page.name[:4]
        title = read(page).splitlines()[0].removeprefix(f"# {number}: ")
        assert f"| [{number}]({page.name}) | {title} |" in index
