"""The trial's policies without the rule for which each contract is read."""

from pathlib import Path
from typing import Any

import yaml

from bench.errors import BenchError
from examples.envelopes.companies import Company

_READS = "doc.text"
_NO_BREAKS = 10_000


def read_nothing(company: Company) -> None:
    """Have its first bundle signed without them. Before its gateway starts for the first time.

    Raises:
        BenchError: there were none, so that nothing was measured by it.
    """
    drop_rules_that_read(company.trial.policies / "contracts.yaml")
    for bundle in company.trial.signed.bundles.iterdir():
        bundle.unlink()
    company.set_up()


def drop_rules_that_read(file: Path) -> None:
    """Take them out of a file of policies, and the tests that speak of them.

    Raises:
        BenchError: there were none.
    """
    documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    dropped = [rule for each in documents for rule in _dropped(each)]
    if not dropped:
        raise BenchError(f"{file} has no rule that reads {_READS}")
    written = yaml.safe_dump_all(documents, allow_unicode=True, width=_NO_BREAKS)
    file.write_text(written, encoding="utf-8")


def _dropped(document: dict[str, Any]) -> list[str]:
    """Drop them from one object; gives their ids."""
    spec = document["spec"]
    rules = spec.get("forbid", [])
    dropped = [rule["id"] for rule in rules if _READS in rule["when"]]
    if dropped:
        kept = [rule for rule in rules if rule["id"] not in dropped]
        spec.update(forbid=kept) if kept else spec.pop("forbid")
        document["tests"] = [test for test in document["tests"] if test.get("rule") not in dropped]
    return dropped
