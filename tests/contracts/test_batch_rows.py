"""What the rows of batches promise, on SQLite and on a real PostgreSQL server."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from gateway.batches.inputs import SHELF
from gateway.batches.sweeping import sweep_inputs
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.files.content import Content, ContentStore, Location
from gateway.store.rows.batch_items import (
    ItemReader,
    ItemRow,
    await_failed,
    cancel_waiting,
    fail_item,
    fail_waiting,
    input_ends,
    put_item,
    seal_item,
)
from gateway.store.rows.batches import (
    BatchReader,
    BatchRow,
    batch_of_key,
    change_batch,
    put_batch,
    put_receipt,
)
from tests.signing_house import START, FakeClock

_BATCH = BatchRow(
    id="0190-a",
    system="运输管理",
    company="east",
    idempotency_key="key",
    request_digest=b"d" * 32,
    source="",
    state="open",
    options=b"{}",
    trace_id="0" * 32,
    items=4,
    created_at=START,
)


@pytest.fixture
def batches(readers: Engine) -> Iterator[BatchReader]:
    made = BatchReader(readers)
    yield made
    made.close()


@pytest.fixture
def items(readers: Engine) -> Iterator[ItemReader]:
    made = ItemReader(readers)
    yield made
    made.close()


async def _four(lane: WriterLane) -> None:
    """A batch of four items whose inputs lie in one entry of the shelf."""
    entry = Content("entry", START, (b"1111", b"2222", b"3333", b"4444"), SHELF)

    def unit(transaction: Transaction, location: Location) -> None:
        put_batch(transaction, _BATCH)
        for number in range(1, 5):
            put_item(
                transaction,
                ItemRow(
                    batch=_BATCH.id,
                    number=number,
                    name=f"回单-{number}.pdf",
                    state="waiting",
                    key=f"item-{number}",
                    input_digest=b"i" * 32,
                    input_bytes=4,
                    segment=location.segment,
                    segment_offset=location.offset + 4 * (number - 1),
                    request=b"{}",
                ),
            )

    await lane.write_with(entry, unit)


async def test_a_batch_is_read_as_it_was_written(lane: WriterLane, batches: BatchReader) -> None:
    await lane.write(lambda unit: put_batch(unit, _BATCH))
    assert await batches.by_id(_BATCH.id) == _BATCH
    assert await batches.of_system("运输管理", before="g", most=1) == (_BATCH,)
    assert await batches.under_way() == (_BATCH,)
    found = await lane.write(
        lambda unit: batch_of_key(unit.connection, system="运输管理", key="key")
    )
    assert found == _BATCH


async def test_results_of_many_items_are_written_at_once(
    lane: WriterLane, items: ItemReader
) -> None:
    await _four(lane)

    def unit(transaction: Transaction) -> None:
        for number in (1, 3):
            seal_item(
                transaction,
                _BATCH.id,
                number,
                state="sealed" if number == 1 else "repeated",
                document=f"document-{number}",
                output_digest=b"o" * 32,
                at=START,
            )
        fail_item(transaction, _BATCH.id, 2, problem=b'{"type":"x"}', at=START)

    await lane.write(unit)
    first, second, third, fourth = await items.page(_BATCH.id, after=0, most=10)
    assert (first.state, first.document, first.segment) == ("sealed", "document-1", None)
    assert (second.state, second.problem, second.finished_at) == ("failed", b'{"type":"x"}', START)
    assert second.location is not None, "for a retry"
    assert (third.state, fourth.state) == ("repeated", "waiting")
    assert await items.any_waits(_BATCH.id)
    assert items.counts(_BATCH.id) == {"sealed": 1, "failed": 1, "repeated": 1, "waiting": 1}
    assert await items.page(_BATCH.id, after=0, most=10, state="failed") == (second,)
    assert await items.ended(_BATCH.id, after=0, among=10) == (1, 2, 3)
    assert await items.ended(_BATCH.id, after=1, among=1) == (2,)
    assert [index for _, index in items.with_outcomes(_BATCH.id)] == [None] * 4


async def test_what_failed_may_wait_again_unless_all_were_refused_together(
    lane: WriterLane, items: ItemReader
) -> None:
    await _four(lane)
    await lane.write(lambda unit: fail_item(unit, _BATCH.id, 1, problem=b"{}", at=START))
    assert await lane.write(lambda unit: await_failed(unit, _BATCH.id)) == 1
    await lane.write(lambda unit: fail_waiting(unit, _BATCH.id, problem=b"{}", at=START))
    assert await lane.write(lambda unit: await_failed(unit, _BATCH.id)) == 0
    assert items.counts(_BATCH.id) == {"failed": 4}


async def test_cancelling_leaves_nothing_waiting_that_nobody_has_in_hand(
    lane: WriterLane, items: ItemReader
) -> None:
    await _four(lane)
    await lane.write(lambda unit: cancel_waiting(unit, _BATCH.id, at=START))
    assert items.counts(_BATCH.id) == {"cancelled": 4}


async def test_a_receipt_is_wanted_until_it_is_kept(lane: WriterLane, batches: BatchReader) -> None:
    await lane.write(lambda unit: put_batch(unit, _BATCH))
    assert await batches.without_receipt(most=9) == ()
    await lane.write(
        lambda unit: change_batch(unit, _BATCH.id, state="finished", finished_at=START)
    )
    assert await batches.without_receipt(most=9) == (_BATCH.id,)
    await lane.write(lambda unit: put_receipt(unit, _BATCH.id, b"0cms"))
    assert await batches.without_receipt(most=9) == ()
    assert await batches.receipt(_BATCH.id) == b"0cms"


async def test_inputs_are_deleted_once_nobody_wants_any_of_their_segment(
    lane: WriterLane, content: ContentStore
) -> None:
    await _four(lane)
    content.close()  # another segment begins with the next document
    clock = FakeClock(START + timedelta(days=3))

    async def swept() -> int:
        return await sweep_inputs(lane, content, clock=clock, kept_for=timedelta(days=7))

    ((segment, end),) = (await lane.write(lambda unit: input_ends(unit.connection))).items()
    assert end > 4 * 4
    assert await content.get(Location(segment, end - 4), 4) == b"4444"
    await lane.write(lambda unit: fail_item(unit, _BATCH.id, 1, problem=b"{}", at=START))
    await lane.write(lambda unit: cancel_waiting(unit, _BATCH.id, at=START))
    assert await swept() == 0, "one has failed, and may be tried again"
    clock.move(timedelta(days=7))
    assert await swept() == 1
    assert content.closed_segments(SHELF) == ()


async def test_what_broke_off_and_never_came_again_is_forgotten(
    lane: WriterLane, content: ContentStore, batches: BatchReader
) -> None:
    await _four(lane)
    await lane.write(lambda unit: change_batch(unit, _BATCH.id, state="receiving"))
    clock = FakeClock(START + timedelta(hours=2))
    kept_for = timedelta(days=7)
    await sweep_inputs(lane, content, clock=clock, kept_for=kept_for)
    assert await batches.by_id(_BATCH.id) is not None
    clock.move(timedelta(days=1))
    await sweep_inputs(lane, content, clock=clock, kept_for=kept_for)
    assert await batches.by_id(_BATCH.id) is None
