"""Uses are counted in slots, whatever window is asked for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.charges import add_charge, charges_used
from gateway.store.content import ContentStore
from gateway.store.database import open_writer
from gateway.store.lane import Transaction, WriterLane
from gateway.store.migrating import migrate
from policies.windows import SLOT_SECONDS
from tests.signing_house import START, FakeClock

NOON = int(START.timestamp())
HOUR = 3600


@pytest.fixture
async def lane(tmp_path: Path) -> AsyncIterator[WriterLane]:
    engine = open_writer(tmp_path / "test.sqlite")
    migrate(engine)
    async with WriterLane(engine, ContentStore(tmp_path / "documents", clock=FakeClock())) as made:
        yield made
    engine.dispose()


def used(unit: Transaction, starts_at: int = NOON, ends_at: int = NOON + HOUR) -> int:
    return charges_used(unit, "rule:p/r", starts_at=starts_at, ends_at=ends_at)


def charge(unit: Transaction, *moments: int) -> None:
    for at in moments:
        add_charge(unit, "rule:p/r", at)


async def test_a_window_is_the_sum_of_its_slots(lane: WriterLane) -> None:
    edges = (NOON - 1, NOON, NOON + SLOT_SECONDS, NOON + HOUR - 1, NOON + HOUR)
    await lane.write(lambda unit: charge(unit, *edges))
    await lane.write(lambda unit: add_charge(unit, "rule:p/other", NOON))
    assert await lane.write(used) == 3
    assert await lane.write(lambda unit: used(unit, NOON - SLOT_SECONDS, NOON + 2 * HOUR)) == 5
    assert await lane.write(lambda unit: used(unit, NOON, NOON + SLOT_SECONDS)) == 1


async def test_what_a_transaction_has_charged_counts_in_it_at_once(lane: WriterLane) -> None:
    def unit(transaction: Transaction) -> list[int]:
        seen = []
        for _ in range(3):
            seen.append(used(transaction))
            charge(transaction, NOON)
        return seen

    assert await lane.write(unit) == [0, 1, 2]
    assert await lane.write(unit) == [3, 4, 5]


async def test_a_unit_that_raises_has_charged_nothing(lane: WriterLane) -> None:
    def refused(transaction: Transaction) -> None:
        charge(transaction, NOON)
        raise LookupError

    def both(transaction: Transaction) -> int:
        charge(transaction, NOON)
        with pytest.raises(LookupError):
            transaction.attempt(refused)
        return used(transaction)

    assert await lane.write(both) == 1
    assert await lane.write(used) == 1
