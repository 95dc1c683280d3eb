"""Counts are exact whatever happens: midnight, zones, clocks that jump, commits that fail, stops.

The book is compared with the plainest there could be: a list of the moments of all uses.
"""

import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection, RootTransaction

from gateway.store.engines.database import open_writer
from gateway.store.engines.lane import Transaction
from gateway.store.rows.charges import SlotBook
from policies.conditions.windows import Unit, window
from tests.fresh_databases import put_gateway_database

COUNTERS = ("rule:receipts/automatic", "seal:receipt-east")
# Half an hour's offset, three quarters', and summer times that begin and end at different hours.
ZONES = [
    ZoneInfo(name)
    for name in ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu")
]
UNITS: tuple[Unit, ...] = ("hour", "day", "month")
# Minutes before the clocks in Berlin are set back, and hours before a month and a year end.
BEGINNINGS = [
    datetime(2026, 10, 25, 0, 50, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 40, tzinfo=UTC),
    datetime(2026, 12, 31, 15, 58, tzinfo=UTC),
]


class CountedUses(RuleBasedStateMachine):
    """The book's units of work in any order, on a real database."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        file = Path(self.directory.name) / "test.sqlite"
        put_gateway_database(file)
        self.engine = open_writer(file)
        self.book = SlotBook()
        self.now = BEGINNINGS[0]
        self.committed: list[tuple[str, datetime]] = []
        self.pending: list[tuple[str, datetime]] = []
        self._begin()

    def _begin(self) -> None:
        self.connection: Connection = self.engine.connect()
        self.root: RootTransaction = self.connection.begin()
        self.transaction = Transaction(self.connection)
        self.pending = []

    @rule(beginning=st.sampled_from(BEGINNINGS))
    def the_clock_is_set(self, beginning: datetime) -> None:
        self.now = beginning

    @rule(seconds=st.integers(-120, 3 * 3600))
    def time_passes_or_jumps_back(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(counter=st.sampled_from(COUNTERS), times=st.integers(1, 3))
    def use(self, counter: str, times: int) -> None:
        for _ in range(times):
            self.transaction.attempt(self._add(counter))
            self.pending.append((counter, self.now))

    @rule(counter=st.sampled_from(COUNTERS))
    def a_unit_raises_after_its_charge(self, counter: str) -> None:
        def unit(transaction: Transaction) -> None:
            self._add(counter)(transaction)
            raise LookupError

        with suppress(LookupError):
            self.transaction.attempt(unit)

    @rule()
    def commit(self) -> None:
        self.transaction.flush()
        self.root.commit()
        self.transaction.committed()
        self.connection.close()
        self.committed += self.pending
        self._begin()

    @rule()
    def the_commit_fails(self) -> None:
        self.root.rollback()
        self.connection.close()
        self._begin()

    @rule()
    def the_commit_fails_once_all_is_on_the_disk(self) -> None:
        """Nobody hears that it is: it looks like any other failure."""
        self.transaction.flush()
        self.root.commit()
        self.committed += self.pending
        self.connection.close()
        self._begin()

    @precondition(lambda self: not self.pending)
    @rule()
    def the_gateway_starts_anew(self) -> None:
        self.book = SlotBook()

    @rule(
        counter=st.sampled_from(COUNTERS),
        zone=st.sampled_from(ZONES),
        unit=st.sampled_from(UNITS),
        seconds=st.integers(-86_400, 86_400),
    )
    def look(self, counter: str, zone: ZoneInfo, unit: Unit, seconds: int) -> None:
        self._compare(counter, self.now + timedelta(seconds=seconds), zone, unit)

    @invariant()
    def the_present_windows_are_right(self) -> None:
        for counter in COUNTERS:
            for unit in UNITS:
                self._compare(counter, self.now, ZONES[0], unit)

    def _compare(self, counter: str, at: datetime, zone: ZoneInfo, unit: Unit) -> None:
        start, end = window(at, zone, unit)
        counted = self.book.used(self.transaction, counter, starts_at=start, ends_at=end)
        assert counted == sum(
            name == counter and start <= moment.timestamp() < end
            for name, moment in (*self.committed, *self.pending)
        )

    def _add(self, counter: str):  # noqa: ANN202 - a unit of work
        return lambda unit: self.book.add(unit, counter, int(self.now.timestamp()))

    def teardown(self) -> None:
        self.root.rollback()
        self.connection.close()
        self.engine.dispose()
        self.directory.cleanup()


@pytest.mark.timeout(60)
class TestCountedUses(CountedUses.TestCase):  # type: ignore[misc]  # Hypothesis makes it
    """Runs the machine."""

    settings = settings(max_examples=25, stateful_step_count=40)
