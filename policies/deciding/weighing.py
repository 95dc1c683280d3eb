"""All rules that cover one request, weighed against it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from policies.deciding.named_rules import NamedRule
from policies.deciding.programs import ForbidProgram, Named
from policies.deciding.rules import Concerning, Covering, RuleAnswer, asked, weigh
from policies.deciding.situations import Situations
from policies.deciding.telling import Finding, Teller
from policies.errors import ConditionError
from policies.interfaces import Situation
from policies.model import Caller
from policies.objects.rules import ForbidRule, PermitRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What decides, and no more.

    Attributes:
        against: what denies whatever is permitted: forbids that apply, and rules whose condition
            has no answer.
        permitting: the permits that apply, in order of policy name and rule id.
    """

    against: tuple[tuple[Named, RuleAnswer], ...]
    permitting: tuple[NamedRule[PermitRule], ...]


def judge(concerning: Concerning, situations: Situations) -> Judgement:
    """Ask every rule that concerns the caller; none is left out, so their order cannot matter."""
    forbids = [(named, asked(named.rule, situations.of(named))) for named in concerning.forbids]
    for program in concerning.programs:
        situation = situations.of(program)
        forbids += [
            (named, asked(named.rule, situation)) for named in _in_question(program, situation)
        ]
    permits = [(named, asked(named.rule, situations.of(named))) for named in concerning.permits]
    return Judgement(
        against=(*_against(forbids), *_erring(permits)),
        permitting=tuple(named for named, answer in permits if answer.outcome == "applies"),
    )


def _in_question(program: ForbidProgram, situation: Situation) -> Iterable[NamedRule[ForbidRule]]:
    """The rules of a program that may apply: all but those that are false together."""
    try:
        if not situation.holds(program.text):
            return ()
    except ConditionError:
        pass  # one of them has no answer; each is asked by itself
    if not program.parts:
        return program.rules
    return chain.from_iterable(_in_question(part, situation) for part in program.parts)


def _against(
    forbids: list[tuple[NamedRule[ForbidRule], RuleAnswer]],
) -> Iterator[tuple[Named, RuleAnswer]]:
    for named, answer in sorted(forbids, key=lambda weighed: weighed[0].name):
        if answer.outcome in {"applies", "error"}:
            yield named, answer


def _erring(
    permits: list[tuple[NamedRule[PermitRule], RuleAnswer]],
) -> Iterator[tuple[Named, RuleAnswer]]:
    for named, answer in permits:
        if answer.outcome == "error":
            yield named, answer


class Weighing:
    """The answer of every covering rule, for whoever wants to know why and why not."""

    def __init__(self, covering: Covering, caller: Caller, situations: Situations) -> None:
        self._teller = Teller(caller=caller, situations=situations)
        self._permits = [
            (named, weigh(named.rule, caller, situations.of(named))) for named in covering.permits
        ]
        self._forbids = [
            (named, weigh(named.rule, caller, situations.of(named))) for named in covering.forbids
        ]

    def nearest_first(self) -> tuple[Finding, ...]:
        """The permits, those with the least to change first."""
        ordered = sorted(self._permits, key=lambda weighed: self._teller.distance(*weighed))
        return tuple(self._teller.finding(named, answer) for named, answer in ordered)

    def findings(self) -> tuple[Finding, ...]:
        """Every rule's: forbids, then permits, each in order of policy name and rule id."""
        return (
            *(self._teller.finding(named, answer) for named, answer in self._forbids),
            *(self._teller.finding(named, answer) for named, answer in self._permits),
        )
