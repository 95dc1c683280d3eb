"""Deliveries to real receivers that answer well, badly, late or not at all."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from gateway.returns.records import Standing
from gateway.returns.schedule import PAUSES
from tests.delivering_house import DeliveringHouse, a_webhook, delivering_house
from tests.running_gateway import until
from tests.webhook_receiver import webhook_server


async def test_an_event_is_delivered_and_its_job_is_over(tmp_path: Path) -> None:
    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url)) as house,
    ):
        await house.put()
        (received,) = await server.got(1)
        (standing,) = await _standings(house, "delivered")

        assert await house.states() == []
    body = json.loads(received.body)
    assert received.id == body["id"] == standing.event
    assert body["type"] == "document.sealed"
    assert body["data"]["businessNumber"] == "运单-1"
    assert (standing.tries, standing.answer) == (1, "HTTP 204")


async def test_in_a_maintenance_window_events_wait(tmp_path: Path) -> None:
    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url)) as house,
    ):
        house.pauses.append("the OMS is being moved")
        await house.put()
        assert await house.states() == ["waiting"]
        house.pauses.clear()
        await server.got(1)


async def test_what_fails_comes_again_under_the_same_id_when_its_pause_is_over(
    tmp_path: Path,
) -> None:
    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url)) as house,
    ):
        server.answers = [500, 503]
        await house.put()
        await server.got(1)
        (standing,) = await _standings(house, "failing")
        assert standing.answer == "HTTP 500"

        house.clock.move(PAUSES[0])
        await server.got(2)
        await _standings(house, "failing", tries=2)
        house.clock.move(PAUSES[1])
        received = await server.got(3)
        (standing,) = await _standings(house, "delivered")

    assert standing.tries == 3
    assert len({each.id for each in received}) == 1
    assert len({each.body for each in received}) == 1
    # The moment of each try is its own, and signed with it.
    assert len({each.headers["webhook-timestamp"] for each in received}) == 3
    assert len({each.headers["webhook-signature"] for each in received}) == 3


async def test_after_three_days_it_is_given_up_and_kept_as_a_dead_letter(tmp_path: Path) -> None:
    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url)) as house,
    ):
        server.always = 500
        began = house.clock.now()
        await house.put()
        for tries, pause in enumerate(PAUSES, start=1):
            await server.got(tries)
            await _standings(house, "failing", tries=tries)
            house.clock.move(pause)
        await server.got(len(PAUSES) + 1)
        await _standings(house, "given-up")

        assert await house.states() == ["dead"]
        assert house.clock.now() - began > timedelta(days=3)


async def test_a_receiver_that_timed_out_after_having_processed_can_tell_by_the_id(
    tmp_path: Path,
) -> None:
    done = asyncio.Event()

    async def processes_and_hangs(_request: web.Request) -> web.StreamResponse:
        await done.wait()
        return web.Response(status=204)

    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url, timeout_seconds=0.2)) as house,
    ):
        server.answers = [processes_and_hangs]
        await house.put()
        await server.got(1)
        (standing,) = await _standings(house, "failing")
        assert standing.answer == "no answer within 0.2 s"
        done.set()
        house.clock.move(PAUSES[0])
        first, second = await server.got(2)
        await _standings(house, "delivered")
    assert first.id == second.id


async def test_a_target_that_is_slow_delays_no_other(tmp_path: Path) -> None:
    never = asyncio.Event()

    async def hangs(_request: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response(status=204)

    async with webhook_server() as slow, webhook_server() as quick:
        slow.always = hangs
        webhooks = (
            a_webhook(slow.url, name="slow", most_at_once=2, timeout_seconds=60),
            a_webhook(quick.url, name="quick"),
        )
        async with delivering_house(tmp_path, *webhooks) as house:
            for number in range(50):
                await house.put(number)
            await quick.got(50)

            assert len(slow.received) == 2
            never.set()
            await slow.got(50)


async def test_a_target_that_is_away_is_left_alone_and_loses_no_tries(tmp_path: Path) -> None:
    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url, most_at_once=1)) as house,
    ):
        server.always = 503
        for number in range(20):
            await house.put(number)
        line = house.delivering.lines["target:oms"]
        await until(lambda: line.circuit.is_away and not line.leases)
        assert len(server.received) == 5

        server.always = 204
        house.clock.move(PAUSES[1])
        received = await server.got(25)
        await _standings(house, "delivered", count=20)

    assert len({each.id for each in received}) == 20
    assert not line.circuit.is_away


async def test_a_target_says_when_it_wants_to_be_asked_again(tmp_path: Path) -> None:
    async def overloaded(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "120"}, text="slow\ndown")

    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url)) as house,
    ):
        server.answers = [overloaded]
        await house.put()
        await server.got(1)
        (standing,) = await _standings(house, "failing")
        assert standing.answer == "HTTP 429: slow down"
        house.clock.move(timedelta(seconds=119))
        await house.put(2)
        assert len(server.received) == 1
        house.clock.move(timedelta(seconds=1))
        await server.got(3)


async def test_a_target_that_is_gone_gets_nothing_more(tmp_path: Path) -> None:
    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url, most_at_once=1)) as house,
    ):
        server.always = 410
        for number in range(3):
            await house.put(number)
        await server.got(1)
        await until(lambda: house.gone)
        house.clock.move(timedelta(days=1))
        await house.put(3)

        assert house.gone == [("target:oms", "HTTP 410")]
        assert len(server.received) == 1
        # What was at hand goes back to the queue.
        await _jobs_are(house, ["waiting"] * 4)

        server.always = 204
        house.delivering.resume("target:oms")
        await server.got(5)


async def test_nobody_is_followed_to_another_address(tmp_path: Path) -> None:
    async def elsewhere(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect("/elsewhere")

    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url)) as house,
    ):
        server.answers = [elsewhere]
        await house.put()
        (received,) = await server.got(1)
        (standing,) = await _standings(house, "failing")
        assert standing.answer.startswith("HTTP 307")
        assert received.path == "/hooks/sealgate"


async def test_an_answer_without_end_is_cut_off(tmp_path: Path) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=200)
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async with (
        webhook_server() as server,
        delivering_house(tmp_path, a_webhook(server.url)) as house,
    ):
        server.answers = [endless]
        await house.put()
        await _standings(house, "delivered")


async def test_what_was_on_its_way_when_the_gateway_died_comes_again(tmp_path: Path) -> None:
    async with webhook_server() as server:
        webhook = a_webhook(server.url)
        async with delivering_house(tmp_path, webhook, deliver=False) as house:
            await house.put()
            # Claimed, and then nothing more: as a kill between claim and answer leaves it.
            await house.queue.claim("deliver", most=1)
            (event_id,) = house.ids()
        async with delivering_house(tmp_path, webhook):
            (received,) = await server.got(1)
    assert received.id == event_id


async def test_jobs_of_a_webhook_that_is_not_declared_wait_for_it(tmp_path: Path) -> None:
    async with webhook_server() as server:
        async with delivering_house(tmp_path, a_webhook(server.url), deliver=False) as house:
            await house.put()
        async with delivering_house(tmp_path, a_webhook(server.url, name="wms")) as without:
            await until(lambda: without.delivering._unknown == {"target:oms"})
            await _jobs_are(without, ["waiting"])
        async with delivering_house(tmp_path, a_webhook(server.url)) as again:
            await server.got(1)
            (standing,) = await _standings(again, "delivered")
    assert standing.tries == 1


async def _jobs_are(house: DeliveringHouse, states: list[str]) -> None:
    """Wait until the jobs are in these states."""
    async with asyncio.timeout(20):
        while await house.states() != states:
            await asyncio.sleep(0.01)


async def _standings(
    house: DeliveringHouse, state: str, *, tries: int | None = None, count: int = 1
) -> list[Standing]:
    """Wait until so many deliveries are in that state."""

    found: list[Standing] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found = [
                each
                for event_id in house.ids()
                for each in await house.events.standings(event_id)
                if each.state == state and tries in {None, each.tries}
            ]
            await asyncio.sleep(0.01)
    return found
