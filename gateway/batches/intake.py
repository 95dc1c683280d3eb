"""Batches are taken in: page by page onto the disk, and open only once all of it is there.

Nothing of a batch is sealed before its last byte has come and was found to be what was signed for.
A batch that broke off was never answered, so the repeat begins it anew.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import msgspec

from gateway.batches.checking import BatchChecking
from gateway.batches.errors import (
    BatchEmptyProblem,
    BatchRefusedProblem,
    BatchTakenElsewhereProblem,
)
from gateway.batches.inputs import Page, PageMaker
from gateway.batches.interfaces import Owing
from gateway.batches.keyed import Keyed
from gateway.batches.model import BatchOrder, NewItem, ReadItem
from gateway.batches.problems import kept
from gateway.batches.queueing import Queueing
from gateway.clock import Clock
from gateway.errors import Problem
from gateway.jobs.admission import Admission
from gateway.signing.errors import IdempotencyKeyReusedProblem
from gateway.signing.ids import new_document_id
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.errors import StoreProblem
from gateway.store.files.content import Location
from gateway.store.rows.batch_items import ItemRow, fail_item, fail_waiting, put_item
from gateway.store.rows.batches import (
    BatchRow,
    batch_by_id,
    batch_of_key,
    change_batch,
    forget_batch,
    put_batch,
)
from gateway.store.rows.documents import remember_nonce

_NOT_KNOWN_YET = bytes(32)


class BatchIntake:
    """Takes batches in."""

    def __init__(
        self,
        *,
        lane: WriterLane,
        clock: Clock,
        checking: BatchChecking,
        queueing: Queueing,
        admission: Admission,
        owing: Owing,
    ) -> None:
        self._admission = admission
        self._owing = owing
        self._lane = lane
        self._clock = clock
        self._checking = checking
        self._queueing = queueing
        self._under_way = Keyed()

    async def submit(self, order: BatchOrder, items: AsyncIterator[ReadItem]) -> BatchRow:
        """Take all of it in, durably; gives the batch, which is done from then on.

        The same key with the same content gives the batch that it gave before.

        Args:
            order: whose it is, and how it is to be done.
            items: read as they are needed. What they raise ends the batch: it never was.

        Raises:
            IdempotencyKeyReusedProblem: the key came before with other content.
            BatchEmptyProblem: there are no items.
            DeliverToUnknownProblem: results cannot be brought to where they are asked to go.
            BatchTakenElsewhereProblem: another gateway receives the same batch.
            TooMuchOpenProblem, GatewayFullProblem, DiskShortProblem: there is no room for it now.
            StoreProblem: it cannot be kept now.
        """
        if order.options.deliver_to is not None:
            self._owing.prove(order.options.deliver_to, order.caller)
        # A repeat that comes while its twin is being received waits for the twin.
        async with self._under_way.alone((order.caller.system, order.idempotency_key)):
            known = await self._lane.write(lambda unit: self._begin(unit, order))
            if known.state != "receiving":
                return await self._again(known, order, items)
            try:
                return await self._receive(known, order, items)
            except BaseException:
                # Whatever it was: nobody was told of this batch. What cannot be deleted now is when
                # it comes again, or after a day.
                with contextlib.suppress(StoreProblem):
                    await asyncio.shield(
                        self._lane.write(lambda unit: _forget_received(unit, known.id))
                    )
                raise

    def _begin(self, transaction: Transaction, order: BatchOrder) -> BatchRow:
        system, key = order.caller.system, order.idempotency_key
        known = batch_of_key(transaction.connection, system=system, key=key)
        if known is not None and known.state != "receiving":
            return known
        if known is not None:  # broken off, and never answered
            forget_batch(transaction, known.id)
        now = self._clock.now()
        row = BatchRow(
            id=new_document_id(now),
            system=system,
            company=order.caller.company,
            idempotency_key=key,
            request_digest=_NOT_KNOWN_YET,
            source=order.source,
            state="receiving",
            options=msgspec.json.encode(order.options),
            trace_id=order.trace_id,
            items=0,
            created_at=now,
        )
        put_batch(transaction, row)
        return row

    async def _again(
        self, known: BatchRow, order: BatchOrder, items: AsyncIterator[ReadItem]
    ) -> BatchRow:
        pages, digest = PageMaker(known.id), _digest_of(order)
        async for item in items:
            digest.add(await pages.add(item, at=self._clock.now()), item)
            pages.take()
        if digest.value != known.request_digest:
            raise IdempotencyKeyReusedProblem(
                f"key {order.idempotency_key!r} came before with another batch, {known.id}"
            )
        return known

    async def _receive(
        self, batch: BatchRow, order: BatchOrder, items: AsyncIterator[ReadItem]
    ) -> BatchRow:
        pages, digest = PageMaker(batch.id), _digest_of(order)
        async for item in items:
            digest.add(await pages.add(item, at=self._clock.now()), item)
            if pages.is_full:
                await self._write(batch, pages.take())
        await self._write(batch, pages.take())
        if not pages.count:
            raise BatchEmptyProblem("nothing is in it")
        refusals = await self._refusals(batch, order, unreadable=pages.unreadable)
        whole = msgspec.structs.replace(
            batch, state="open", items=pages.count, request_digest=digest.value
        )
        opened = await self._lane.write(lambda unit: self._open(unit, whole, order, refusals))
        self._queueing.go_on(batch.id)
        return opened

    async def _refusals(
        self, batch: BatchRow, order: BatchOrder, *, unreadable: int
    ) -> "_Refusals | None":
        """What keeps an all-or-nothing batch from being sealed; None: nothing."""
        if not order.options.all_or_nothing:
            return None
        refused = await self._checking.refusals(batch)
        return _Refusals(refused, unreadable) if refused or unreadable else None

    async def _write(self, batch: BatchRow, page: Page | None) -> None:
        if page is None:
            return

        def unit(transaction: Transaction, location: Location) -> None:
            _prove_receiving(transaction, batch.id)
            for row in page.rows_at(location):
                put_item(transaction, row)

        if page.inputs:
            size = sum(map(len, page.inputs))
            self._admission.admit(batch.system, items=len(page.inputs), size=size)
            await self._lane.write_with(page.content(self._clock.now()), unit)
        else:
            await self._lane.write(lambda transaction: unit(transaction, Location("", 0)))

    def _open(
        self,
        transaction: Transaction,
        batch: BatchRow,
        order: BatchOrder,
        refusals: "_Refusals | None",
    ) -> BatchRow:
        _prove_receiving(transaction, batch.id)
        now = self._clock.now()
        if refusals is not None:
            problem = BatchRefusedProblem(f"{refusals.count} of {batch.items} items are refused")
            fail_waiting(transaction, batch.id, problem=kept(problem), at=now)
            for number, refused in refusals.refused:
                fail_item(transaction, batch.id, number, problem=kept(refused), at=now)
        if order.nonce is not None:
            remember_nonce(transaction, order.nonce)
        if order.options.deliver_to is not None:
            self._owing.owe(transaction, batch, order.options.deliver_to)
        change_batch(
            transaction,
            batch.id,
            state=batch.state,
            items=batch.items,
            request_digest=batch.request_digest,
        )
        return batch


@dataclass(frozen=True, slots=True)
class _Refusals:
    """What of a batch is refused: by those who looked at it, and as it was read."""

    refused: Sequence[tuple[int, Problem]]
    unreadable: int

    @property
    def count(self) -> int:
        return len(self.refused) + self.unreadable


class _Digest:
    """SHA-256 over what was asked and handed in: what the key of a batch stands for."""

    def __init__(self) -> None:
        self._state = hashlib.sha256()

    def add(self, row: ItemRow, item: ReadItem) -> None:
        """The next item."""
        if isinstance(item, NewItem):
            self.feed(row.request or b"", row.input_digest or b"")
        else:
            self.feed(item.name.encode(), item.problem.type.encode())

    def feed(self, *parts: bytes) -> None:
        """Parts, so that none can pass for the beginning of the next."""
        for part in parts:
            self._state.update(len(part).to_bytes(8) + part)

    @property
    def value(self) -> bytes:
        """So far."""
        return self._state.digest()


def _digest_of(order: BatchOrder) -> _Digest:
    digest = _Digest()
    digest.feed(msgspec.json.encode(order.options))
    return digest


def _prove_receiving(transaction: Transaction, batch_id: str) -> None:
    row = batch_by_id(transaction.connection, batch_id)
    if row is None or row.state != "receiving":
        raise BatchTakenElsewhereProblem(f"batch {batch_id} was begun anew meanwhile")


def _forget_received(transaction: Transaction, batch_id: str) -> None:
    row = batch_by_id(transaction.connection, batch_id)
    if row is not None and row.state == "receiving":
        forget_batch(transaction, batch_id)
