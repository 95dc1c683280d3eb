"""What a connector brings becomes batches: durable here before the place is told so.

Whatever breaks in between, the next look fetches the same ids, and they are the key of the batch.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

import msgspec

from connectors.interfaces import Connector
from connectors.model import Fetched, Page
from gateway.batches.model import BatchOrder, NewItem, ReadItem
from gateway.batches.service import BatchService
from gateway.clock import Clock
from gateway.declarations.library import DeclaredConnector
from gateway.declarations.mapping import MappingSpec
from gateway.feeds.manifests import batches_of, read_items
from gateway.feeds.mapping import Mapper
from gateway.feeds.model import Brought
from gateway.feeds.texts import DocumentTexts
from gateway.randomness import random_bytes
from gateway.seals.in_force import InForce
from gateway.signing.callers import caller_now
from gateway.signing.errors import IdempotencyKeyReusedProblem
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.feeds import FeedReader, OwedRow, keep_cursor, owe
from policies.objects.documents import Attribute

_encode = msgspec.json.Encoder().encode


class FeedIntake:
    """Takes in what one connector brings."""

    def __init__(
        self,
        declared: DeclaredConnector,
        mapping: MappingSpec,
        *,
        connector: Connector,
        batches: BatchService,
        lane: WriterLane,
        reader: FeedReader,
        in_force: Callable[[], InForce],
        clock: Clock,
        texts: DocumentTexts,
        handing_over: asyncio.Lock,
    ) -> None:
        """Join them; `handing_over` is held until what became durable is also acknowledged."""
        self._declared = declared
        self._spec = mapping
        self._connector = connector
        self._batches = batches
        self._lane = lane
        self._reader = reader
        self._in_force = in_force
        self._clock = clock
        self._texts = texts
        self._handing_over = handing_over
        self._mapper = Mapper(mapping, self._attributes)

    async def look(self) -> int:
        """Take in one page; gives how many things were on it.

        Raises:
            ConnectorError: the place cannot be used now.
            Problem: nothing can be taken in now, or the system is not known any more.
        """
        name = self._declared.name
        before = await self._reader.cursor(name)
        page = await self._connector.fetch(before, most=self._declared.most)
        if page.items:
            async with self._handing_over:
                await self._hand_over(page)
        return len(page.items)

    async def _hand_over(self, page: Page) -> None:
        for manifest, documents in batches_of(page.items, self._spec):
            await self._submit(manifest, documents)
        name, cursor = self._declared.name, page.cursor
        if cursor is not None:
            await self._lane.write(lambda unit: keep_cursor(unit, name, cursor))
        await self._connector.acknowledge(page.items)

    async def _submit(self, manifest: Fetched | None, documents: Sequence[Fetched]) -> None:
        # Lists of ten thousand rows take their time, which is nobody else's.
        texts = {} if self._spec.text is None else await self._texts.of(documents)
        items = await asyncio.to_thread(read_items, self._mapper, manifest, documents, texts)
        every = documents if manifest is None else [*documents, manifest]
        order = BatchOrder(
            caller=caller_now(self._in_force(), self._declared.system, at=self._clock.now()),
            idempotency_key=_key(self._declared.name, every),
            trace_id=random_bytes(16).hex(),
            source=self._declared.name,
        )
        brought = _brought(items, manifest, every)
        await self._lane.write(lambda unit: self._owe(unit, order, brought))
        try:
            await self._batches.submit(order, _each(items))
        except IdempotencyKeyReusedProblem:
            # They were taken in before, and the mapping has changed since: what was durable stays.
            return

    def _owe(self, transaction: Transaction, order: BatchOrder, brought: Brought) -> None:
        for target in self._declared.returns_to:
            row = OwedRow(
                target=target,
                system=order.caller.system,
                batch_key=order.idempotency_key,
                source=self._declared.name,
                brought=_encode(brought),
                delivered=bytes(len(brought.items)),
            )
            owe(transaction, row, at=self._clock.now())

    def _attributes(self, document_type: str) -> Mapping[str, Attribute]:
        known = self._in_force().bundle.document_types.get(document_type)
        return {} if known is None else known.attributes


def _brought(
    items: Sequence[ReadItem], manifest: Fetched | None, fetched: Sequence[Fetched]
) -> Brought:
    ids = {each.name: each.id for each in fetched}
    names = (item.request.name if isinstance(item, NewItem) else item.name for item in items)
    if manifest is None:
        return Brought(items=tuple(each.id for each in fetched))
    # A file that several rows name has its results once; the others are rows without a file.
    return Brought(
        items=tuple(ids.pop(name, None) for name in names),
        manifest=manifest.id,
        name=manifest.name.rpartition(".")[0],
    )


def _key(connector: str, fetched: Iterable[Fetched]) -> str:
    digest = hashlib.sha256(_encode([each.id for each in fetched])).hexdigest()
    return f"feed:{connector}:{digest}"


async def _each(items: Iterable[ReadItem]) -> AsyncIterator[ReadItem]:
    for item in items:
        yield item
