"""Documents sealed over HTTP, brought to their system by a connector: here a real folder."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from connectors.folder.connector import FolderSettings
from connectors.open import open_connector
from gateway.jobs.queue import DatabaseQueue
from gateway.returns.by_connector import ConnectorReceiver
from gateway.returns.delivering import Delivering
from gateway.returns.model import Target
from gateway.returns.outbox import TARGET, Outbox
from gateway.returns.records import EventReader
from gateway.returns.releasing import ReleasedEvents
from gateway.returns.targets import TargetBook
from gateway.signing.guard import AllReleasing
from gateway.store.database import open_reader
from tests.running_gateway import RECEIPT, until
from tests.signing_house import House, request, signing_house


@asynccontextmanager
async def returning_house(directory: Path, *connectors: str) -> AsyncIterator[tuple[House, Path]]:
    """A house whose documents go to a folder; the officers let these connectors speak for it."""
    place = directory / "tms"
    place.mkdir()
    (place / "inbox").mkdir()
    settings = FolderSettings(name="tms-folder", path=place)
    async with signing_house(directory) as house:
        events = EventReader(open_reader(directory / "test.sqlite"))
        queue = DatabaseQueue(lane=house.lane, clock=house.clock, holder="test")
        systems = {
            name: msgspec.structs.replace(system, connectors=frozenset(connectors))
            for name, system in house.in_force.bundle.systems.items()
        }
        connector = open_connector(settings, time=house.clock)
        async with connector:
            receiver = ConnectorReceiver(
                connector,
                target="tms-results",
                name="tms-folder",
                system="tms",
                most_at_once=2,
                systems=lambda: systems,
                events=events,
                documents=house.reader,
                archive=house.archive,
                clock=house.clock,
            )
            target = Target(
                name="tms-results",
                systems=frozenset({"tms"}),
                events=frozenset({"document.sealed"}),
                only_single=True,
            )
            book = TargetBook([target])
            house.service._sealing._releasing = AllReleasing(
                (ReleasedEvents(Outbox(book, queue), book, clock=house.clock),)
            )
            delivering = Delivering(
                queue=queue,
                lane=house.lane,
                receivers={TARGET + "tms-results": receiver},
                clock=house.clock,
                chance=lambda: 0.0,
                gone=lambda _unit, _subject, _answer: None,
                look_seconds=0.01,
            )
            async with delivering:
                yield house, place
        events.close()


async def test_a_document_sealed_over_http_comes_to_the_folder_of_its_system(
    tmp_path: Path,
) -> None:
    async with returning_house(tmp_path, "tms-folder") as (house, place):
        sealed = await house.service.seal(request(business_number="运单-1"), RECEIPT)
        result = place / "done" / "运单-1.pdf.result.json"
        await until(result.exists)

        assert (place / "done" / "运单-1.pdf").read_bytes() == b"".join(sealed.content)
        told = json.loads(result.read_text())
    assert sealed.row.id in json.dumps(told)


async def test_what_came_in_a_batch_is_left_to_the_batch(tmp_path: Path) -> None:
    async with returning_house(tmp_path, "tms-folder") as (house, place):
        of_a_batch = replace(request("a", business_number="WB-1"), origin="batch:b/1")
        await house.service.seal(of_a_batch, RECEIPT)
        await house.service.seal(request("b", business_number="WB-2"), RECEIPT)
        await until((place / "done" / "WB-2.pdf.result.json").exists)

        assert not (place / "done" / "WB-1.pdf").exists()


async def test_without_the_officers_nothing_is_brought(tmp_path: Path) -> None:
    async with returning_house(tmp_path) as (house, place):
        sealed = await house.service.seal(request(), RECEIPT)
        events = EventReader(open_reader(tmp_path / "test.sqlite"))
        (event,) = await events.after("tms", 0, most=2)
        async with asyncio.timeout(20):
            while not (standings := await events.standings(event.id)):
                await asyncio.sleep(0.01)
        events.close()
        assert event.subject == sealed.row.id
        assert standings[0].state == "failing"
        assert "the officers do not let the connector tms-folder speak" in standings[0].answer
        assert not (place / "done").exists()
