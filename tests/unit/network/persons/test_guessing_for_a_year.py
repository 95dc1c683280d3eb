"""How many ends somebody reaches who does nothing else for a year, and knows how they are counted.

Held against the real counting, by a clock of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Connection, create_engine

from cloud_bridge.network.persons import tries
from cloud_bridge.network.persons.wrong_ends import (
    IN_AN_ENVELOPE,
    OF_A_SENDER,
    OF_AN_ACCOUNT,
    WrongEnds,
)
from cloud_bridge.network.store.schema import delivery_try

START = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK, YEAR = timedelta(days=7), timedelta(days=365)
NO_CAP = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a guesser forgoes, so that what it does counts for fewer.

    Attributes:
        senders: whose links it has.
        envelopes: of each sender.
        turn: from when on it has any number count.
        of_account: before that, it lets no more than so many wrong ends of the account count.
        of_sender: nor of a sender.
        pauses: after a day of tries it does nothing until all are forgotten.
    """

    senders: int
    envelopes: int = NO_CAP
    turn: timedelta = timedelta()
    of_account: int = NO_CAP
    of_sender: int = NO_CAP
    pauses: bool = False


class Guesser:
    """Takes each try at the moment at which it may, those that count for fewer first."""

    def __init__(self, connection: Connection, plan: Plan) -> None:
        self._connection = connection
        self._plan = plan
        self._now = START
        self._opened = [1] * plan.senders
        self._due: dict[tuple[int, int], datetime] = {}
        self._known: dict[str, int] = {}
        self._visits = count()

    def year(self) -> list[datetime]:
        """When it tries, in the order."""
        tried: list[datetime] = []
        begun = START
        while self._now < START + YEAR:
            if self._plan.pauses and self._now >= begun + DAY:
                begun = self._now = tried[-1] + OF_AN_ACCOUNT.lasting
            while self._tries_any():
                tried.append(self._now)
            self._now = self._next()
            self._known.clear()
        return tried

    def _next(self) -> datetime:
        """When something may have changed: a wait is over, or something was forgotten."""
        later = [self._now + DAY, START + self._plan.turn, *self._due.values()]
        return min(at for at in later if at > self._now)

    def _tries_any(self) -> bool:
        return any(
            self._tries(sender, envelope)
            for sender in range(self._plan.senders)
            for envelope in self._useful(sender)
        )

    def _useful(self, sender: int) -> Iterator[int]:
        """Envelopes at their end, each has a try a day; and one that is not, opened if need be."""
        newest = self._opened[sender] - 1
        in_it, of_sender, of_account = self._levels(sender, newest)
        if in_it >= IN_AN_ENVELOPE.free and self._opened[sender] < self._plan.envelopes:
            newest = self._opened[sender]
            self._opened[sender] += 1
        if of_sender < OF_A_SENDER.free and of_account < OF_AN_ACCOUNT.free:
            yield from range(newest)  # where all wait, one is as good as another
        yield newest

    def _tries(self, sender: int, envelope: int) -> bool:
        if self._due.get((sender, envelope), START) > self._now:
            return False
        if self._forgoes(*self._levels(sender, envelope)):
            return False
        ends = self._ends(sender, envelope)
        wait = ends.wait(self._connection, now=self._now)
        if wait > timedelta():
            self._due[sender, envelope] = self._now + wait
            return False
        ends.count(self._connection, now=self._now)
        self._known.clear()
        return True

    def _forgoes(self, in_it: int, of_sender: int, of_account: int) -> bool:
        if self._now >= START + self._plan.turn:
            return False
        counts_for_sender = in_it < IN_AN_ENVELOPE.free or of_sender >= OF_A_SENDER.free
        counts_for_account = of_account >= OF_AN_ACCOUNT.free or (
            in_it < IN_AN_ENVELOPE.free and of_sender < OF_A_SENDER.free
        )
        return (counts_for_sender and of_sender >= self._plan.of_sender) or (
            counts_for_account and of_account >= self._plan.of_account
        )

    def _levels(self, sender: int, envelope: int) -> tuple[int, int, int]:
        in_it, of_sender, of_account = (
            self._level(of) for of, _ in self._ends(sender, envelope).counts
        )
        return in_it, of_sender, of_account

    def _level(self, of: str) -> int:
        """Asked once a moment: of most things nothing has changed."""
        if of not in self._known:
            self._known[of] = tries.wrong(self._connection, of, now=self._now)
        return self._known[of]

    def _ends(self, sender: int, envelope: int) -> WrongEnds:
        return WrongEnds(
            account="contact-tail:somebody",
            envelope=f"{sender}.{envelope}",
            sender=f"{sender}",
            visit=f"{next(self._visits)}",
        )


@contextmanager
def counting() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            delivery_try.create(connection)
            yield connection
    finally:
        engine.dispose()


def most_within(length: timedelta, tried: list[datetime]) -> int:
    first = most = 0
    for last, at in enumerate(tried):
        while tried[first] <= at - length:
            first += 1
        most = max(most, last - first + 1)
    return most


def reached(plan: Plan) -> tuple[int, int, int]:
    """The most in a day, a week, a year."""
    with counting() as connection:
        tried = Guesser(connection, plan).year()
    return most_within(DAY, tried), most_within(WEEK, tried), most_within(YEAR, tried)


ONE_ENVELOPE = [Plan(senders=1, envelopes=1), Plan(senders=1, envelopes=1, pauses=True)]
ONE_SENDER = [
    Plan(senders=1),
    Plan(senders=1, pauses=True),
    Plan(senders=1, turn=YEAR, of_sender=10),
    Plan(senders=1, turn=YEAR, of_sender=14),
    Plan(senders=1, turn=YEAR - 16 * HOUR, of_sender=14),
]
ALL_SENDERS = [
    Plan(senders=3),
    Plan(senders=3, pauses=True),
    Plan(senders=3, turn=15 * HOUR, of_account=19),
    Plan(senders=3, turn=YEAR - 16 * HOUR, of_account=19),
    Plan(senders=3, turn=YEAR, of_account=29, of_sender=10),
    Plan(senders=3, turn=YEAR, of_account=19, of_sender=10),
    Plan(senders=3, turn=YEAR / 2, of_account=19, of_sender=9),
]


@pytest.mark.parametrize(
    ("plans", "documented"),
    [
        (ONE_ENVELOPE, (10, 16, 374)),
        (ONE_SENDER, (19, 25, 383)),
        (ALL_SENDERS, (27, 34, 392)),
    ],
    ids=["an envelope", "a sender", "all senders"],
)
def test_no_plan_reaches_more_in_a_day_a_week_and_a_year_and_one_reaches_as_many(
    plans: list[Plan], documented: tuple[int, int, int]
) -> None:
    found = [reached(plan) for plan in plans]
    most = tuple(max(each) for each in zip(*found, strict=True))
    assert most == documented, dict(zip(plans, found, strict=True))
