"""All rules that cover one request, weighed against it."""

from policies.bundle import ForbidRule, PermitRule
from policies.interfaces import Situation
from policies.model import Caller
from policies.rules import Covering, NamedRule, Verdict, weigh
from policies.telling import Finding, Teller


class Weighing:
    """The verdict of every covering rule; none is left out, so their order cannot matter."""

    def __init__(
        self, covering: Covering, caller: Caller, situation: Situation, teller: Teller
    ) -> None:
        self._teller = teller
        self.permits: list[tuple[NamedRule[PermitRule], Verdict]] = [
            (named, weigh(named.rule, caller, situation)) for named in covering.permits
        ]
        self.forbids: list[tuple[NamedRule[ForbidRule], Verdict]] = [
            (named, weigh(named.rule, caller, situation)) for named in covering.forbids
        ]

    @property
    def against(self) -> tuple[Finding, ...]:
        """What denies whatever is permitted: forbids that apply, and conditions without answer."""
        return (
            *(
                self._teller.finding(named, verdict)
                for named, verdict in self.forbids
                if verdict.outcome in {"applies", "error"}
            ),
            *(
                self._teller.finding(named, verdict)
                for named, verdict in self.permits
                if verdict.outcome == "error"
            ),
        )

    @property
    def permitting(self) -> tuple[NamedRule[PermitRule], ...]:
        """The permits that apply, in order of policy name and rule id."""
        return tuple(named for named, verdict in self.permits if verdict.outcome == "applies")

    def nearest_first(self) -> tuple[Finding, ...]:
        """The permits, those with the least to change first."""
        ordered = sorted(self.permits, key=lambda weighed: self._teller.distance(*weighed))
        return tuple(self._teller.finding(named, verdict) for named, verdict in ordered)

    def findings(self) -> tuple[Finding, ...]:
        """Every rule's: forbids, then permits, each in order of policy name and rule id."""
        return (
            *(self._teller.finding(named, verdict) for named, verdict in self.forbids),
            *(self._teller.finding(named, verdict) for named, verdict in self.permits),
        )
