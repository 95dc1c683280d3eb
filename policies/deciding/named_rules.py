"""Rules as decisions speak of them."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from policies.objects.rules import ForbidRule, PermitRule

RuleT_co = TypeVar("RuleT_co", PermitRule, ForbidRule, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule(Generic[RuleT_co]):
    """A rule and the name that decisions give it: `policy/rule-id`.

    Attributes:
        names: the variables that its condition speaks of.
        counters: those of them that count uses, in the calendar of `zone`.
    """

    name: str
    rule: RuleT_co
    zone: ZoneInfo
    names: frozenset[str]
    counters: frozenset[str]
