"""One request and document before the conditions of all policies.

Counters are read in the calendar of the policy that names them, so there is one situation for each
calendar in which something is counted, and one for all that does not count.
"""

from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

from policies.conditions.counters import in_zone, not_counted
from policies.conditions.variables import COUNTERS, Subject, values
from policies.deciding.programs import Asking
from policies.interfaces import Conditions, Situation

_UNCOUNTED: Final = ""


class Situations:
    """Made when they are first asked for."""

    __slots__ = ("_conditions", "_found", "_names", "_subject")

    def __init__(self, conditions: Conditions, subject: Subject, names: Iterable[str]) -> None:
        """Bind what is asked about.

        Args:
            conditions: compiled.
            subject: what they are about.
            names: the variables that they speak of.
        """
        self._conditions = conditions
        self._subject = subject
        self._names = frozenset(names)
        self._found: dict[str, tuple[Situation, dict[str, object]]] = {}

    def of(self, asking: Asking) -> Situation:
        """The situation in which a rule is asked."""
        found = self._found.get(asking.zone.key if asking.counters else _UNCOUNTED)
        return self._bound(asking)[0] if found is None else found[0]

    def variables(self, asking: Asking) -> dict[str, object]:
        """What the rule sees."""
        return self._bound(asking)[1]

    def _bound(self, asking: Asking) -> tuple[Situation, dict[str, object]]:
        calendar = asking.zone.key if asking.counters else _UNCOUNTED
        found = self._found.get(calendar)
        if found is None:
            seen = values(self._names - COUNTERS.keys(), self._subject)
            if asking.counters:
                seen |= self._counts(asking.zone)
            found = self._found[calendar] = self._conditions.situation(seen), seen
        return found

    def _counts(self, zone: ZoneInfo) -> dict[str, object]:
        names = self._names & COUNTERS.keys()
        used = self._subject.known.used
        counted = {name: used.get(in_zone(name, zone)) for name in names}
        known = {name: count for name, count in counted.items() if count is not None}
        absent = not_counted(names, seal=self._subject.seal, request=self._subject.request)
        return {**known, **absent}
