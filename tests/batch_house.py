"""A signing house that takes batches, with a real queue; jobs are done when the test says so."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from gateway.batches.errors import BatchEmptyProblem, DeliverToUnknownProblem
from gateway.batches.interfaces import Owing
from gateway.batches.model import BatchOptions, BatchOrder, ItemRequest, NewItem, ReadItem
from gateway.batches.receipts.press import ReceiptPress
from gateway.jobs.admission import Admission, Limits
from gateway.jobs.model import ClaimedJob
from gateway.jobs.outcomes import Done
from gateway.jobs.queue import DatabaseQueue
from gateway.returns.model import Event
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.guard import Surroundings
from gateway.signing.limits import LimitGuard
from gateway.signing.model import SigningRequest
from gateway.signing.service import SigningService
from gateway.store.engines.database import open_reader
from gateway.store.engines.lane import Transaction
from gateway.store.rows.backlog import OpenItems, open_items
from gateway.store.rows.batch_items import ItemReader, ItemRow
from gateway.store.rows.batches import BatchReader, BatchRow
from gateway.store.rows.charges import SlotBook
from gateway.store.rows.documents import DocumentRow
from gateway.wiring.rooms.batching import BatchRoom, Ground, batch_results, batch_room
from policies.model import Caller
from tests.nothing_around import NoHistory, NothingKnown, NoWaitingRoom
from tests.running_gateway import RECEIPT
from tests.signing_house import FakeClock, House, SoftSigner, signing_house

_RECEIPTS = """
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: batch-receipt}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: batch-receipts}
spec:
  seals: [legal-rep-li]
  documentTypes: [batch-receipt]
  permit:
    - id: of-batches
      systems: [tms]
      when: doc.pages == 0
tests:
  - name: a receipt
    request: {system: tms, doc: {pages: 0}}
    expect: allowed
