"""Receipts come by a queue of RabbitMQ and by a table of PostgreSQL, and each is answered once."""

import base64
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractQueue
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

from tests.contracts.connectors.waiting import until
from tests.running_gateway import RECEIPT, RunningGateway, copy_of
from tests.servers.postgresql import postgresql
from tests.servers.rabbitmq import PASSWORD, Broker, rabbitmq

RECEIPTS = 25

QUEUE = """\
apiVersion: sealgate/v1
kind: Connector
metadata: {{name: tms-queue}}
spec:
  system: tms
  pollSeconds: 0.2
  most: 10
  amqp:
    host: 127.0.0.1
    port: {broker.tls_port}
    user: sealgate
    passwordFile: {broker.password_file}
    tls: {{ca: {broker.certificate.ca}}}
    queue: to-seal
    routingKey: sealed
  mapping:
    document: {{json: /document}}
    seal: receipt-east
    documentType: logistics-receipt
    businessNumber: {{json: /number}}
    attributes:
      amount_cents: {{json: /cents}}
"""

ROWS = """\
apiVersion: sealgate/v1
kind: Connector
metadata: {{name: erp-rows}}
spec:
  system: tms
  pollSeconds: 0.2
  most: 10
  table:
    url: postgresql://sealgate@127.0.0.1:{port}/postgres
    passwordFile: {password_file}
    tls: null
    rows: {{table: 回单, key: id, status: status, content: document, fields: [number, cents]}}
    rowResults: {{result: result, content: sealed}}
  mapping:
    seal: receipt-east
    documentType: logistics-receipt
    businessNumber: {{field: number}}
    attributes:
      amount_cents: {{field: cents}}
"""

ERP = Table(
    "回单",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("status", String(20)),
    Column("number", String(50)),
    Column("cents", Integer),
    Column("document", LargeBinary),
    Column("sealed", LargeBinary),
    Column("result", Text),
)


@dataclass
class Tms:
    """The system behind the queue. It keeps answers by document, then by message-id."""

    channel: AbstractChannel
    sealed: AbstractQueue
    answers: dict[str, dict[str, dict[str, Any]]]

    async def send(self, body: bytes, name: str) -> None:
        message = aio_pika.Message(body, headers={"name": name})
        await self.channel.default_exchange.publish(message, "to-seal")

    async def take(self) -> int:
        """Read all answers that are there; how many documents have one."""
        while message := await self.sealed.get(no_ack=True, fail=False):
            answer = json.loads(message.body)
            if answer["kind"] != "summary":
                assert message.message_id is not None
                self.answers[answer["name"]][message.message_id] = answer
        return len(self.answers)


@dataclass
class House:
    """A gateway, a broker and a database."""

    gateway: RunningGateway
    broker: Broker
    engine: Engine

    @asynccontextmanager
    async def tms(self) -> AsyncIterator[Tms]:
        connection = await aio_pika.connect(
            host="127.0.0.1", port=self.broker.port, login="sealgate", password=PASSWORD
        )
        async with connection:
            channel = await connection.channel()
            quorum = {"x-queue-type": "quorum"}
            await channel.declare_queue("to-seal", durable=True, arguments=quorum)
            sealed = await channel.declare_queue("sealed", durable=True)
            yield Tms(channel, sealed, defaultdict(dict))

    def put_rows(self) -> None:
        with self.engine.begin() as connection:
            for number in range(RECEIPTS):
                values = {"status": "new", "number": f"T-{number}", "cents": 1}
                connection.execute(insert(ERP).values({**values, "document": RECEIPT}))

    def rows(self) -> list[dict[str, Any]]:
        with self.engine.begin() as connection:
            return [dict(row) for row in connection.execute(select(ERP)).mappings()]


@pytest.fixture(scope="module")
def house(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    gateway = RunningGateway(copy_of(trial_template, tmp_path_factory.mktemp("queue") / "var"))
    connectors, policies = gateway.trial.connectors, gateway.trial.policies
    password = gateway.trial.directory / "erp-password"
    password.write_text(PASSWORD)
    systems = policies / "systems.yaml"
    agreed = systems.read_text().replace(
        "connectors: [folder]", "connectors: [folder, tms-queue, erp-rows]"
    )
    systems.write_text(agreed)
    with rabbitmq() as broker, postgresql(PASSWORD) as port:
        engine = create_engine(
            f"postgresql+psycopg://sealgate:{PASSWORD}@127.0.0.1:{port}/postgres"
        )
        ERP.metadata.create_all(engine)
        (connectors / "queue.yaml").write_text(QUEUE.format(broker=broker))
        (connectors / "rows.yaml").write_text(ROWS.format(port=port, password_file=password))
        yield House(gateway, broker, engine)
        if gateway.process is not None and gateway.process.poll() is None:
            gateway.stop()
        engine.dispose()


async def test_each_receipt_of_a_queue_and_a_table_is_answered_once_though_the_gateway_is_killed(
    house: House,
) -> None:
    async with house.tms() as tms:
        document = base64.b64encode(RECEIPT).decode()
        for number in range(RECEIPTS):
            waybill = {"number": f"Q-{number}", "cents": 100 + number, "document": document}
            await tms.send(json.dumps(waybill).encode(), f"Q-{number}")
        await tms.send(b"\x00 this is no JSON", "poison")
        house.put_rows()

        async def answered(number: int) -> bool:
            written = [row for row in house.rows() if row["result"] is not None]
            return await tms.take() >= number and len(written) >= min(number, RECEIPTS)

        house.gateway.start()
        await until(partial(answered, 3), seconds=60)
        house.gateway.kill_gateway()
        house.gateway.start()
        await until(partial(answered, RECEIPTS + 1), seconds=60)

    assert {name: len(each) for name, each in tms.answers.items()} == {
        "poison": 1,
        **{f"Q-{number}": 1 for number in range(RECEIPTS)},
    }
    (poison,) = tms.answers.pop("poison").values()
    assert poison["kind"] == "failed"
    assert poison["result"]["problem"]["cure"]
    answers = [answer for each in tms.answers.values() for answer in each.values()]
    rows = house.rows()
    assert {row["status"] for row in rows} == {"sealed"}
    sealed = [base64.b64decode(answer["content"]) for answer in answers]
    sealed += [row["sealed"] for row in rows]
    assert all(document.startswith(RECEIPT) for document in sealed)
    results = [answer["result"] for answer in answers]
    results += [json.loads(row["result"]) for row in rows]
    assert len({result["documentId"] for result in results}) == 2 * RECEIPTS


async def test_a_connector_is_proved_before_it_is_used(house: House) -> None:
    proved = house.gateway.run("connectors", "test", "erp-rows")
    assert proved.returncode == 0, proved.stdout + proved.stderr
