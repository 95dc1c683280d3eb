"""Queues, tables, HTTP and storage for the contract suite, each behind a proxy that can fail."""

import base64
import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel
from aiobotocore.session import AioSession
from aiohttp import web
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    insert,
    select,
)

from connectors.amqp.connector import AMQPConnector, AMQPSettings
from connectors.http.client import HTTPAccess
from connectors.http.connector import HTTPConnector, HTTPSettings
from connectors.interfaces import Connector
from connectors.s3.connector import S3Connector
from connectors.s3.settings import S3Settings
from connectors.table.connector import TableConnector, TableSettings
from connectors.table.database import DatabaseSettings
from connectors.table.results import ResultTable
from connectors.table.rows import Rows
from tests.contracts.connector_places import Arrived
from tests.servers.process import free_port
from tests.servers.proxy import FaultProxy
from tests.servers.rabbitmq import PASSWORD, Broker

_SESSION = AioSession()


def _opened(body: bytes) -> Arrived:
    told = json.loads(body)
    return Arrived(base64.b64decode(told["content"]), told["result"])


@dataclass
class Behind(ABC):
    """What all of them have: the way to the server, which can break. See `ConnectorPlace`.

    `seconds` is the time-out of connectors that are made from now on.
    """

    proxy: FaultProxy
    seconds: float = field(default=5.0, init=False)

    @abstractmethod
    def connector(self) -> Connector: ...

    @abstractmethod
    async def put(self, name: str, content: bytes) -> None: ...

    @abstractmethod
    async def arrived(self) -> list[Arrived]: ...

    async def go_away(self) -> None:
        await self.proxy.go_away()

    async def come_back(self) -> None:
        await self.proxy.come_back()


@dataclass
class AMQPPlace(Behind):
    """A quorum queue and a queue of results."""

    channel: AbstractChannel
    password_file: Path
    inbox: str
    outbox: str
    came: dict[str, bytes] = field(default_factory=dict)

    def connector(self) -> Connector:
        return AMQPConnector(
            AMQPSettings(
                name="wms",
                host="127.0.0.1",
                port=self.proxy.port,
                tls=None,
                user="sealgate",
                password_file=self.password_file,
                queue=self.inbox,
                routing_key=self.outbox,
                timeout_seconds=self.seconds,
                linger_seconds=0.3,
            )
        )

    async def put(self, name: str, content: bytes) -> None:
        message = aio_pika.Message(content, message_id=name, headers={"name": name})
        await self.channel.default_exchange.publish(message, self.inbox)

    async def arrived(self) -> list[Arrived]:
        queue = await self.channel.get_queue(self.outbox)
        while message := await queue.get(no_ack=True, fail=False):
            assert message.message_id is not None
            self.came.setdefault(message.message_id, message.body)  # as readers are told to
        return [_opened(body) for body in self.came.values()]


@asynccontextmanager
async def amqp_place(broker: Broker) -> AsyncIterator[AMQPPlace]:
    """A place of its own at this broker."""
    connection = await aio_pika.connect(
        host="127.0.0.1", port=broker.port, login="sealgate", password=PASSWORD
    )
    async with connection:
        channel = await connection.channel()
        name = uuid.uuid4().hex
        quorum = {"x-queue-type": "quorum"}
        await channel.declare_queue(f"in-{name}", durable=True, arguments=quorum)
        await channel.declare_queue(f"out-{name}", durable=True)
        async with _proxied(broker.port) as proxy:
            yield AMQPPlace(proxy, channel, broker.password_file, f"in-{name}", f"out-{name}")


@dataclass
class TablePlace(Behind):
    """A table of documents and a table of results."""

    engine: Engine
    inbox: Table
    outbox: Table
    password_file: Path

    def connector(self) -> Connector:
        its = self.engine.url
        url = f"{self.engine.dialect.name}://sealgate@127.0.0.1:{self.proxy.port}/{its.database}"
        return TableConnector(
            TableSettings(
                name="erp",
                database=DatabaseSettings(
                    url=url,
                    password_file=self.password_file,
                    tls=None,
                    timeout_seconds=self.seconds,
                ),
                rows=Rows(
                    table=self.inbox.name,
                    key="id",
                    status="status",
                    content="document",
                    name="name",
                ),
                results=ResultTable(table=self.outbox.name),
            )
        )

    async def put(self, name: str, content: bytes) -> None:
        with self.engine.begin() as connection:
            values = {"status": "new", "document": content, "name": name}
            connection.execute(insert(self.inbox).values(values))

    async def arrived(self) -> list[Arrived]:
        with self.engine.begin() as connection:
            rows = connection.execute(select(self.outbox.c.content, self.outbox.c.result)).all()
        return [Arrived(content or b"", json.loads(result)) for content, result in rows]


