"""What one look at a document gives, and how sightings become findings."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from gateway.documents.inspection.snapshot import Value, is_reference
from policies.model import IntakeFinding

_MOST_TOLD: Final = 3


class Sighting(NamedTuple):
    """One thing that a rule is about, and where: ours to say, never quoted from the document."""

    rule: str
    what: str


def findings_of(sightings: Iterable[Sighting]) -> tuple[IntakeFinding, ...]:
    """One finding a rule, sorted by rule; of many sightings the first few are told."""
    by_rule: dict[str, dict[str, None]] = {}
    for rule, what in sightings:
        by_rule.setdefault(rule, {})[what] = None
    return tuple(
        IntakeFinding(rule=rule, detail=_joined(list(by_rule[rule]))) for rule in sorted(by_rule)
    )


def _joined(told: list[str]) -> str:
    more = len(told) - _MOST_TOLD
    return "; ".join(told[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")


def named(reference: Value) -> str:
    """How a sentence calls an object."""
    if not is_reference(reference):
        return "a direct object"
    number, generation, _ = reference.split()
    return f"object {number}" if generation == "0" else f"object {number} {generation}"
