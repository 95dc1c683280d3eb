"""What a system may ask of its events, and what it must not see."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from gateway.client import RequestSigner
from gateway.http.events import Events
from gateway.jobs.queue import DatabaseQueue
from gateway.returns.model import Target
from gateway.returns.outbox import Outbox
from gateway.returns.records import EventReader
from gateway.returns.replaying import Replays
from gateway.returns.stopping import Stops
from gateway.returns.targets import TargetBook
from gateway.store.engines.database import open_reader
from tests.delivering_house import an_event
from tests.signing_house import House, signing_house
from tests.unit.http.test_routes import KEY, ORIGIN, api_of, with_powers

SEALED = frozenset({"document.sealed"})


@dataclass
class Asked:
    house: House
    queue: DatabaseQueue
    outbox: Outbox
    events: Events

    async def put(self, *systems: str) -> None:
        for number, system in enumerate(systems):
            event = an_event(number, system)
            await self.house.lane.write(lambda unit, event=event: self.outbox.put(unit, event))

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and answer, with the system `tms`."""
        api = api_of(self.house, with_powers(self.house, "seal-user"), *self.events.routes())
        signer = RequestSigner(key_id="key", key=KEY, clock=self.house.clock)
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        headers = signer.sign(method, f"{ORIGIN}{path}", headers, data)
        sent = None if data is None else io.BytesIO(data)
        async with (
            TestClient(TestServer(api.application())) as client,
            client.request(method, path, data=sent, headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    async def owed(self) -> list[str]:
        """To whom what is owed that may be claimed now."""
        jobs = await self.queue.claim("deliver", most=100)
        return [f"{job.payload.decode()} {job.subject}" for job in jobs]


@asynccontextmanager
async def asked(directory: Path) -> AsyncIterator[Asked]:
    async with signing_house(directory) as house:
        events = EventReader(open_reader(directory / "test.sqlite"))
        queue = DatabaseQueue(lane=house.lane, clock=house.clock, holder="test")
        targets = TargetBook(
            [
                Target(name="oms", systems=frozenset({"tms", "wms"}), events=SEALED),
                Target(name="secret", systems=frozenset({"wms"}), events=SEALED),
            ]
        )
        replays = Replays(
            lane=house.lane,
            queue=queue,
            events=events,
            targets=targets,
            stops=Stops(targets, {}, clock=house.clock),
            resumed=lambda _subject: None,
        )
        handlers = Events(replays, events, standing=lambda _name: "taking")
        yield Asked(house, queue, Outbox(targets, queue), handlers)
        events.close()


async def test_a_system_reads_its_own_events_page_by_page(tmp_path: Path) -> None:
    async with asked(tmp_path) as it:
        await it.put("tms", "wms", "tms", "tms")
        status, first = await it.ask("GET", "/v1/events?limit=2")
        _, second = await it.ask("GET", f"/v1/events?after={first['next']}&limit=2")

    assert status == 200
    read = [each["data"]["documentId"] for each in (*first["events"], *second["events"])]
    assert read == ["document-0", "document-2", "document-3"]


async def test_anothers_event_does_not_exist(tmp_path: Path) -> None:
    async with asked(tmp_path) as it:
        await it.put("wms")
        (owed,) = {each.split()[0] for each in await it.owed()}
        for method, path in (("GET", ""), ("POST", "/redeliver")):
            body = None if method == "GET" else {}
            status, answer = await it.ask(method, f"/v1/events/{owed}{path}", body)
            assert (status, answer["type"]) == (404, "urn:sealgate:problem:event-unknown")


async def test_an_event_is_brought_once_more_to_all_who_want_it(tmp_path: Path) -> None:
    async with asked(tmp_path) as it:
        await it.put("tms")
        (owed,) = await it.owed()
        event_id = owed.split()[0]
        status, answer = await it.ask("POST", f"/v1/events/{event_id}/redeliver", {})
        assert (status, answer) == (202, {"webhooks": ["oms"]})
        assert await it.owed() == [owed]


async def test_a_replay_brings_the_callers_events_of_the_stretch_and_no_others(
    tmp_path: Path,
) -> None:
    async with asked(tmp_path) as it:
        await it.put("tms", "wms", "tms", "tms")
        await it.owed()
        _, page = await it.ask("GET", "/v1/events")
        first, second, third = page["events"]
        stretch = {"after": first["sequence"], "before": third["sequence"]}
        assert await it.ask("POST", "/v1/webhooks/oms/replay", stretch) == (202, {"deliveries": 1})
        assert await it.owed() == [f"{second['id']} target:oms"]
        assert await it.ask("POST", "/v1/webhooks/oms/replay", {}) == (202, {"deliveries": 0})


async def test_anothers_webhook_does_not_exist(tmp_path: Path) -> None:
    async with asked(tmp_path) as it:
        status, answer = await it.ask("POST", "/v1/webhooks/secret/replay", {"after": 0})
        assert (status, answer["type"]) == (404, "urn:sealgate:problem:webhook-unknown")
        _, listed = await it.ask("GET", "/v1/webhooks")
        assert [each["name"] for each in listed["webhooks"]] == ["oms"]


async def test_what_is_no_number_is_told(tmp_path: Path) -> None:
    async with asked(tmp_path) as it:
        for query in ("after=-1", "after=x", "limit=1e3", "after=" + "9" * 40):
            status, answer = await it.ask("GET", f"/v1/events?{query}")
            assert (status, answer["type"]) == (400, "urn:sealgate:problem:request-malformed")
        status, _ = await it.ask("POST", "/v1/webhooks/oms/replay", {"after": "0"})
        assert status == 400