"""
TMS = Caller(system="tms", company="east")


@dataclass
class KeptEvents:
    """`EventOutbox` that only remembers."""

    events: list[Event] = field(default_factory=list)

    def put(self, transaction: Transaction, event: Event) -> None:
        transaction.after_commit(self.events.extend, event)


class _Later:
    """`Releasing` that is known only once the house stands."""

    def __init__(self) -> None:
        self.inner: Any = None

    def at_release(
        self, transaction: Transaction, request: SigningRequest, row: DocumentRow
    ) -> None:
        self.inner.at_release(transaction, request, row)


@dataclass
class BatchHouse:
    """A house, its room of batches, and what a test asks of them."""

    house: House
    room: BatchRoom
    queue: DatabaseQueue
    events: KeptEvents
    batches: BatchReader
    items: ItemReader
    admission: Admission

    @property
    def ended(self) -> list[str]:
        """The batches that others were told have ended."""
        return [each.subject for each in self.events.events if each.type == "batch.finished"]

    async def submit(
        self,
        *items: ReadItem,
        key: str = "batch-1",
        **options: Any,  # noqa: ANN401 - options
    ) -> BatchRow:
        return await self.room.service.submit(order(key, **options), given(items))

    async def work(self, most: int = 100) -> int:
        """Do what is due now, up to so many jobs; gives how many."""
        await self.settle()
        jobs = await self.queue.claim("seal", most=most)
        await asyncio.gather(*map(self.do, jobs))
        await self.settle()
        return len(jobs)

    async def do(self, job: ClaimedJob) -> None:
        """What a crew does with a job."""
        outcome = await self.room.sealing.work(job)
        if not isinstance(outcome, Done):
            due = self.house.clock.now() + timedelta(seconds=10)
            lane = self.house.lane
            await lane.write(
                lambda unit: self.queue.retry(unit, job.lease, not_before=due, reason=b"{}")
            )

    async def settle(self) -> None:
        """Let go on what goes on by itself: making jobs, and seeing that a batch has ended."""
        for _ in range(3):
            await self.house.lane.write(lambda _unit: None)
            own = [each for each in asyncio.all_tasks() if each.get_name().startswith(_OWN)]
            await asyncio.gather(*own, return_exceptions=True)

    async def states(self, batch: BatchRow) -> list[str]:
        return [item.state for item in await self.of(batch)]

    async def of(self, batch: BatchRow) -> tuple[ItemRow, ...]:
        return await self.items.page(batch.id, after=0, most=1000)

    async def now(self, batch: BatchRow) -> BatchRow:
        return await self.room.service.batch(batch.id, TMS)


_OWN = ("queueing ", "ending ")


def item(number: str = "WB-1", document: bytes = RECEIPT, **changes: Any) -> NewItem:  # noqa: ANN401 - fields
    """An ordinary receipt with a number of its own."""
    ordinary: dict[str, Any] = {
        "name": f"{number}.pdf",
        "seal": "company-east",
        "document_type": "receipt",
        "business_number": number,
    }
    return NewItem(ItemRequest(**{**ordinary, **changes}), document)


def order(key: str = "batch-1", **options: Any) -> BatchOrder:  # noqa: ANN401 - options
    return BatchOrder(
        caller=TMS,
        idempotency_key=key,
        trace_id="ab" * 16,
        options=BatchOptions(**options),
    )


async def given(items: Iterable[ReadItem], *, broken: bool = False) -> AsyncIterator[ReadItem]:
    """The items one after the other; broken: and then the connection is gone."""
    for each in items:
        yield each
    if broken:
        raise BatchEmptyProblem("whatever a reader may raise")


def _signing_receipts(house: House, surroundings: Surroundings) -> SigningService:
    return SigningService(
        in_force=lambda: house.in_force,
        press=ReceiptPress(),
        signer=house.signer,
        audit=house.audit,
        lane=house.lane,
        reader=house.reader,
        archive=house.archive,
        clock=house.clock,
        clock_guard=ClockGuard(house.audit.newest),
        surroundings=surroundings,
    )


def _admission(most: int, reader: Engine) -> Admission:
    limits = Limits(items=most, items_of_a_system=most, size=1 << 40, size_of_a_system=1 << 40)

    def count() -> Mapping[str, OpenItems]:
        with reader.connect() as connection:
            return open_items(connection)

    return Admission(limits, shortage=lambda: None, count=count)


class NothingOwed:
    """Implements `Owing` where there is no connector."""

    def prove(self, target: str, caller: Caller) -> None:
        raise DeliverToUnknownProblem(f"no {target} for {caller.system}")

    def owe(self, _transaction: Transaction, _batch: BatchRow, _target: str) -> None:
        raise AssertionError("nothing was proved")


@asynccontextmanager
async def batch_house(
    directory: Path,
    *,
    clock: FakeClock | None = None,
    signer: SoftSigner | None = None,
    most_open: int = 1_000_000,
    owing: Owing | None = None,
) -> AsyncIterator[BatchHouse]:
    """Put it up in a directory; again in the same one, it is after a restart."""
    policies = directory / "policies"
    policies.mkdir(exist_ok=True)
    (policies / "receipts.yaml").write_text(_RECEIPTS)
    later = _Later()
    surroundings = Surroundings(
        guards=LimitGuard(SlotBook()),
        knowing=NothingKnown(),
        waiting_room=NoWaitingRoom(),
        history=NoHistory(),
        releasing=later,
    )
    async with signing_house(
        directory, clock=clock, signer=signer, surroundings=surroundings
    ) as house:
        queue = DatabaseQueue(lane=house.lane, clock=house.clock, holder="test")
        reader = open_reader(directory / "test.sqlite")
        events = KeptEvents()
        admission = _admission(most_open, reader)
        ground = Ground(
            lane=house.lane,
            content=house.content,
            queue=queue,
            outbox=events,
            batches=BatchReader(reader),
            items=ItemReader(reader),
            documents=house.reader,
            in_force=lambda: house.in_force,
            admission=admission,
            clock=house.clock,
        )
        before = batch_results(ground, _signing_receipts(house, surroundings))
        before.ending.start()
        later.inner = before.results
        room = batch_room(before, house.service, owing or NothingOwed())
        await house.lane.write(queue.take_back)
        await room.queueing.go_on_with_all(ground.batches)
        made = BatchHouse(house, room, queue, events, ground.batches, ground.items, admission)
        await made.settle()
        yield made
        room.queueing.stop()
        before.ending.stop()
        ground.batches.close()
        ground.items.close()
        reader.dispose()
