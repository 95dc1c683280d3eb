"""Forbids for everybody, joined by `||`, so that one question spares a dozen.

Nearly always none of them applies, and then the joined condition is false: false is what CEL's `||`
gives only if every part is false (CEL language definition, logical operators). Where it is true or
has no answer, its parts are asked, and at last each rule by itself; those answers decide.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from policies.deciding.named_rules import NamedRule
from policies.objects.rules import ForbidRule, PermitRule

_JOINED: Final = 16
"""Rules in one program: more cost more to compile and to ask again than they spare."""
_IN_A_PART: Final = 4
"""Rules in one part of it: so a forbid among sixteen that applies is found by eight questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbidProgram:
    """Some forbids and the condition that is false only if all of theirs are.

    Attributes:
        text: the joined condition.
        rules: which it joins.
        names: the variables that it speaks of.
        counters: those of them that count uses, in the calendar of `zone`.
        zone: of all of the rules, if any of them counts.
        parts: the same rules in smaller programs; none where they are few.
    """

    text: str
    rules: tuple[NamedRule[ForbidRule], ...]
    names: frozenset[str]
    counters: frozenset[str]
    zone: ZoneInfo
    parts: tuple["ForbidProgram", ...] = ()

    @property
    def texts(self) -> Iterator[str]:
        """Its joined condition, and those of its parts."""
        yield self.text
        yield from (part.text for part in self.parts)


Named = NamedRule[PermitRule] | NamedRule[ForbidRule]
Asking = Named | ForbidProgram
"""What has a condition that is asked."""


def programs_of(forbids: Iterable[NamedRule[ForbidRule]]) -> tuple[ForbidProgram, ...]:
    """Join what has a condition; forbids that count in different calendars stay apart."""
    by_calendar: dict[str, list[NamedRule[ForbidRule]]] = {}
    for named in forbids:
        calendar = named.zone.key if named.counters else ""
        by_calendar.setdefault(calendar, []).append(named)
    return tuple(
        _program(rules) for each in by_calendar.values() for rules in _portions(each, _JOINED)
    )


def _portions(
    rules: list[NamedRule[ForbidRule]], size: int
) -> Iterator[list[NamedRule[ForbidRule]]]:
    for start in range(0, len(rules), size):
        yield rules[start : start + size]


def _program(rules: list[NamedRule[ForbidRule]]) -> ForbidProgram:
    # A line of its own for each bracket: a condition may end with a comment.
    texts = [named.rule.when or "true" for named in rules]
    return ForbidProgram(
        text=texts[0] if len(texts) == 1 else " || ".join(f"({text}\n)" for text in texts),
        rules=tuple(rules),
        names=frozenset().union(*(named.names for named in rules)),
        counters=frozenset().union(*(named.counters for named in rules)),
        zone=rules[0].zone,
        parts=tuple(map(_program, _portions(rules, _IN_A_PART))) if len(rules) > _IN_A_PART else (),
    )
