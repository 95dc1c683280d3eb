"""The AMQP connector against RabbitMQ."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractQueue
from pamqp.encode import METHODS

from connectors.amqp.connector import AMQPConnector, AMQPSettings
from connectors.errors import ConnectorAwayError, DeliveryRefusedError
from connectors.model import Delivery
from connectors.tls import TLS
from tests.contracts.connectors.waiting import fetched, until
from tests.servers.process import free_port
from tests.servers.rabbitmq import PASSWORD, Broker


@pytest.fixture
def broker(rabbitmq_broker: Broker) -> Broker:
    return rabbitmq_broker


@dataclass
class Sender:
    """The internal system at the other side of the broker."""

    channel: AbstractChannel
    inbox: AbstractQueue
    outbox: AbstractQueue

    async def send(
        self, body: bytes, *, message_id: str | None = None, **headers: str | int
    ) -> None:
        message = aio_pika.Message(body, message_id=message_id, headers=dict(headers))
        await self.channel.default_exchange.publish(message, self.inbox.name)

    async def waiting(self, queue: AbstractQueue) -> int:
        return int((await queue.declare()).message_count or 0)


@pytest.fixture
async def sender(broker: Broker) -> AsyncIterator[Sender]:
    connection = await aio_pika.connect(
        host="127.0.0.1", port=broker.port, login="sealgate", password=PASSWORD
    )
    async with connection:
        channel = await connection.channel()
        name = uuid.uuid4().hex
        inbox = await channel.declare_queue(
            f"in-{name}", durable=True, arguments={"x-queue-type": "quorum"}
        )
        yield Sender(channel, inbox, await channel.declare_queue(f"out-{name}", durable=True))


def settings(broker: Broker, sender: Sender, **changed: object) -> AMQPSettings:
    values: dict[str, object] = {
        "name": "wms",
        "host": "127.0.0.1",
        "port": broker.port,
        "tls": None,
        "user": "sealgate",
        "password_file": broker.password_file,
        "queue": sender.inbox.name,
        "routing_key": sender.outbox.name,
        "max_bytes": 1000,
        "timeout_seconds": 10.0,
        **changed,
    }
    return AMQPSettings(**values)  # type: ignore[arg-type]


SEALED = Delivery(
    id="d-1", kind="sealed", name="收据.pdf", content=b"%PDF", result={"seal": "章"}, fetched="m-1"
)


async def test_a_message_stays_in_the_queue_until_it_is_acknowledged(
    broker: Broker, sender: Sender
) -> None:
    await sender.send("收据一".encode(), message_id="m-1", name="收据.pdf", company=7)
    async with AMQPConnector(settings(broker, sender)) as connector:
        (first,) = await fetched(connector, 1)
        assert (await connector.fetch(None, most=9)).items == (first,)
    async with AMQPConnector(settings(broker, sender)) as connector:
        (again,) = await fetched(connector, 1)
        await connector.acknowledge([again])
        assert (await connector.fetch(None, most=9)).items == ()
    async with AMQPConnector(settings(broker, sender)) as connector:
        assert (await connector.fetch(None, most=9)).items == ()
    assert (first.id, first.content) == (again.id, "收据一".encode())
    assert first.name == "收据.pdf"
    assert first.fields["company"] == "7"
    assert first.fields["message_id"] == "m-1"


async def test_another_body_under_an_old_message_id_is_another_thing(
    broker: Broker, sender: Sender
) -> None:
    for body in (b"one", b"two", b"one"):
        await sender.send(body, message_id="same")
    async with AMQPConnector(settings(broker, sender)) as connector:
        one, two = await fetched(connector, 2)
        assert one.id != two.id
        await connector.acknowledge([one, two])
    assert await sender.waiting(sender.inbox) == 0


async def test_a_message_that_is_too_large_gets_its_result_and_blocks_nothing(
    broker: Broker, sender: Sender
) -> None:
    await sender.send(b"x" * 1001, message_id="large")
    await sender.send(b"\x00 no JSON")
    async with AMQPConnector(settings(broker, sender)) as connector:
        large, odd = await fetched(connector, 2)
        await connector.acknowledge([large, odd])
    assert large.content == b""
    assert large.problem == "the message has 1,001 bytes, and 1,000 are allowed"
    assert (odd.content, odd.problem) == (b"\x00 no JSON", "")
    assert await sender.waiting(sender.inbox) == 0


async def test_no_more_than_the_prefetch_is_held_at_once(broker: Broker, sender: Sender) -> None:
    for number in range(7):
        await sender.send(b"%d" % number)
    seen = []
    async with AMQPConnector(settings(broker, sender, prefetch=3)) as connector:
        while len(seen) < 7:
            page = await connector.fetch(None, most=100)
            assert len(page.items) <= 3
            await connector.acknowledge(page.items)
            seen += [item.content for item in page.items]
    assert seen == [b"%d" % number for number in range(7)]


async def test_an_acknowledgement_that_a_broken_connection_lost_is_given_when_it_comes_again(
    broker: Broker, sender: Sender
) -> None:
    await sender.send(b"once", message_id="m-1")
    async with AMQPConnector(settings(broker, sender)) as connector:
        page = await fetched(connector, 1)
        assert connector._line is not None
        await connector._line.connection.close()
        await connector.acknowledge(page)

        async def settled() -> bool:
            assert (await connector.fetch(None, most=9)).items == ()
            return await sender.waiting(sender.inbox) == 0

        await until(settled)
    async with AMQPConnector(settings(broker, sender)) as connector:
        assert (await connector.fetch(None, most=9)).items == ()


async def test_a_result_is_a_persistent_json_message_with_the_deliverys_id(
    broker: Broker, sender: Sender
) -> None:
    async with AMQPConnector(settings(broker, sender)) as connector:
        await connector.deliver(SEALED)
        await connector.deliver(SEALED)
    message = await sender.outbox.get(no_ack=True)
    assert message.message_id == "d-1"
    assert message.correlation_id == "m-1"
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert json.loads(message.body) == {
        "id": "d-1",
        "kind": "sealed",
        "name": "收据.pdf",
        "fetched": "m-1",
        "result": {"seal": "章"},
        "content": "JVBERg==",
    }
    assert await sender.waiting(sender.outbox) == 0


async def test_a_result_that_no_queue_would_get_is_not_delivered(
    broker: Broker, sender: Sender
) -> None:
    async with AMQPConnector(settings(broker, sender, routing_key="nobody")) as connector:
        with pytest.raises(ConnectorAwayError, match='connector "wms"'):
            await connector.deliver(SEALED)
        await sender.send(b"still read")
        assert len(await fetched(connector, 1)) == 1


async def test_without_a_routing_key_nothing_is_delivered(broker: Broker, sender: Sender) -> None:
    connector = AMQPConnector(settings(broker, sender, routing_key=None))
    assert not connector.delivers
    with pytest.raises(DeliveryRefusedError, match="routing key"):
        await connector.deliver(SEALED)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"queue": "missing"}, "no queue 'missing'"),
        ({"exchange": "missing"}, "no exchange 'missing'"),
        ({"user": "nobody"}, "refused"),
        ({"password_file": Path("missing")}, "No such file"),
        ({"virtual_host": "/other"}, "other"),
    ],
)
async def test_proving_tells_what_is_wrong_and_no_password(
    broker: Broker, sender: Sender, changed: dict[str, object], told: str
) -> None:
    async with AMQPConnector(settings(broker, sender, **changed)) as connector:
        with pytest.raises(ConnectorAwayError, match=told) as caught:
            await connector.prove()
    assert 'connector "wms" (AMQP, 127.0.0.1' in str(caught.value)
    assert PASSWORD not in str(caught.value) + repr(connector._settings)


async def test_a_broker_that_is_away_is_found_again(broker: Broker, sender: Sender) -> None:
    async with AMQPConnector(settings(broker, sender, port=free_port())) as connector:
        for _ in range(2):
            with pytest.raises(ConnectorAwayError, match="tried again"):
                await connector.fetch(None, most=1)
        connector._settings = settings(broker, sender)
        await connector.prove()


async def test_a_queue_that_was_deleted_and_made_again_is_read_again(
    broker: Broker, sender: Sender
) -> None:
    async with AMQPConnector(settings(broker, sender)) as connector:
        await connector.prove()
        await sender.inbox.delete(if_unused=False, if_empty=False)

        async def away() -> bool:
            try:
                await connector.fetch(None, most=1)
            except ConnectorAwayError:
                return True
            return False

        await until(away)
        await sender.channel.declare_queue(sender.inbox.name, durable=True)
        await sender.send(b"new")
        assert [item.content for item in await fetched(connector, 1)] == [b"new"]


async def test_with_tls_only_a_broker_that_is_known_is_talked_to(
    broker: Broker, sender: Sender
) -> None:
    known = TLS(ca=broker.certificate.ca)
    async with AMQPConnector(settings(broker, sender, port=broker.tls_port, tls=known)) as one:
        await one.prove()
    async with AMQPConnector(settings(broker, sender, port=broker.tls_port, tls=TLS())) as other:
        with pytest.raises(ConnectorAwayError, match="CERTIFICATE_VERIFY_FAILED"):
            await other.prove()


async def test_many_fetches_and_deliveries_at_once_share_one_connection(
    broker: Broker, sender: Sender
) -> None:
    async with AMQPConnector(settings(broker, sender)) as connector:
        await asyncio.gather(
            *(
                connector.deliver(
                    Delivery(id=f"d-{number}", kind="failed", name="", content=b"", result={})
                )
                for number in range(50)
            )
        )
    assert await sender.waiting(sender.outbox) == 50


async def test_ids_and_headers_that_are_no_utf_8_block_nothing(
    broker: Broker, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(METHODS, "shortstr", _gbk_short_string)
        await sender.send(b"first", message_id="运单")
        await sender.send(b"other", message_id="运价")
    with monkeypatch.context() as patched:
        patched.setattr("pamqp.encode.short_string", _gbk_short_string)
        await sender.send(b"header", message_id="m-1", 运单=7)
    await sender.send(b"second", message_id="m-2")
    async with AMQPConnector(settings(broker, sender)) as connector:
        items = await fetched(connector, 4)
        await connector.acknowledge(items)
        assert (await connector.fetch(None, most=9)).items == ()
    assert [item.content for item in items] == [b"first", b"other", b"header", b"second"]
    assert items[0].fields["message_id"].startswith(r"\xd4")
    assert len({item.id for item in items}) == 4
    assert "运单" not in items[2].fields


def _gbk_short_string(value: str) -> bytes:
    encoded = value.encode("gbk")
    return bytes([len(encoded)]) + encoded