@asynccontextmanager
async def table_place(url: str, password: str, directory: Path) -> AsyncIterator[TablePlace]:
    """Two tables of their own in this database; the URL has the password."""
    engine = create_engine(url)
    metadata, name = MetaData(), uuid.uuid4().hex
    inbox = Table(
        f"in_{name}",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("status", String(20)),
        Column("name", String(200)),
        Column("document", LargeBinary(2**24)),
    )
    outbox = Table(
        f"out_{name}",
        metadata,
        Column("id", String(200), primary_key=True),
        *(Column(each, String(200)) for each in ("kind", "name", "fetched")),
        Column("content", LargeBinary(2**24)),
        Column("result", Text),
    )
    metadata.create_all(engine)
    (directory / "password").write_text(password)
    assert engine.url.port is not None
    async with _proxied(engine.url.port) as proxy:
        yield TablePlace(proxy, engine, inbox, outbox, directory / "password")
    metadata.drop_all(engine)
    engine.dispose()


@dataclass
class HTTPPlace(Behind):
    """A server with a list, an address that acknowledges, and a receiver."""

    waiting: list[dict[str, str]] = field(default_factory=list)
    came: dict[str, bytes] = field(default_factory=dict)

    def connector(self) -> Connector:
        base = f"http://127.0.0.1:{self.proxy.port}"
        return HTTPConnector(
            HTTPSettings(
                name="tms",
                list_url=f"{base}/list",
                acknowledge_url=f"{base}/acknowledge",
                deliver_url=f"{base}/results",
                access=HTTPAccess(timeout_seconds=self.seconds),
            )
        )

    async def put(self, name: str, content: bytes) -> None:
        encoded = base64.b64encode(content).decode()
        self.waiting.append({"id": uuid.uuid4().hex, "name": name, "content": encoded})

    async def arrived(self) -> list[Arrived]:
        return [_opened(body) for body in self.came.values()]

    async def list_(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"items": self.waiting})

    async def acknowledge(self, request: web.Request) -> web.Response:
        gone = set((await request.json())["ids"])
        self.waiting = [each for each in self.waiting if each["id"] not in gone]
        return web.Response()

    async def receive(self, request: web.Request) -> web.Response:
        self.came.setdefault(request.headers["Idempotency-Key"], await request.read())
        return web.Response()


@asynccontextmanager
async def http_place() -> AsyncIterator[HTTPPlace]:
    """A server of its own."""
    port = free_port()
    async with _proxied(port) as proxy:
        place = HTTPPlace(proxy)
        app = web.Application()
        app.add_routes(
            [
                web.get("/list", place.list_),
                web.post("/acknowledge", place.acknowledge),
                web.post("/results", place.receive),
            ]
        )
        runner = web.AppRunner(app, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield place
        await runner.cleanup()


@dataclass
class S3Place(Behind):
    """A bucket."""

    client: Any
    bucket: str
    secret_key_file: Path

    def connector(self) -> Connector:
        return S3Connector(
            S3Settings(
                name="lake",
                bucket=self.bucket,
                access_key="sealgate",
                secret_key_file=self.secret_key_file,
                endpoint=f"http://127.0.0.1:{self.proxy.port}",
                inbox="inbox/",
                results="results/",
                timeout_seconds=self.seconds,
            )
        )

    async def put(self, name: str, content: bytes) -> None:
        await self.client.put_object(Bucket=self.bucket, Key=f"inbox/{name}", Body=content)

    async def arrived(self) -> list[Arrived]:
        listed = await self.client.list_objects_v2(Bucket=self.bucket, Prefix="results/")
        keys = {each["Key"] for each in listed.get("Contents", [])}
        found = []
        for key in keys:
            if key.endswith(".result.json"):
                document = key.removesuffix(".result.json")
                content = await self._get(document) if document in keys else b""
                found.append(Arrived(content, json.loads(await self._get(key))))
        return found

    async def _get(self, key: str) -> bytes:
        answer = await self.client.get_object(Bucket=self.bucket, Key=key)
        return bytes(await answer["Body"].read())


@asynccontextmanager
async def s3_place(endpoint: str, directory: Path) -> AsyncIterator[S3Place]:
    """A bucket of its own at this server."""
    (directory / "secret").write_text("secret")
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            _SESSION.create_client(
                "s3",
                endpoint_url=endpoint,
                region_name="us-east-1",
                aws_access_key_id="other",
                aws_secret_access_key="other",  # noqa: S106 - moto knows every key
            )
        )
        name = f"b-{uuid.uuid4().hex}"
        await client.create_bucket(Bucket=name)
        port = int(endpoint.rpartition(":")[2])
        proxy = await stack.enter_async_context(_proxied(port))
        yield S3Place(proxy, client, name, directory / "secret")


@asynccontextmanager
async def _proxied(server_port: int) -> AsyncIterator[FaultProxy]:
    proxy = FaultProxy(server_port)
    await proxy.come_back()
    yield proxy
    await proxy.go_away()
