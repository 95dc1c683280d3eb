"""What one channel has brought and nobody has acknowledged yet."""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from aio_pika.abc import AbstractIncomingMessage
from aiormq.abc import AbstractChannel

from connectors.identity import marked
from connectors.model import Fetched
from connectors.names import plain_name
from connectors.plain_json import plain_fields
from connectors.remembered import Remembered


@dataclass(frozen=True, slots=True)
class _Receipt:
    """What is needed to acknowledge a message, without its body."""

    channel: AbstractChannel
    tag: int


@dataclass(frozen=True, slots=True)
class _Held:
    fetched: Fetched
    receipts: list[_Receipt]


class Intake:
    """The messages of one channel, in the order in which they came; dies with the channel.

    Args:
        max_bytes: a larger body is dropped, and its message is given with a problem.
        durable: ids that were acknowledged before. A message that the broker brings *again* under
            such an id is one whose acknowledgement was lost: it is acknowledged, not given.
    """

    def __init__(self, *, max_bytes: int, durable: Remembered) -> None:
        self._max_bytes = max_bytes
        self._durable = durable
        self._held: dict[str, _Held] = {}
        self._came = asyncio.Condition()
        self.ended = False

    def end(self, *_: object) -> None:
        """The broker has ended the subscription: the queue is gone, or moved to another node."""
        self.ended = True

    async def take(self, message: AbstractIncomingMessage) -> None:
        """The broker brought a message."""
        if message.delivery_tag is None:
            raise ValueError("a message without a delivery tag was not consumed from a queue")
        fetched = self._read(message)
        if message.redelivered and fetched.id in self._durable:
            await message.ack()
            return
        held = self._held.setdefault(fetched.id, _Held(fetched, []))
        held.receipts.append(_Receipt(message.channel, message.delivery_tag))
        async with self._came:
            self._came.notify_all()

    async def gathered(self, number: int, seconds: float) -> None:
        """Wait until so many are here, or so long."""
        try:
            async with asyncio.timeout(seconds), self._came:
                await self._came.wait_for(lambda: len(self._held) >= number)
        except TimeoutError:
            return

    def page(self, most: int) -> tuple[Fetched, ...]:
        """The oldest that nobody has acknowledged."""
        return tuple(
            held.fetched for held, _ in zip(self._held.values(), range(most), strict=False)
        )

    async def acknowledge(self, ids: Iterable[str]) -> None:
        """They may leave the queue; what this channel never brought is remembered only."""
        for id_ in ids:
            self._durable.add(id_)
            held = self._held.pop(id_, None)
            for receipt in held.receipts if held else ():
                await receipt.channel.basic_ack(receipt.tag)

    def _read(self, message: AbstractIncomingMessage) -> Fetched:
        digest = hashlib.sha256(message.body).hexdigest()
        size = len(message.body)
        too_large = size > self._max_bytes
        properties = {
            "message_id": message.message_id,
            "correlation_id": message.correlation_id,
            "content_type": message.content_type,
            "type": message.type,
            "app_id": message.app_id,
            "routing_key": message.routing_key,
        }
        fields = plain_fields({**properties, **message.headers})
        return Fetched(
            id=marked(message.message_id, message.body) if message.message_id else digest,
            name=plain_name(fields.get("name") or message.message_id, otherwise=digest[:16]),
            content=b"" if too_large else message.body,
            fields=fields | {name: value for name, value in properties.items() if value},
            problem=(
                f"the message has {size:,} bytes, and {self._max_bytes:,} are allowed"
                if too_large
                else ""
            ),
        )
