"""The inventory of metrics as docs/operations/metrics.md has it, and what a server exposes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

PAGE = Path(__file__).parents[1] / "docs" / "operations" / "metrics.md"
_OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


@dataclass(frozen=True)
class Metric:
    """A metric: what it is, its labels, and what each of them can say.

    `values`: those in code, or words for what bounds them.
    """

    type: str
    labels: frozenset[str]
    values: dict[str, frozenset[str] | str] = field(default_factory=dict)


def rows(page: Path) -> Iterator[list[str]]:
    """The cells of the rows that begin with a metric's name."""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `sealgate_"):
            yield [cell.strip() for cell in line.split("|")[1:-1]]


def _in_code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@cache
def inventory() -> dict[str, Metric]:
    """Every metric that is listed, by its name as Prometheus has it."""
    found: dict[str, Metric] = {}
    for first, second, *others in rows(PAGE):
        (name,) = _in_code(first)
        if second in {"counter", "gauge", "histogram"}:
            assert name not in found, f"{name} is listed twice"
            found[name] = Metric(second, frozenset(_in_code(others[0])))
            continue
        (label,) = _in_code(second)
        assert label not in found[name].values, f"{label} of {name} is listed twice"
        found[name].values[label] = frozenset(_in_code(others[0])) or others[0]
    return found


def of(server: str) -> dict[str, Metric]:
    """Those of the `gateway`, or of the `network`."""
    is_network = server == "network"
    return {
        name: metric
        for name, metric in inventory().items()
        if name.startswith("sealgate_network_") == is_network
    }


def metric_of(series: str) -> str | None:
    """The metric that a series' name belongs to; None: it is not listed."""
    listed = inventory()
    if series in listed and listed[series].type != "histogram":
        return series
    for end in _OF_A_HISTOGRAM:
        name = series.removesuffix(end)
        if name != series and name in listed and listed[name].type == "histogram":
            return name
    return None


def exposed_types(text: str) -> dict[str, str]:
    """What a server exposes: names as in the inventory, and types."""
    families = text_string_to_metric_families(text)
    return {
        each.name + ("_total" if each.type == "counter" else ""): each.type for each in families
    }


def exposed_series(text: str) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Every series, buckets of histograms counted once: metric, and labels with their values."""
    found = set()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = metric_of(sample.name)
            assert name is not None, sample.name
            labels = {key: value for key, value in sample.labels.items() if key != "le"}
            found.add((name, frozenset(labels.items())))
    return found


def labels_in(registry: CollectorRegistry) -> dict[str, frozenset[str]]:
    """The labels of every metric, also of those that nothing was counted in yet."""
    found = {}
    for collector in set(registry._names_to_collectors.values()):  # type: ignore[attr-defined]
        (family,) = collector.describe()
        name = family.name + ("_total" if family.type == "counter" else "")
        found[name] = frozenset(collector._labelnames)
    return found
