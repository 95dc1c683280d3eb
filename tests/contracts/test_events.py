"""What is promised of events, stops and replays, on every engine and among several nodes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.jobs.queue import DatabaseQueue
from gateway.returns.model import Answer, Target
from gateway.returns.outbox import Outbox
from gateway.returns.pruning import forget_events
from gateway.returns.records import EventReader, Standing, put_standing
from gateway.returns.replaying import Replays
from gateway.returns.stopping import Stops
from gateway.returns.targets import TargetBook
from gateway.store.engines.lane import WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.interfaces import Database
from gateway.store.schema import job
from tests.delivering_house import an_event
from tests.postgres_server import Server
from tests.signing_house import START, FakeClock

GONE = Answer(verdict="gone", said="HTTP 410")
TARGET = Target(name="oms", systems=frozenset({"tms"}), events=frozenset({"document.sealed"}))


@dataclass
class Node:
    """The returns of one gateway."""

    lane: WriterLane
    queue: DatabaseQueue
    events: EventReader
    outbox: Outbox
    stops: Stops
    replays: Replays
    resumed: list[str]

    async def put(self, number: int) -> None:
        await self.lane.write(lambda unit: self.outbox.put(unit, an_event(number)))

    async def kept(self) -> list[str]:
        """The documents of all events that are kept, in order."""
        return [each.subject for each in await self.events.after("tms", 0, most=100)]

    async def owed(self) -> list[str]:
        """The documents that may be brought now, which are then in hand."""
        jobs = await self.queue.claim("deliver", most=100)
        found = [await self.events.by_id(job.payload.decode()) for job in jobs]
        return [each.subject for each in found if each is not None]


@asynccontextmanager
async def a_node(directory: Path, database: Database, name: str = "one") -> AsyncIterator[Node]:
    clock, targets = FakeClock(), TargetBook([TARGET])
    writer, reader = database.open_writer(), database.open_reader()
    events = EventReader(reader)
    content = ContentStore(directory / name, clock=clock)
    async with WriterLane(writer, content, node=name) as lane:
        queue = DatabaseQueue(lane=lane, clock=clock, holder=name)
        stops = Stops(targets, {"oms": "https://oms.example.com"}, clock=clock)
        resumed: list[str] = []
        replays = Replays(
            lane=lane,
            queue=queue,
            events=events,
            targets=targets,
            stops=stops,
            resumed=resumed.append,
        )
        await lane.write(lambda unit: stops.load(unit.connection))
        yield Node(lane, queue, events, Outbox(targets, queue), stops, replays, resumed)
    events.close()
    reader.dispose()
    writer.dispose()


@pytest.fixture
async def node(tmp_path: Path, database: Database) -> AsyncIterator[Node]:
    async with a_node(tmp_path, database) as made:
        yield made


async def test_events_have_growing_numbers_that_are_never_used_again(node: Node) -> None:
    for number in range(3):
        await node.put(number)
    found = await node.events.after("tms", 0, most=10)
    numbers = [each.sequence for each in found]
    assert numbers == sorted(set(numbers))
    assert [each.subject for each in found] == ["document-0", "document-1", "document-2"]
    assert (found[0].at, found[0].document_type) == (START, "receipt")

    assert await forget_events(node.lane, before=START + timedelta(days=1)) == 3
    await node.put(4)
    (left,) = await node.events.after("tms", 0, most=10)
    assert left.sequence > numbers[-1]


async def test_a_delivery_that_was_given_up_is_forgotten_with_its_event(node: Node) -> None:
    await node.put(1)
    await node.put(2)
    (given_up,) = await node.queue.claim("deliver", most=1)
    await node.lane.write(lambda unit: node.queue.bury(unit, given_up.lease, reason=b"gone"))
    assert await forget_events(node.lane, before=START) == 0
    assert await _jobs(node) == ["dead", "waiting"]
    assert await forget_events(node.lane, before=START + timedelta(days=1)) == 2
    assert await _jobs(node) == ["waiting"]


async def _jobs(node: Node) -> list[str]:
    query = select(job.c.state).order_by(job.c.state)
    return await node.lane.write(lambda unit: list(unit.connection.execute(query).scalars()))


async def test_how_a_delivery_stands_is_what_was_written_last(node: Node) -> None:
    await node.put(1)
    (event,) = await node.events.after("tms", 0, most=1)
    for tries, state in enumerate(("failing", "delivered"), start=1):
        standing = Standing(
            event=event.id, target="oms", state=state, tries=tries, at=START, answer="说明"
        )
        await node.lane.write(lambda unit, each=standing: put_standing(unit, each))
        assert await node.events.standings(event.id) == (standing,)
    assert await node.events.count("oms", "failing") == 0


async def test_a_target_that_was_stopped_gets_what_it_missed_and_nothing_twice(node: Node) -> None:
    await node.put(1)
    await node.lane.write(lambda unit: node.stops.gone(unit, "target:oms", GONE))
    await node.put(2)
    assert await node.owed() == ["document-1"]

    assert await node.replays.resume("oms") == 1
    await node.put(3)
    assert await node.owed() == ["document-2", "document-3"]
    assert await node.replays.resume("oms") == 0
    assert node.resumed == ["target:oms"]


async def test_a_stop_outlives_the_gateway(tmp_path: Path, database: Database) -> None:
    async with a_node(tmp_path, database) as first:
        await first.lane.write(lambda unit: first.stops.gone(unit, "target:oms", GONE))
    async with a_node(tmp_path, database) as again:
        await again.put(1)
        assert (await again.owed(), await again.kept()) == ([], ["document-1"])
        assert await again.replays.resume("oms") == 1
        assert await again.owed() == ["document-1"]


async def test_a_node_follows_when_another_has_resumed_a_target(
    tmp_path: Path, postgres: Server
) -> None:
    database = postgres.emptied()
    async with a_node(tmp_path, database, "one") as one, a_node(tmp_path, database, "two") as two:
        for each in (one, two):
            await each.lane.write(lambda unit, each=each: each.stops.gone(unit, "target:oms", GONE))
        await two.replays.follow()
        assert two.resumed == []

        assert await one.replays.resume("oms") == 0
        await two.put(1)  # it does not know yet
        assert await one.owed() == []
        await two.replays.follow()
        await two.put(2)
        assert await one.owed() == ["document-1", "document-2"]
        assert (one.resumed, two.resumed) == (["target:oms"], ["target:oms"])
