"""Wrong ends of a contact or an identity number: for whom they count, and who waits then."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud_bridge.network.persons import tries
from cloud_bridge.network.persons.tries import Waits

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
IN_AN_ENVELOPE = Waits(free=10, first=_DAY, longest=_DAY, lasting=60 * _DAY)
OF_A_SENDER = Waits(free=15, first=_HOUR, longest=_DAY, lasting=60 * _DAY)
OF_AN_ACCOUNT = Waits(free=20, first=_HOUR, longest=_DAY, lasting=60 * _DAY)
"""Wrong ends, by however many links: a sender gets as many links as it asks for.

Who has links of one envelope shuts the account out of that envelope alone, and who has links of one
sender, out of what that sends alone: what comes after the free tries of the narrower counts for the
wider only where that has come to its waits, too. So it takes two senders to have it wait
everywhere. Two envelopes at their end have it wait: otherwise each would give a try a day that
counts for nobody else.

What somebody reaches who never pauses, in a day, a week, a year: by one envelope 10, 16 and 374
wrong ends, by one sender 19, 25 and 383, by any number of senders together 27, 34 and 392 (15 and
the waits of one sender first, 5 of another, then the waits of the account). Of four digits those
are at most 0.27 % in a day and 3.9 % in a year. Of an identity number whose beginning (place and
day of birth) is known some 1,000 ends are left: 2.7 % and 39 %.
"""
_A_VISIT_LASTS = _DAY
"""At the longest: for so long is remembered what its tries counted for."""


@dataclass(frozen=True, slots=True)
class WrongEnds:
    """Those of a visit, within a transaction of the caller.

    Attributes:
        account: whose end is asked for, and which.
        envelope: for which.
        sender: who sent that.
        visit: by whom; never told, as only its hash is kept.
    """

    account: str
    envelope: str
    sender: str
    visit: str

    @property
    def counts(self) -> tuple[tuple[str, Waits], ...]:
        """For whom a wrong end counts, from the narrowest to the widest."""
        return (
            (f"{self.account}:in:{self.envelope}", IN_AN_ENVELOPE),
            (f"{self.account}:by:{self.sender}", OF_A_SENDER),
            (f"{self.account}:all", OF_AN_ACCOUNT),
        )

    def wait(self, connection: Connection, *, now: datetime) -> timedelta:
        """How long nothing is right yet; not above 0: it may be."""
        return max(tries.wait(connection, of, waits, now=now) for of, waits in self.counts)

    def count(self, connection: Connection, *, now: datetime) -> None:
        """Count one more, of whoever does not wait: see `OF_AN_ACCOUNT`."""
        is_free = True
        for of, waits in self.counts:
            wrong = tries.wrong(connection, of, now=now)
            if is_free or wrong >= waits.free:
                tries.count(connection, of, now=now, lasting=waits.lasting)
                tries.count(connection, self._mine(of), now=now, lasting=_A_VISIT_LASTS)
            else:
                # Who goes on in the narrower would else have the wider forget, and begin anew. Here
                # nobody waits for it, so that no wait begins with it.
                tries.keep(connection, of, now=now, lasting=waits.lasting)
            is_free = is_free and wrong < waits.free

    def take_back(self, connection: Connection, *, now: datetime) -> None:
        """Whoever is at this visit was right: count what it tried before for nobody, once."""
        for of, _ in self.counts:
            mine = self._mine(of)
            tries.take_back(connection, of, tries.wrong(connection, mine, now=now))
            tries.forgive(connection, mine)

    def _mine(self, of: str) -> str:
        """What this visit has counted there."""
        return f"{of}:at:{self.visit}"
