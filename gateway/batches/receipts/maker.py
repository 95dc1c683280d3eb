"""Receipts are made once a batch has ended, and wait for nothing else of it."""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable

import structlog

from gateway.batches.errors import (
    ReceiptNotReadyProblem,
    ReceiptNotSetUpProblem,
    ReceiptRefusedProblem,
)
from gateway.batches.problems import kept, told_again
from gateway.batches.receipts.manifest import manifest
from gateway.batches.receipts.press import attached
from gateway.clock import Clock
from gateway.errors import Problem
from gateway.seals.in_force import InForce
from gateway.signing.callers import caller_now
from gateway.signing.model import SigningRequest
from gateway.signing.service import SigningService
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.batch_items import ItemReader
from gateway.store.rows.batches import BatchReader, BatchRow, batch_by_id, put_receipt
from policies.model import SealRequest

RECEIPT_TYPE = "batch-receipt"
"""The document type that a policy names for the seal that signs receipts."""

_PAUSE_SECONDS = 15.0
_MOST_AT_START = 1000

_log = structlog.get_logger("batches")


class ReceiptMaker:
    """Makes receipts, one after the other; what cannot be made now is tried again.

    A batch's results are there without it, and nothing waits for it.
    """

    def __init__(
        self,
        *,
        signing: SigningService,
        lane: WriterLane,
        batches: BatchReader,
        items: ItemReader,
        in_force: Callable[[], InForce],
        clock: Clock,
    ) -> None:
        """Join them; `signing` has a `ReceiptPress` for its press."""
        self._signing = signing
        self._lane = lane
        self._batches = batches
        self._items = items
        self._in_force = in_force
        self._clock = clock
        self._waiting: dict[str, None] = {}
        self._refused_by: dict[str, str] = {}
        self._told = asyncio.Event()

    def make(self, batch_id: str) -> None:
        """Make this one soon; returns at once."""
        self._waiting[batch_id] = None
        self._told.set()

    async def work(self) -> None:
        """Make what is wanted, for ever; first what an earlier run has left."""
        for batch_id in await self._batches.without_receipt(most=_MOST_AT_START):
            self.make(batch_id)
        while True:
            self._told.clear()
            await self.make_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE_SECONDS if self._waiting else None):
                    await self._told.wait()

    async def make_all(self) -> None:
        """Try each that is wanted once."""
        for batch_id in tuple(self._waiting):
            try:
                await self._make(batch_id)
            except Problem as problem:
                _log.warning("receipt_not_made", batch=batch_id, problem=problem.type)
            except Exception:  # noqa: BLE001 - a defect of ours must not keep others waiting
                _log.exception("receipt_not_made", batch=batch_id)
                self._waiting.pop(batch_id, None)
            else:
                self._waiting.pop(batch_id, None)

    async def of(self, batch: BatchRow) -> bytes:
        """The receipt: CMS SignedData, DER.

        Raises:
            ReceiptNotReadyProblem: the batch has not ended, or the signer is away.
            ReceiptRefusedProblem: the policies do not let it be signed.
        """
        receipt = await self._batches.receipt(batch.id)
        if receipt is None:
            if batch.is_over:
                self.make(batch.id)
            raise ReceiptNotReadyProblem(f"batch {batch.id} is {batch.state}")
        if receipt.startswith(b"{"):
            if self._refused_by.get(batch.id) != self._in_force().bundle.digest:
                self.make(batch.id)  # other policies may say otherwise
            told = told_again(receipt)
            raise ReceiptRefusedProblem(f"{told['title']}: {told['detail']}")
        return receipt

    async def _make(self, batch_id: str) -> None:
        batch = await self._batches.by_id(batch_id)
        if batch is None or not batch.is_over:
            return
        rows = await asyncio.to_thread(self._items.with_outcomes, batch_id)
        said = await asyncio.to_thread(manifest, batch, rows)
        try:
            receipt = await self._signed(batch, said)
        except Problem as problem:
            if problem.retry_after_seconds is not None:
                raise
            self._refused_by[batch_id] = self._in_force().bundle.digest
            receipt = kept(problem)
        await self._lane.write(lambda unit: _keep(unit, batch, receipt))

    async def _signed(self, batch: BatchRow, said: bytes) -> bytes:
        in_force = self._in_force()
        seal = receipt_seal(in_force, batch.company)
        if seal is None:
            raise ReceiptNotSetUpProblem(
                f"no policy names a seal of company {batch.company!r} for the document type "
                f"{RECEIPT_TYPE!r}"
            )
        request = SigningRequest(
            seal_request=SealRequest(
                caller=caller_now(in_force, batch.system, at=self._clock.now()),
                seal=seal,
                document_type=RECEIPT_TYPE,
                business_number=batch.id,
            ),
            # What is tried again ends anew, with another manifest.
            idempotency_key=f"{RECEIPT_TYPE}:{hashlib.sha256(said).hexdigest()}",
            trace_id=batch.trace_id,
        )
        sealed = await self._signing.seal(request, said)
        return attached(b"".join(sealed.content), manifest_length=len(said))


def receipt_seal(in_force: InForce, company: str) -> str | None:
    """The seal of a company that a policy names for receipts; the first by name, if several."""
    bundle = in_force.bundle
    named = {
        seal
        for policy in bundle.policies.values()
        if RECEIPT_TYPE in policy.document_types and isinstance(policy.seals, tuple)
        for seal in policy.seals
    }
    own = (seal for seal in sorted(named) if seal in bundle.seals)
    return next((seal for seal in own if bundle.seals[seal].company == company), None)


def _keep(unit: Transaction, batch: BatchRow, receipt: bytes) -> None:
    # What was tried again meanwhile is not over, or has ended anew.
    now = batch_by_id(unit.connection, batch.id)
    if now is not None and now.finished_at == batch.finished_at:
        put_receipt(unit, batch.id, receipt)
