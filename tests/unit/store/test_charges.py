"""Uses are counted in slots, whatever window is asked for."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.store.engines.database import open_writer
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.errors import StoreProblem
from gateway.store.files.content import ContentStore
from gateway.store.rows.charges import SlotBook
from policies.conditions.windows import SLOT_SECONDS
from tests.fresh_databases import put_gateway_database
from tests.signing_house import START, FakeClock

NOON = int(START.timestamp())
HOUR = 3600


@pytest.fixture
async def lane(tmp_path: Path) -> AsyncIterator[WriterLane]:
    put_gateway_database(tmp_path / "test.sqlite")
    engine = open_writer(tmp_path / "test.sqlite")
    async with WriterLane(engine, ContentStore(tmp_path / "documents", clock=FakeClock())) as made:
        yield made
    engine.dispose()


@pytest.fixture
def book() -> SlotBook:
    return SlotBook()


def used(
    book: SlotBook, starts_at: int = NOON, ends_at: int = NOON + HOUR
) -> Callable[[Transaction], int]:
    return lambda unit: book.used(unit, "rule:p/r", starts_at=starts_at, ends_at=ends_at)


def charge(book: SlotBook, *moments: int) -> Callable[[Transaction], None]:
    def unit(transaction: Transaction) -> None:
        for at in moments:
            book.add(transaction, "rule:p/r", at)

    return unit


async def test_a_window_is_the_sum_of_its_slots(lane: WriterLane, book: SlotBook) -> None:
    edges = (NOON - 1, NOON, NOON + SLOT_SECONDS, NOON + HOUR - 1, NOON + HOUR)
    await lane.write(charge(book, *edges))
    await lane.write(lambda unit: book.add(unit, "rule:p/other", NOON))
    for each in (book, SlotBook()):  # by what it remembers, and by what is on the disk
        assert await lane.write(used(each)) == 3
        assert await lane.write(used(each, NOON - SLOT_SECONDS, NOON + 2 * HOUR)) == 5
        assert await lane.write(used(each, NOON, NOON + SLOT_SECONDS)) == 1


async def test_what_a_transaction_has_charged_counts_in_it_at_once(
    lane: WriterLane, book: SlotBook
) -> None:
    def unit(transaction: Transaction) -> list[int]:
        seen = []
        for _ in range(3):
            seen.append(used(book)(transaction))
            charge(book, NOON)(transaction)
        return seen

    assert await lane.write(unit) == [0, 1, 2]
    assert await lane.write(unit) == [3, 4, 5]


async def test_a_unit_that_raises_has_charged_nothing(lane: WriterLane, book: SlotBook) -> None:
    def refused(transaction: Transaction) -> None:
        charge(book, NOON)(transaction)
        raise LookupError

    def both(transaction: Transaction) -> int:
        charge(book, NOON)(transaction)
        with pytest.raises(LookupError):
            transaction.attempt(refused)
        return used(book)(transaction)

    assert await lane.write(both) == 1
    assert await lane.write(used(book)) == 1


async def test_a_commit_that_fails_has_charged_nothing(lane: WriterLane, book: SlotBook) -> None:
    await lane.write(charge(book, NOON))
    assert await lane.write(used(book)) == 1

    def broken(transaction: Transaction) -> None:
        charge(book, NOON)(transaction)
        transaction.connection.exec_driver_sql("SELECT * FROM no_such_table")

    with pytest.raises(StoreProblem):
        await lane.write(broken)
    assert await lane.write(used(book)) == 1


async def test_windows_that_are_over_do_not_pile_up(lane: WriterLane, book: SlotBook) -> None:
    for hour in range(100):
        start = NOON + hour * HOUR
        await lane.write(charge(book, start))
        assert await lane.write(used(book, start, start + HOUR)) == 1
    assert sum(map(len, book._sums.values())) <= 16
