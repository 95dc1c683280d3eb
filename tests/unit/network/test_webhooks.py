"""Organisations are called when something came into their feed."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook as Receiver

from cloud_bridge.keys import verify
from cloud_bridge.network.store import schema
from cloud_bridge.network.webhooks.model import Call, CallData, Webhook
from tests.network_house import Company, NetworkHouse, ProblemAnswer, network_house
from tests.webhook_receiver import Received, webhook_server


async def _add(company: Company, url: str) -> Webhook:
    answer = await company.ask("POST", "/v1/webhooks", {"url": url})
    return msgspec.json.decode(answer, type=Webhook)


async def _owed(house: NetworkHouse) -> int:
    count = select(func.count()).select_from(schema.notice)
    return int(await house.core.lane.read(lambda connection: connection.scalar(count)) or 0)


def _call(received: Received) -> Call:
    return msgspec.json.decode(received.body, type=Call)


async def test_a_call_is_signed_with_the_secret_and_with_the_networks_key(
    house: NetworkHouse, buyer: Company
) -> None:
    async with webhook_server() as server:
        webhook = await _add(buyer, server.url)
        draft = buyer.draft(buyer.party("buyer"))
        await draft.send()
        (received, *_) = await server.got(1)
    assert _call(received).data == CallData(envelope=draft.id, sequence=1, act="sent")
    signatures = dict(each.split(",") for each in received.headers["webhook-signature"].split(" "))
    signed = f"{received.id}.{received.headers['webhook-timestamp']}.".encode() + received.body
    raw = msgspec.json.decode(f'"{signatures["v1a"]}"'.encode(), type=bytes)
    assert verify(house.network_key, signed, raw)
    receiver = Receiver(webhook.secret)
    # Standard Webhooks' own library compares the time with the machine's; the house has its own.
    at = house.time.now().fromtimestamp(
        int(received.headers["webhook-timestamp"]), tz=house.time.now().tzinfo
    )
    assert receiver.sign(received.id, at, received.body.decode()) == f"v1,{signatures['v1']}"


async def test_only_who_takes_part_is_called(house: NetworkHouse, buyer: Company) -> None:
    stranger = await house.company("Stranger GmbH")
    async with webhook_server() as server:
        await _add(stranger, f"{server.url}/stranger")
        await _add(buyer, f"{server.url}/buyer")
        await buyer.draft(buyer.party("buyer")).send()
        received = await server.got(1)
        assert [each.path for each in received] == ["/hooks/sealgate/buyer"]
        async with asyncio.timeout(20):
            while await _owed(house):
                await asyncio.sleep(0)


async def test_who_does_not_take_it_is_called_again_under_the_same_id(
    house: NetworkHouse, buyer: Company
) -> None:
    async with webhook_server() as server:
        server.answers = [500]
        await _add(buyer, server.url)
        await buyer.draft(buyer.party("buyer")).send()
        await server.got(1)
        house.time.move(timedelta(minutes=10))
        first, second = await server.got(2)
    assert (first.id, first.body) == (second.id, second.body)


async def test_what_is_owed_survives_a_restart(tmp_path: Path) -> None:
    async with network_house(tmp_path) as house:
        buyer = await house.company("买方有限公司")
        async with webhook_server() as nobody_there:
            url = nobody_there.url
        await _add(buyer, url)
        draft = buyer.draft(buyer.party("buyer"))
        await draft.send()
        assert await _owed(house) == 1
    house.time.move(timedelta(days=1))
    async with network_house(tmp_path, time=house.time) as house:
        assert await _owed(house) == 1


async def test_who_says_gone_is_called_no_more_until_it_asks_again(
    house: NetworkHouse, buyer: Company
) -> None:
    async with webhook_server() as server:
        server.answers = [410]
        webhook = await _add(buyer, server.url)
        await buyer.draft(buyer.party("buyer")).send()
        await server.got(1)
        draft = buyer.draft(buyer.party("buyer"))
        async with asyncio.timeout(20):
            while (await _listed(buyer))[0].is_on:
                await asyncio.sleep(0)
        await draft.send()
        assert await _owed(house) == 0
        again = await _add(buyer, server.url)
        assert (again.id, again.is_on) == (webhook.id, True)
        await buyer.ask("DELETE", f"/v1/webhooks/{webhook.id}")
        assert await _listed(buyer) == []
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.ask("DELETE", f"/v1/webhooks/{webhook.id}")
        assert refused.value.status == 404


async def _listed(company: Company) -> list[Webhook]:
    answer = await company.ask("GET", "/v1/webhooks")
    return msgspec.json.decode(answer, type=dict[str, list[Webhook]])["webhooks"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://[::ffff:127.0.0.1]/hook",
        "https://[::127.0.0.1]/hook",
        "https://[64:ff9b::7f00:1]/hook",
        "https://①②⑦.⓪.⓪.①/hook",
        "https://127。0。0。1/hook",
        "https://１０.1.2.3/hook",
        "https://[::1/hook",
        "https://10.1.2.3/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://user@example.com/hook",
        "ftp://example.com/hook",
        "hook",
    ],
)
async def test_the_network_is_not_led_into_its_own_house(url: str, tmp_path: Path) -> None:
    async with network_house(tmp_path, webhooks={"private_addresses": False}) as house:
        buyer = await house.company("买方有限公司")
        with pytest.raises(ProblemAnswer) as refused:
            await _add(buyer, url)
        assert refused.value.type == "webhook-address"
        # A name that resolves to an address within is found when it is called.
        await _add(buyer, "https://localhost:9/hook")
        await buyer.draft(buyer.party("buyer")).send()
        assert await _owed(house) == 1
