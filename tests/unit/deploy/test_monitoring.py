"""Alerts, dashboards and runbooks: true to the inventory of metrics, and to each other."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from cloud_bridge.network.http.openapi import problem_types as network_problem_types
from gateway.errors import Owner
from gateway.http.openapi import problem_types
from tests.metrics_inventory import inventory, metric_of
from tests.servers.prometheus import tool
from tests.unit.docs.markdown import prose

ROOT = Path(__file__).parents[3]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = MONITORING / "prometheus" / "sealgate.rules.yml"
TESTS = sorted((MONITORING / "prometheus" / "tests").glob("*.test.yml"))
DASHBOARDS = sorted((MONITORING / "grafana").glob("*.json"))
RUNBOOKS = ROOT / "docs" / "operations" / "runbooks"
SECTIONS = [
    "What it means · 含义",
    "What users see · 用户看到什么",
    "Look · 查看",
    "Do · 处理",
    "Call · 呼叫",
]

_SERIES = re.compile(r"\b(sealgate_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")
# Of the job and the machine; `le` is of histograms, the others of Prometheus' own `up`.
_OUTCOMES = frozenset(problem_types()) | {each.type for each in network_problem_types()} | {"ok"}
_OF_PROMETHEUS = {"job", "instance", "le"}


def alerts() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    return {rule["alert"]: rule for rule in rules}


ALERTS = alerts()


def promtool(*words: str | Path) -> str:
    done = subprocess.run(
        [tool("promtool"), *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def panels(board: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield panel


def asked(file: Path) -> list[tuple[str, str]]:
    """The title of each panel of a dashboard, with an expression that it shows."""
    board = json.loads(file.read_text(encoding="utf-8"))
    return [(panel["title"], each["expr"]) for panel in panels(board) for each in panel["targets"]]


EXPRESSIONS = [(name, rule["expr"]) for name, rule in ALERTS.items()] + [
    (f"{file.stem}: {title}", expr) for file in DASHBOARDS for title, expr in asked(file)
]


def mistakes(expr: str) -> list[str]:
    """What an expression asks for that no server tells."""
    found, labels = [], set(_OF_PROMETHEUS)
    for series, matchers in _SERIES.findall(expr):
        name = metric_of(series)
        if name is None:
            found.append(f"{series} is not listed")
            continue
        labels |= inventory()[name].labels
        found += [wrong for each in _MATCHER.findall(matchers) for wrong in _unmatched(name, *each)]
    grouped = {label.strip() for each in _GROUPING.findall(expr) for label in each.split(",")}
    return found + [f"grouped by {label}, which nothing here has" for label in grouped - labels]


def _unmatched(name: str, label: str, operator: str, value: str) -> Iterator[str]:
    """What is wrong with a matcher."""
    if label in _OF_PROMETHEUS:
        return
    if label not in inventory()[name].labels:
        yield f"{name} has no label {label}"
        return
    known = inventory()[name].values[label]
    if known == "types of problems, or ok":
        known = _OUTCOMES
    for each in value.split("|") if "~" in operator else [value]:
        if isinstance(known, frozenset) and each not in known and "$" not in each:
            yield f"{label} of {name} is never {each}"


def test_alerts_and_dashboards_ask_for_what_is_told() -> None:
    assert {name: wrong for name, expr in EXPRESSIONS if (wrong := mistakes(expr))} == {}


@pytest.mark.parametrize(
    "expr",
    [
        "sealgate_no_such_thing > 0",
        'sealgate_ready{parts="signer"} == 0',
        'sealgate_ready{part="singer"} == 0',
        'sealgate_ready{part=~"signer|disc"} == 0',
        'sealgate_requests_total{outcome="no-such-problem"} > 0',
        "sum by (seal) (sealgate_ready)",
        "sealgate_request_seconds > 1",
    ],
)
def test_an_expression_that_asks_for_more_is_found(expr: str) -> None:
    assert mistakes(expr) != []


def test_the_rules_and_the_example_of_scraping_are_taken_by_prometheus() -> None:
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", RULES)
    promtool("check", "config", MONITORING / "prometheus" / "scrape.yml")


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_the_alerts_fire_and_stay_silent_as_their_tests_say(file: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", file)


def test_every_alert_is_tried_where_it_fires_and_where_it_does_not() -> None:
    fires, silent = set(), set()
    for file in TESTS:
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]:
            for each in group["alert_rule_test"]:
                (fires if each["exp_alerts"] else silent).add(each["alertname"])
    assert fires == silent == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_whose_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["labels"]["owner"] in get_args(Owner)
    words = re.findall("[A-Z][a-z]*", name.removeprefix("Sealgate"))
    page = RUNBOOKS / f"{'-'.join(words).lower()}.md"
    assert rule["annotations"]["runbook_url"] == str(page.relative_to(ROOT))
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {name} · ")
    assert f"`{rule['labels']['severity']}`" in text
    assert f"`{rule['labels']['owner']}`" in text


def test_every_page_has_its_alert() -> None:
    pages = {str(page.relative_to(ROOT)) for page in RUNBOOKS.glob("*.md")}
    named = {rule["annotations"]["runbook_url"] for rule in ALERTS.values()}
    assert pages == named | {"docs/operations/runbooks/README.md"}


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("[a-z]*.md")), ids=lambda page: page.stem)
def test_a_page_says_in_both_languages_what_to_look_at_and_what_to_do(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    parts = re.split(r"^## .*$", text, flags=re.MULTILINE)[1:]
    for title, part in zip(SECTIONS, parts, strict=True):
        lines = [line for line in prose(part).splitlines() if line.strip()]
        in_chinese = [bool(re.search("[一-鿿]", line)) for line in lines]
        assert any(in_chinese), f"{title}: not in Chinese"
        assert not all(in_chinese), f"{title}: not in English"
    assert "```sh\n" in parts[SECTIONS.index("Look · 查看")]


def test_the_index_of_pages_names_each() -> None:
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| \[(\w+)\]\(([\w-]+\.md)\) \| `(\w+)` \| `(\w+)` \|", index, re.MULTILINE
    )
    told = {name: (file, severity, owner) for name, file, severity, owner in rows}
    assert told == {
        name: (
            Path(rule["annotations"]["runbook_url"]).name,
            rule["labels"]["severity"],
            rule["labels"]["owner"],
        )
        for name, rule in ALERTS.items()
    }


def test_every_expression_of_the_dashboards_is_taken_by_prometheus(tmp_path: Path) -> None:
    exprs = [expr for file in DASHBOARDS for _, expr in asked(file)]
    rules = [
        {"record": f"dashboard:{number}", "expr": expr.replace("$__rate_interval", "5m")}
        for number, expr in enumerate(exprs)
    ]
    generated = tmp_path / "dashboards.rules.yml"
    generated.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    assert f"{len(exprs)} rules found" in promtool("check", "rules", generated)


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_can_be_imported_as_it_is(file: Path) -> None:
    board = json.loads(file.read_text(encoding="utf-8"))
    everything = board["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    variables = {each["name"] for each in board["templating"]["list"]}
    text = json.dumps(board)
    assert set(re.findall(r"\$\{?([a-z]+)\b", text)) <= variables
    for panel in panels(board):
        # No data source of ours by name: whoever imports it chooses theirs.
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["title"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    cells = [
        (x, y)
        for panel in everything
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells), "two panels lie upon each other"


def test_every_metric_is_on_a_dashboard() -> None:
    shown = {metric_of(series) for _, expr in EXPRESSIONS for series, _ in _SERIES.findall(expr)}
    assert set(inventory()) - shown == set()
