"""What can be said of a condition by reading it: never true, always true, true whenever another is.

Conditions are taken as their `&&` parts, all of which must be true, and simple comparisons with
numbers as spans. What this says is certain; of most conditions it says nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from policies.conditions.cel import CELConditions
from policies.conditions.expressions import conjuncts
from policies.conditions.variables import named_in
from policies.errors import ConditionError

_INT64: Final = (-(1 << 63), (1 << 63) - 1)
_NAME: Final = r"[a-z]+(?:\.[A-Za-z_][A-Za-z0-9_]*)+"
_COMPARISON: Final = re.compile(rf"({_NAME})\s*(<=|>=|==|<|>)\s*(-?\d{{1,18}})")
_TURNED: Final = re.compile(rf"(-?\d{{1,18}})\s*(<=|>=|==|<|>)\s*({_NAME})")
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers from `least` to `most`, both included."""

    least: int = _INT64[0]
    most: int = _INT64[1]

    def holds(self, other: "Span") -> bool:
        """Whether every number of the other is in it."""
        return self.least <= other.least and other.most <= self.most

    def cut(self, other: "Span") -> "Span":
        """The numbers that are in both."""
        return Span(max(self.least, other.least), min(self.most, other.most))

    @property
    def is_empty(self) -> bool:
        """Whether no number lies in it."""
        return self.least > self.most


def constant(condition: str) -> bool | None:
    """What the condition gives whatever is asked; None where that depends, or it has no answer."""
    if named_in(condition):
        return None
    try:
        return CELConditions([condition]).situation({}).holds(condition)
    except ConditionError:
        return None


@lru_cache(maxsize=4096)
def never(condition: str | None) -> bool:
    """Whether it is certain that the condition is never true."""
    parts, spans = _read(condition)
    return (
        any(constant(part) is False for part in parts)
        or any(f"!({part})" in parts for part in parts)
        or any(span.is_empty for span in spans.values())
    )


@lru_cache(maxsize=4096)
def always(condition: str | None) -> bool:
    """Whether it is certain that the condition is always true; None is."""
    return all(constant(part) is True for part in _parts(condition))


@lru_cache(maxsize=65536)
def implies(condition: str | None, weaker: str | None) -> bool:
    """Whether it is certain that `weaker` is true whenever `condition` is."""
    given, spans = _read(condition)
    return all(
        part in given or _is_within(part, spans) or constant(part) is True
        for part in _read(weaker)[0]
    )


@lru_cache(maxsize=65536)
def _read(condition: str | None) -> tuple[tuple[str, ...], Mapping[str, Span]]:
    """Its parts, and what they say together of numbers."""
    parts = _parts(condition)
    return parts, _spans(parts)


def _parts(condition: str | None) -> tuple[str, ...]:
    return () if condition is None else conjuncts(condition)


def _spans(parts: Iterable[str]) -> Mapping[str, Span]:
    spans: dict[str, Span] = {}
    for name, span in filter(None, map(_comparison, parts)):
        spans[name] = spans.get(name, Span()).cut(span)
    return spans


def _is_within(part: str, spans: Mapping[str, Span]) -> bool:
    compared = _comparison(part)
    return compared is not None and compared[0] in spans and compared[1].holds(spans[compared[0]])


def _comparison(part: str) -> tuple[str, Span] | None:
    if found := _COMPARISON.fullmatch(part):
        return found[1], _span(found[2], int(found[3]))
    if found := _TURNED.fullmatch(part):
        return found[3], _span(_MIRRORED[found[2]], int(found[1]))
    return None


def _span(operator: str, number: int) -> Span:
    match operator:
        case "<":
            return Span(most=number - 1)
        case "<=":
            return Span(most=number)
        case ">":
            return Span(least=number + 1)
        case ">=":
            return Span(least=number)
        case _:
            return Span(number, number)
