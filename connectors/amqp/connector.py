"""AMQP 0-9-1 (RabbitMQ): a queue that documents come from, an exchange that results go to.

Consuming is by hand-given acknowledgement: a message leaves the queue when `acknowledge` was
called for it and not before; what a broken connection held comes again. Publishing is persistent,
mandatory and confirmed. A confirmation that was lost on its way makes the same message go out
again, with the same message-id: AMQP knows no other way, so whoever reads drops what he has seen.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import aio_pika
from aio_pika import exceptions
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractQueue

from connectors.amqp.intake import Intake
from connectors.amqp.settings import AMQPSettings
from connectors.amqp.texts import accept_any_text
from connectors.errors import ConnectorAwayError, DeliveryRefusedError
from connectors.model import Delivery, Fetched, Page
from connectors.plain_json import delivery_json
from connectors.remembered import Remembered
from connectors.secret_files import first_line

_AWAY: Final = (*exceptions.CONNECTION_EXCEPTIONS, TimeoutError, ValueError)
_HEARTBEAT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class _Line:
    """One connection to the broker, with what was opened on it."""

    connection: AbstractConnection
    queue: AbstractQueue | None
    intake: Intake
    publishing: AbstractChannel

    @property
    def usable(self) -> bool:
        channels = [self.publishing, *([self.queue.channel] if self.queue else [])]
        return not (
            self.connection.is_closed
            or self.intake.ended
            or any(channel.is_closed for channel in channels)
        )


class AMQPConnector:
    """See `Connector`. The cursor is always None: the queue itself knows what is still owed."""

    def __init__(self, settings: AMQPSettings) -> None:
        accept_any_text()
        self._settings = settings
        self.fetches = settings.queue is not None
        self.delivers = settings.routing_key is not None
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()
        self._durable = Remembered()
        self._delivered = Remembered()

    async def __aenter__(self) -> Self:
        """See `Connector`; the broker is called with the first use."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up; what is unacknowledged goes back to the queue."""
        await self._hang_up()

    async def fetch(self, cursor: str | None, *, most: int) -> Page:
        """The oldest messages that nobody acknowledged; waits `linger_seconds` for more at most."""
        del cursor
        try:
            line = await self._connected()
            if line.queue is None:
                return Page(items=(), cursor=None)
            await line.intake.gathered(
                min(most, self._settings.prefetch), self._settings.linger_seconds
            )
            items = line.intake.page(most)
            if not items:  # an empty queue looks like one that is gone
                await line.queue.declare(timeout=self._settings.timeout_seconds)
        except _AWAY as error:
            raise await self._away(error) from error
        return Page(items=items, cursor=None)

    async def acknowledge(self, fetched: Sequence[Fetched]) -> None:
        """See `Connector`."""
        try:
            line = await self._connected()
            await line.intake.acknowledge(one.id for one in fetched)
        except _AWAY as error:
            raise await self._away(error) from error

    async def deliver(self, delivery: Delivery) -> None:
        """Publish it as JSON; returns when the broker has it on its disks."""
        key = self._settings.routing_key
        if key is None:
            raise DeliveryRefusedError(
                f"{self}: it has no routing key. Name one, or do not return here."
            )
        if delivery.id in self._delivered:
            return
        message = aio_pika.Message(
            delivery_json(delivery),
            message_id=delivery.id,
            correlation_id=delivery.fetched,
            type=f"sealgate.{delivery.kind}",
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        try:
            line = await self._connected()
            exchange = await line.publishing.get_exchange(self._settings.exchange, ensure=False)
            await exchange.publish(
                message, key, mandatory=True, timeout=self._settings.timeout_seconds
            )
        except exceptions.ChannelPreconditionFailed as error:
            raise DeliveryRefusedError(
                f"{self}: the broker refuses {len(message.body):,} bytes: {error}. "
                "Raise its max_message_size."
            ) from error
        except _AWAY as error:
            raise await self._away(error) from error
        self._delivered.add(delivery.id)

    async def prove(self) -> None:
        """Log in, and see that the queue and the exchange are there."""
        try:
            line = await self._connected()
            its = self._settings
            if line.queue is not None:
                await line.queue.declare(timeout=its.timeout_seconds)
            if its.routing_key is not None and its.exchange:
                await line.publishing.get_exchange(its.exchange, ensure=True)
            elif its.routing_key is not None:
                await line.publishing.declare_queue(its.routing_key, passive=True)
        except _AWAY as error:
            raise await self._away(error) from error

    async def _connected(self) -> _Line:
        async with self._connecting:
            if self._line is None or not self._line.usable:
                await self._hang_up()
                self._line = await self._dial()
            return self._line

    async def _dial(self) -> _Line:
        its = self._settings
        connection = await aio_pika.connect(
            host=its.host,
            port=its.port,
            login=its.user,
            password=first_line(its.password_file),
            virtualhost=its.virtual_host,
            ssl=its.tls is not None,
            ssl_context=its.tls.context() if its.tls else None,
            timeout=its.timeout_seconds,
            heartbeat=_HEARTBEAT_SECONDS,
            client_properties={"connection_name": f"sealgate {its.name}"},
        )
        try:
            async with asyncio.timeout(its.timeout_seconds):
                intake = Intake(max_bytes=its.max_bytes, durable=self._durable)
                queue = await self._consume(connection, intake) if its.queue else None
                publishing = await connection.channel(on_return_raises=True)
        except BaseException:
            await connection.close()
            raise
        return _Line(connection, queue, intake, publishing)

    async def _consume(self, connection: AbstractConnection, intake: Intake) -> AbstractQueue:
        channel = await connection.channel(publisher_confirms=False)
        await channel.set_qos(prefetch_count=self._settings.prefetch)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(intake.end)
        queue = await channel.declare_queue(self._settings.queue, passive=True)
        await queue.consume(intake.take)
        return queue

    async def _away(self, error: BaseException) -> ConnectorAwayError:
        await self._hang_up()
        reason = str(error) or type(error).__name__
        return ConnectorAwayError(
            f"{self}: {reason}. Is the broker running, are host, virtual host, user and "
            "password right, and are the queue and the exchange there? It is tried again."
        )

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is None:
            return
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                await line.connection.close()
        except _AWAY:
            return  # it is gone already

    def __str__(self) -> str:
        """Which connector, for its errors."""
        its = self._settings
        return f'connector "{its.name}" (AMQP, {its.host}:{its.port}{its.virtual_host})'
