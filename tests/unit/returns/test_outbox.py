"""What is put into the outbox, and when: with the transaction that makes it true, or not at all."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.jobs.model import NewJob
from gateway.returns.model import Event, Target
from gateway.returns.outbox import Outbox
from gateway.returns.releasing import ReleasedEvents
from gateway.returns.targets import TargetBook
from gateway.signing.guard import AllReleasing
from gateway.store.engines.lane import Transaction
from gateway.store.schema import event
from tests.signing_house import START, House, signing_house

OMS = Target(name="oms", systems=frozenset({"tms"}), events=frozenset({"document.sealed"}))
WMS = Target(name="wms", systems=frozenset({"wms"}), events=frozenset({"document.sealed"}))


@dataclass
class WrittenDown:
    """Keeps what is enqueued, where the test looks at the outbox alone."""

    jobs: list[NewJob] = field(default_factory=list)

    def enqueue(self, _transaction: Transaction, jobs: Sequence[NewJob]) -> None:
        self.jobs += jobs


@dataclass
class Told:
    house: House
    queue: WrittenDown

    def events(self) -> list[dict[str, object]]:
        with self.house.engine.connect() as connection:
            rows = connection.execute(select(event).order_by(event.c.sequence)).mappings()
            return [dict(row) for row in rows]


@asynccontextmanager
async def telling(directory: Path, *targets: Target, keep_all: bool = False) -> AsyncIterator[Told]:
    queue = WrittenDown()
    book = TargetBook(targets, keep_all=keep_all)
    outbox = Outbox(book, queue)  # type: ignore[arg-type]  # nothing but `enqueue` is asked of it
    async with signing_house(directory) as house:
        releasing = AllReleasing((ReleasedEvents(outbox, book, clock=house.clock),))

        house.service._sealing._releasing = releasing

        yield Told(house, queue)


async def test_a_sealed_document_is_an_event_with_a_job_for_each_target(tmp_path: Path) -> None:
    async with telling(tmp_path, OMS, WMS) as told:
        sealed = await told.house.seal()

        (row,) = told.events()
        (job,) = told.queue.jobs
    data = json.loads(row["data"])  # type: ignore[arg-type]  # bytes
    assert row["type"] == "document.sealed"
    assert row["subject"] == data["documentId"] == sealed.row.id
    assert data["sha256"] == (sealed.row.output_digest or b"").hex()
    assert data["businessNumber"] == "WB-1"
    assert job.key == f"{row['id']}/oms"
    assert job.share == job.subject == "target:oms"


async def test_a_repeat_is_no_further_event(tmp_path: Path) -> None:
    async with telling(tmp_path, OMS) as told:
        await told.house.seal()
        await told.house.seal()

        assert len(told.events()) == 1


async def test_where_nobody_wants_an_event_nothing_is_written(tmp_path: Path) -> None:
    async with telling(tmp_path, WMS) as told:
        await told.house.seal()

        assert told.events() == []
        assert told.queue.jobs == []


async def test_events_can_be_kept_for_systems_that_come_and_read(tmp_path: Path) -> None:
    async with telling(tmp_path, keep_all=True) as told:
        await told.house.seal()

        assert len(told.events()) == 1
        assert told.queue.jobs == []


async def test_an_event_goes_with_its_transaction(tmp_path: Path) -> None:
    async with telling(tmp_path, OMS) as told:
        outbox = told.house.service._sealing._releasing.each[0]._outbox  # type: ignore[attr-defined]

        def refused(transaction: Transaction) -> None:
            outbox.put(transaction, _event())
            raise ValueError("it did not happen")

        with pytest.raises(ValueError, match="did not happen"):
            await told.house.lane.write(refused)

        assert told.events() == []


async def test_a_stopped_target_gets_no_job_but_its_events_are_kept(tmp_path: Path) -> None:
    queue, book = WrittenDown(), TargetBook([OMS])
    outbox = Outbox(book, queue)  # type: ignore[arg-type]  # nothing but `enqueue` is asked of it
    async with signing_house(tmp_path) as house:
        book.stop("oms")
        await house.lane.write(lambda unit: outbox.put(unit, _event()))
        book.resume("oms")
        await house.lane.write(lambda unit: outbox.put(unit, _event()))

        told = Told(house, queue)
        first, second = told.events()
    assert [job.key for job in queue.jobs] == [f"{second['id']}/oms"]
    assert first["sequence"] < second["sequence"]  # type: ignore[operator]  # numbers


def test_a_target_of_some_document_types_is_told_of_batches_as_well() -> None:
    receipts = Target(
        name="oms",
        systems=frozenset({"tms"}),
        events=frozenset({"document.sealed", "batch.finished"}),
        document_types=frozenset({"receipt"}),
    )
    book = TargetBook([receipts])

    assert book.told("document.sealed", "tms", "receipt", "") == ("oms",)
    assert book.told("document.sealed", "tms", "invoice", "") == ()
    assert book.told("batch.finished", "tms", None, "feed") == ("oms",)
    assert book.told("item.failed", "tms", "receipt", "batch") == ()


def _event() -> Event:
    return Event(
        type="document.sealed", at=START, system="tms", company="east", subject="d", data={}
    )
