"""What comes together is taken in whole, sealed one by one, and each has a result."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.batches.errors import BatchEmptyProblem, BatchStateProblem, BatchUnknownProblem
from gateway.batches.model import NewItem, RefusedItem
from gateway.documents.errors import NotAPDFProblem
from gateway.jobs.errors import LeaseLostProblem
from gateway.signing.errors import IdempotencyKeyReusedProblem
from gateway.store.rows.batch_items import ItemRow
from hsm.errors import SignerUnavailableError
from policies.grant import Grant
from policies.model import Caller
from tests.batch_house import TMS, BatchHouse, batch_house, given, item, order
from tests.running_gateway import RECEIPT
from tests.signing_house import FakeClock, SoftSigner

_OTHER = RECEIPT + b"\n"
_BROKEN = b"no PDF at all"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[BatchHouse]:
    async with batch_house(tmp_path) as made:
        yield made


def _problem(row: ItemRow) -> str:
    kind: str = json.loads(row.problem or b"{}")["type"]
    return kind


async def test_every_document_has_its_own_result(house: BatchHouse) -> None:
    unread = RefusedItem(name="x", problem=NotAPDFProblem("unreadable"), business_number="WB-9")
    batch = await house.submit(item("WB-1"), item("WB-2", _BROKEN), unread, item("WB-3"))
    assert (batch.state, batch.items) == ("open", 4)
    await house.work()
    assert (await house.states(batch)) == ["sealed", "failed", "failed", "sealed"]
    sealed, broken, *_ = await house.of(batch)
    assert _problem(broken) == "document-not-pdf"
    row = await house.house.reader.by_id(sealed.document or "")
    assert row is not None
    assert (row.business_number, row.output_digest) == ("WB-1", sealed.output_digest)
    assert (await house.now(batch)).state == "finished"
    assert house.ended == [batch.id]


async def test_others_are_told_of_failures_and_of_the_end_once(house: BatchHouse) -> None:
    batch = await house.submit(item("WB-1"), item("WB-2", _BROKEN))
    await house.work()
    failed, finished = house.events.events
    assert (failed.type, failed.data["number"]) == ("item.failed", 2)
    assert (finished.type, finished.subject) == ("batch.finished", batch.id)
    assert finished.data["counts"] == {"failed": 1, "sealed": 1}


async def test_others_are_told_of_what_could_not_even_be_read_before_the_end(
    house: BatchHouse,
) -> None:
    unread = RefusedItem(name="x", problem=NotAPDFProblem("unreadable"), business_number="WB-9")
    await house.submit(item("WB-1"), unread)
    await house.work()
    failed, finished = house.events.events
    assert (failed.type, failed.data["number"], failed.data["name"]) == ("item.failed", 2, "x")
    assert failed.data["problem"]["type"] == "document-not-pdf"
    assert (finished.type, finished.data["counts"]) == (
        "batch.finished",
        {"failed": 1, "sealed": 1},
    )


async def test_of_all_or_nothing_every_failure_is_told_once(house: BatchHouse) -> None:
    unread = RefusedItem(name="x", problem=NotAPDFProblem("unreadable"))
    await house.submit(item("WB-1"), item("WB-2", _BROKEN), unread, all_or_nothing=True)
    await house.work()
    *failed, finished = house.events.events
    assert [each.data["number"] for each in failed] == [1, 2, 3]
    assert finished.data["counts"] == {"failed": 3}


async def test_a_repeat_gives_the_same_batch_and_other_content_is_refused(
    house: BatchHouse,
) -> None:
    batch = await house.submit(item("WB-1"), item("WB-2"))
    assert (await house.submit(item("WB-1"), item("WB-2"))).id == batch.id
    with pytest.raises(IdempotencyKeyReusedProblem):
        await house.submit(item("WB-1"), item("WB-2", _OTHER))
    with pytest.raises(IdempotencyKeyReusedProblem):
        await house.submit(item("WB-1"), item("WB-2"), priority=2)
    await house.work()
    assert len(house.house.signer.redeemed) == 2


async def test_of_two_that_come_at_once_one_batch_is_made(house: BatchHouse) -> None:
    one, other = await asyncio.gather(house.submit(item()), house.submit(item()))
    assert one.id == other.id


async def test_what_breaks_off_never_was(house: BatchHouse) -> None:
    service = house.room.service
    with pytest.raises(BatchEmptyProblem):
        await service.submit(order(), given([item("WB-1"), item("WB-2")], broken=True))
    with pytest.raises(BatchEmptyProblem):
        await house.submit()
    assert await house.work() == 0
    assert await service.newest(TMS, before=None, most=10) == ()
    batch = await house.submit(item("WB-1"))
    assert await service.newest(TMS, before=None, most=10) == ((await house.now(batch)),)


async def test_a_receipt_in_two_batches_is_sealed_once(house: BatchHouse) -> None:
    first = await house.submit(item("WB-1"), key="one")
    await house.work()
    second = await house.submit(item("WB-1", name="again.pdf"), key="two")
    await house.work()
    (sealed,), (repeated,) = (await house.of(first)), (await house.of(second))
    assert (repeated.state, repeated.document) == ("repeated", sealed.document)
    assert repeated.output_digest == sealed.output_digest
    assert len(house.house.signer.redeemed) == 1


async def test_of_twins_in_one_batch_one_is_sealed_and_the_others_repeat_it(
    house: BatchHouse,
) -> None:
    batch = await house.submit(item("WB-1"), item("WB-1"), item("WB-1"))
    await house.work()
    assert sorted(await house.states(batch)) == ["repeated", "repeated", "sealed"]
    assert len({row.document for row in (await house.of(batch))}) == 1
    assert len(house.house.signer.redeemed) == 1


async def test_a_number_with_another_document_is_refused_and_names_the_first(
    house: BatchHouse,
) -> None:
    first = await house.submit(item("WB-1"), key="one")
    await house.work()
    second = await house.submit(item("WB-1", _OTHER), item("WB-2"), key="two")
    await house.work()
    assert (await house.states(second)) == ["failed", "sealed"]
    taken = json.loads((await house.of(second))[0].problem or b"")
    assert taken["type"] == "business-number-taken"
    assert taken["document"] == (await house.of(first))[0].document


async def test_while_the_signer_is_away_documents_wait(tmp_path: Path) -> None:
    clock = FakeClock()
    signer = SoftSigner(clock)
    away = True

    def before(_grant: Grant) -> None:
        if away:
            clock.move(timedelta(seconds=30))
            raise SignerUnavailableError("the token is out")

    signer.before = before
    async with batch_house(tmp_path, clock=clock, signer=signer) as house:
        batch = await house.submit(item("WB-1"))
        assert await house.work() == 1
        assert (await house.states(batch)) == ["waiting"]
        away = False
        assert await house.work() == 0, "it rests for a while"
        clock.move(timedelta(minutes=2))
        await house.work()
        assert (await house.states(batch)) == ["sealed"]


async def test_after_a_stop_it_goes_on_where_it_was(tmp_path: Path) -> None:
    clock = FakeClock()
    signer = SoftSigner(clock)
    async with batch_house(tmp_path, clock=clock, signer=signer) as house:
        batch = await house.submit(*(item(f"WB-{number}") for number in range(4)))
        assert await house.work(most=2) == 2
        await house.queue.claim("seal", most=1)  # in somebody's hand as the process dies
    async with batch_house(tmp_path, clock=clock, signer=signer) as house:
        assert sorted(await house.states(batch)) == ["sealed", "sealed", "waiting", "waiting"]
        await house.work()
        assert (await house.states(batch)) == ["sealed"] * 4
        assert (await house.now(batch)).state == "finished"
    assert len(signer.redeemed) == 4


async def test_a_paused_batch_waits_until_it_is_resumed(house: BatchHouse) -> None:
    batch = await house.submit(item("WB-1"), item("WB-2"))
    await house.settle()
    service = house.room.service
    await service.pause(batch.id, TMS)
    assert await house.work() == 0
    with pytest.raises(BatchStateProblem):
        await service.pause(batch.id, TMS)
    await service.resume(batch.id, TMS)
    await house.work()
    assert (await house.states(batch)) == ["sealed", "sealed"]


async def test_what_is_cancelled_is_not_sealed_and_what_is_sealed_stays(
    house: BatchHouse,
) -> None:
    batch = await house.submit(item("WB-1"), item("WB-2"), item("WB-3"))
    await house.work(most=1)
    await house.room.service.cancel(batch.id, TMS)
    assert await house.work() == 0
    assert sorted(await house.states(batch)) == ["cancelled", "cancelled", "sealed"]
    assert (await house.now(batch)).state == "cancelled"
    assert (await house.now(batch)).is_over


async def test_what_is_in_hand_while_its_batch_is_cancelled_is_told_as_it_ends(
    house: BatchHouse,
) -> None:
    batch = await house.submit(item("WB-1"), item("WB-2"))
    await house.settle()
    (job,) = await house.queue.claim("seal", most=1)
    await house.room.service.cancel(batch.id, TMS)
    assert (await house.states(batch)) == ["waiting", "cancelled"]
    assert not (await house.now(batch)).is_over
    await house.do(job)
    await house.settle()
    assert (await house.states(batch)) == ["cancelled", "cancelled"]
    assert (await house.now(batch)).is_over


async def test_what_was_in_hand_as_its_batch_was_cancelled_and_came_back_is_cancelled_as_well(
    house: BatchHouse,
) -> None:
    batch = await house.submit(item("WB-1"), item("WB-2"))
    await house.settle()
    (job,) = await house.queue.claim("seal", most=1)
    await house.room.service.cancel(batch.id, TMS)
    await house.house.lane.write(lambda unit: house.queue.give_back(unit, job.lease))
    await house.room.queueing.go_on_with_all(house.batches)  # as it is done each minute
    await house.settle()
    assert (await house.states(batch)) == ["cancelled", "cancelled"]
    assert (await house.now(batch)).is_over
    assert house.ended == [batch.id]


async def test_whoever_comes_late_to_what_was_cancelled_meanwhile_writes_nothing(
    house: BatchHouse,
) -> None:
    batch = await house.submit(item("WB-1"))
    await house.settle()
    (job,) = await house.queue.claim("seal", most=1)
    await house.room.service.cancel(batch.id, TMS)
    await house.house.lane.write(house.queue.take_back)  # its fence stays
    await house.room.queueing.go_on_with_all(house.batches)
    await house.settle()
    with pytest.raises(LeaseLostProblem):
        await house.house.lane.write(lambda unit: house.queue.finish(unit, job.lease))


async def test_a_batch_that_is_cancelled_as_the_process_dies_ends_with_the_next_start(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    signer = SoftSigner(clock)
    async with batch_house(tmp_path, clock=clock, signer=signer) as house:
        batch = await house.submit(item("WB-1"))
        await house.settle()
        await house.queue.claim("seal", most=1)
        await house.room.service.cancel(batch.id, TMS)
    async with batch_house(tmp_path, clock=clock, signer=signer) as house:
        assert (await house.states(batch)) == ["cancelled"]
        assert house.ended == [batch.id]


async def test_a_retry_where_nothing_can_be_tried_leaves_the_batch_as_it_is(
    house: BatchHouse,
) -> None:
    batch = await house.submit(item("WB-1"))
    await house.work()
    before = await house.now(batch)
    assert await house.room.service.retry(batch.id, TMS) == before
    await house.settle()
    assert (await house.now(batch)) == before


async def test_what_failed_is_tried_again_when_asked(house: BatchHouse) -> None:
    numbers = [f"WB-{number}" for number in range(6)]  # five an hour are allowed
    batch = await house.submit(*map(item, numbers), item("WB-9", _BROKEN))
    await house.work()
    assert sorted(await house.states(batch)) == ["failed", "failed", *["sealed"] * 5]
    house.house.clock.move(timedelta(hours=2))
    await house.room.service.retry(batch.id, TMS)
    assert (await house.now(batch)).state == "open"
    await house.work()
    assert (await house.states(batch)) == [*["sealed"] * 6, "failed"]
    assert house.ended == [batch.id, batch.id]


async def test_all_or_nothing_uses_no_key_where_anything_is_refused(house: BatchHouse) -> None:
    batch = await house.submit(item("WB-1"), item("WB-2", _BROKEN), all_or_nothing=True)
    assert await house.work() == 0
    assert [_problem(row) for row in (await house.of(batch))] == [
        "batch-refused",
        "document-not-pdf",
    ]
    assert house.house.signer.redeemed == []
    assert (await house.now(batch)).state == "finished"
    await house.room.service.retry(batch.id, TMS)
    assert await house.work() == 0, "what was refused together is not sealed one by one"


async def test_all_or_nothing_seals_all_where_nothing_is_refused(house: BatchHouse) -> None:
    batch = await house.submit(item("WB-1"), item("WB-2"), all_or_nothing=True)
    await house.work()
    assert (await house.states(batch)) == ["sealed", "sealed"]


async def test_a_system_sees_its_own_batches_only(house: BatchHouse) -> None:
    batch = await house.submit(item())
    with pytest.raises(BatchUnknownProblem):
        await house.room.service.batch(batch.id, Caller(system="erp", company="east"))
    with pytest.raises(BatchUnknownProblem):
        await house.room.service.cancel(batch.id, Caller(system="erp", company="east"))


async def test_a_large_batch_is_queued_in_pages(house: BatchHouse) -> None:
    many = [NewItem(item(f"WB-{number}", seal="none").request, b"x") for number in range(1200)]
    batch = await house.submit(*many)
    await house.settle()
    assert (await house.now(batch)).queued == 1200
    assert len(await house.queue.claim("seal", most=2000)) == 1200
