"""What became of documents goes to the connectors that it is owed to, each result once.

What is owed is a row a batch and connector, written before the batch; it has a byte for each item,
which is set once the connector has the result. After a crash in between, the same delivery is made
again under the same id.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import structlog

from connectors.errors import DeliveryRefusedError
from connectors.interfaces import Connector
from connectors.model import Delivery, DeliveryKind
from gateway.declarations.agreement import disagreement
from gateway.feeds.model import Brought
from gateway.feeds.summaries import results_csv
from gateway.signing.archive import Archive
from gateway.store.engines.lane import WriterLane
from gateway.store.rows.batch_items import ItemReader, ItemRow
from gateway.store.rows.batches import BatchReader, BatchRow
from gateway.store.rows.documents import DocumentReader
from gateway.store.rows.feeds import FeedReader, OwedRow, forget_owed, mark_delivered
from policies.objects.systems import System

_MOST_BATCHES = 8
_MOST_AT_ONCE = 128
_MOST_LOOKED_AT = 1000

_log = structlog.get_logger("feeds")
_brought = msgspec.json.Decoder(Brought)


@dataclass(frozen=True, slots=True)
class Stores:
    """What results are read from."""

    batches: BatchReader
    items: ItemReader
    documents: DocumentReader
    archive: Archive
    feeds: FeedReader


class FeedResults:
    """Delivers what is owed to one connector."""

    def __init__(
        self,
        target: str,
        *,
        connector: Connector,
        stores: Stores,
        lane: WriterLane,
        handing_over: asyncio.Lock,
        systems: Callable[[], Mapping[str, System]],
    ) -> None:
        """Join them.

        Args:
            target: the connector's name.
            connector: it.
            stores: what results are read from.
            lane: writes what was delivered.
            handing_over: nothing is delivered while it is held.
            systems: as the officers have them; what is of a system that does not name this
                connector waits.
        """
        self._target = target
        self._connector = connector
        self._stores = stores
        self._lane = lane
        self._handing_over = handing_over
        self._systems = systems
        self._withheld: dict[str, str] = {}
        self._skip = 0

    async def look(self) -> int:
        """Deliver what has ended; gives how many results that were.

        Raises:
            ConnectorError: the place cannot be used now.
            Problem: the store cannot be used now.
        """
        owed = await self._stores.feeds.owed(self._target, most=1000)
        # Batches that wait for people or are paused must not keep the others from being looked at.
        start = self._skip if self._skip < len(owed) else 0
        looked = [*owed[:_MOST_BATCHES], *owed[max(start, _MOST_BATCHES) :][:_MOST_BATCHES]]
        self._skip = start + _MOST_BATCHES
        return sum([await self._deliver(row) for row in looked])

    def _may_have(self, owed: OwedRow) -> bool:
        """Whether the officers of the system let this connector have its documents."""
        why = disagreement(self._target, speaks_for=owed.system, systems=self._systems())
        if why is None:
            self._withheld.pop(owed.system, None)
        elif self._withheld.get(owed.system) != why:
            self._withheld[owed.system] = why
            _log.error("results_withheld", connector=self._target, system=owed.system, error=why)
        return why is None

    async def _deliver(self, owed: OwedRow) -> int:
        if not self._may_have(owed):
            return 0
        batch = await self._stores.batches.of_key(owed.system, owed.batch_key)
        if batch is None or batch.state == "receiving":
            return 0
        brought = _brought.decode(owed.brought)
        delivered = bytearray(owed.delivered)
        count = 0
        while found := await self._next(batch, delivered):
            async with self._handing_over:
                await self._deliver_each(owed, brought, batch, found)
            for item in found:
                delivered[item.number - 1] = 1
            count += len(found)
            await self._lane.write(lambda unit: mark_delivered(unit, owed, bytes(delivered)))
        if batch.is_over and all(delivered):
            await self._deliver_summary(owed, brought, batch)
            await self._lane.write(lambda unit: forget_owed(unit, owed))
        return count

    async def _next(self, batch: BatchRow, delivered: bytearray) -> Sequence[ItemRow]:
        """Items that have ended and whose results are not there, in order."""
        after = delivered.find(0)
        if after < 0:
            return ()
        # Most of a large batch waits or is there already: of that, only the numbers are read.
        ended = await self._stores.items.ended(batch.id, after=after, among=_MOST_LOOKED_AT)
        new = [number for number in ended if not delivered[number - 1]][:_MOST_AT_ONCE]
        if not new:
            return ()
        span = new[-1] - new[0] + 1
        page = await self._stores.items.page(batch.id, after=new[0] - 1, most=span)
        wanted = frozenset(new)
        # What was to be tried again meanwhile waits once more.
        return [item for item in page if item.number in wanted and item.state != "waiting"]

    async def _deliver_each(
        self, owed: OwedRow, brought: Brought, batch: BatchRow, items: Sequence[ItemRow]
    ) -> None:
        answers = await asyncio.gather(
            *(self._deliver_item(owed, brought, batch, item) for item in items),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer

    async def _deliver_item(
        self, owed: OwedRow, brought: Brought, batch: BatchRow, item: ItemRow
    ) -> None:
        content = await self._content(item)
        kind: DeliveryKind = "sealed" if content else "failed"
        came = brought.items[item.number - 1]
        delivery = Delivery(
            id=_delivery_id(owed, came, kind, item) or f"{batch.id}/{item.number}",
            kind=kind,
            name=item.name,
            content=content,
            result=_told(batch, item),
            fetched=_own(owed, came),
        )
        try:
            await self._connector.deliver(delivery)
        except DeliveryRefusedError as error:
            # It stays with the batch, from where its owner can fetch it.
            _log.error(
                "result_refused", connector=self._target, delivery=delivery.id, error=str(error)
            )

    async def _content(self, item: ItemRow) -> bytes:
        if item.document is None or item.state not in {"sealed", "repeated"}:
            return b""
        row = await self._stores.documents.by_id(item.document)
        if row is None:
            return b""
        return b"".join((await self._stores.archive.content_of(row)).content)

    async def _deliver_summary(self, owed: OwedRow, brought: Brought, batch: BatchRow) -> None:
        items = await self._stores.items.page(batch.id, after=0, most=batch.items)
        delivery = Delivery(
            id=f"{batch.id}/results",
            kind="summary",
            name=f"{brought.name or batch.id}.results.csv",
            content=await asyncio.to_thread(results_csv, items),
            result={"batch": batch.id, "items": batch.items, "state": batch.state},
            fetched=_own(owed, brought.manifest),
        )
        try:
            await self._connector.deliver(delivery)
        except DeliveryRefusedError as error:
            _log.error(
                "result_refused", connector=self._target, delivery=delivery.id, error=str(error)
            )


def _delivery_id(owed: OwedRow, came: str | None, kind: DeliveryKind, item: ItemRow) -> str | None:
    """The same however often the thing came; None where nothing did.

    A crash between a batch and its acknowledgement makes a queue or a table give the same things
    again among others, so in another batch. Whoever gets results must not see two of them.
    """
    if came is None:
        return None
    said = (owed.source, came, kind, item.document)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32]


def _own(owed: OwedRow, fetched: str | None) -> str | None:
    """The id of what came by this very connector."""
    return fetched if owed.target == owed.source else None


def _told(batch: BatchRow, item: ItemRow) -> dict[str, object]:
    told: dict[str, object] = {
        "batch": batch.id,
        "item": item.number,
        "name": item.name,
        "state": item.state,
        "businessNumber": item.business_number,
        "documentType": item.document_type,
        "seal": item.seal,
    }
    if item.document is not None:
        told |= {"documentId": item.document, "sha256": (item.output_digest or b"").hex()}
    if item.problem is not None:
        told["problem"] = msgspec.json.decode(item.problem)
    return told
