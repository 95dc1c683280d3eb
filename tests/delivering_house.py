"""The outbox, the queue and the deliveries over a real database, at a time that the test moves."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, select

from gateway.jobs.queue import DatabaseQueue
from gateway.returns.delivering import Delivering
from gateway.returns.model import Answer, Event, Target
from gateway.returns.outbox import TARGET, Outbox
from gateway.returns.records import EventReader
from gateway.returns.targets import TargetBook
from gateway.returns.webhooks.keys import WebhookKey, parse_key
from gateway.returns.webhooks.model import Webhook
from gateway.returns.webhooks.receiver import WebhookReceiver
from gateway.returns.webhooks.sender import WebhookSender
from gateway.store.engines.database import open_reader, open_writer
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.schema import event, job
from tests.fresh_databases import put_gateway_database
from tests.signing_house import START, FakeClock

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMy"


@dataclass
class DeliveringHouse:
    """What was put into the outbox goes to receivers while it stands."""

    lane: WriterLane
    queue: DatabaseQueue
    clock: FakeClock
    events: EventReader
    reading: Engine
    targets: TargetBook
    outbox: Outbox
    delivering: Delivering
    gone: list[tuple[str, str]] = field(default_factory=list)
    pauses: list[str] = field(default_factory=list)

    async def put(self, number: int = 1, system: str = "tms") -> None:
        await self.lane.write(lambda unit: self.outbox.put(unit, an_event(number, system)))

    def ids(self) -> list[str]:
        """Of all events, in order."""
        with self.reading.connect() as connection:
            return list(connection.execute(select(event.c.id).order_by(event.c.sequence)).scalars())

    async def states(self) -> list[str]:
        """Of all jobs that are not done."""
        query = select(job.c.state)
        return await self.lane.write(lambda unit: list(unit.connection.execute(query).scalars()))


def an_event(number: int = 1, system: str = "tms") -> Event:
    return Event(
        type="document.sealed",
        at=START,
        system=system,
        company="east",
        subject=f"document-{number}",
        document_type="receipt",
        data={"documentId": f"document-{number}", "businessNumber": f"运单-{number}"},
    )


def a_webhook(
    url: str,
    *,
    name: str = "oms",
    keys: Sequence[WebhookKey] = (parse_key(SECRET),),
    most_at_once: int = 4,
    timeout_seconds: float = 5.0,
    authorities: Path | None = None,
    with_link: bool = True,
) -> Webhook:
    return Webhook(
        target=Target(name=name, systems=frozenset({"tms"}), events=frozenset({"document.sealed"})),
        url=url,
        keys=lambda: tuple(keys),
        most_at_once=most_at_once,
        timeout_seconds=timeout_seconds,
        authorities=authorities,
        with_link=with_link,
    )


@asynccontextmanager
async def delivering_house(
    directory: Path, *webhooks: Webhook, clock: FakeClock | None = None, deliver: bool = True
) -> AsyncIterator[DeliveringHouse]:
    """Put it up in a directory; again in the same one, it is after a restart."""
    clock = clock or FakeClock()
    put_gateway_database(directory / "test.sqlite")
    engine = open_writer(directory / "test.sqlite")
    reading = open_reader(directory / "test.sqlite")
    events = EventReader(reading)
    async with AsyncExitStack() as stack:
        stack.callback(engine.dispose)
        stack.callback(events.close)
        content = ContentStore(directory / "documents", clock=clock)
        lane = await stack.enter_async_context(WriterLane(engine, content))
        queue = DatabaseQueue(lane=lane, clock=clock, holder="test")
        await lane.write(queue.take_back)
        targets = TargetBook([each.target for each in webhooks])
        receivers = {}
        for each in webhooks:
            sender = await stack.enter_async_context(WebhookSender(each, clock=clock))
            receivers[TARGET + each.target.name] = WebhookReceiver(
                each, sender=sender, events=events, clock=clock
            )
        gone: list[tuple[str, str]] = []
        pauses: list[str] = []

        def write_gone(_transaction: Transaction, subject: str, answer: Answer) -> None:
            gone.append((subject, answer.said))

        delivering = Delivering(
            queue=queue,
            lane=lane,
            receivers=receivers,
            clock=clock,
            chance=lambda: 0.0,
            gone=write_gone,
            paused=lambda: pauses[-1] if pauses else None,
            look_seconds=0.01,
        )
        outbox = Outbox(targets, queue)
        if deliver:
            await stack.enter_async_context(delivering)
        yield DeliveringHouse(
            lane=lane,
            queue=queue,
            clock=clock,
            events=events,
            reading=reading,
            targets=targets,
            outbox=outbox,
            delivering=delivering,
            gone=gone,
            pauses=pauses,
        )
