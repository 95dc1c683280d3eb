"""The signing cycle: screen, prepare, decide, intent, sign, complete, outcome, release.

Each step is explained in docs/signing-cycle.md. What may be sealed is found in `permitting`, the
key is used in `part_sealing`; here a request meets its twins, and its seals follow each other.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import msgspec

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.documents.interfaces import DocumentPress
from gateway.documents.model import Prepared
from gateway.errors import Problem
from gateway.seals.in_force import InForce
from gateway.signing import records
from gateway.signing.act import Act, Part
from gateway.signing.archive import Archive
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.deciding import Decided
from gateway.signing.digests import HashedDocument, hashed
from gateway.signing.errors import IdempotencyKeyReusedProblem, KeyUnderWayProblem
from gateway.signing.guard import Surroundings
from gateway.signing.model import SealedDocument, SigningRequest
from gateway.signing.part_sealing import PartSealing
from gateway.signing.permitting import Permitting
from gateway.signing.preparing import what_is_sealed
from gateway.signing.readings import asking_nothing
from gateway.signing.rehearsal import rehearse
from gateway.store.engines.lane import WriterLane
from gateway.store.rows.documents import DocumentReader, DocumentRow
from hsm.interfaces import Signer
from policies.model import Allowed


class SigningService:
    """Seals documents, or gives what was sealed. There is no other way to the key.

    Promises: at most one sealed output an idempotency key is ever released; nothing released is
    lost; every use of a key has an earlier intent record; nothing is sealed while the audit log
    cannot be written.
    """

    def __init__(
        self,
        *,
        in_force: Callable[[], InForce],
        press: DocumentPress,
        signer: Signer,
        audit: AuditLog,
        lane: WriterLane,
        reader: DocumentReader,
        archive: Archive,
        clock: Clock,
        clock_guard: ClockGuard,
        surroundings: Surroundings,
    ) -> None:
        self._press = press
        self._reader = reader
        self._archive = archive
        self._permitting = Permitting(
            in_force=in_force,
            press=press,
            audit=audit,
            lane=lane,
            archive=archive,
            clock=clock,
            clock_guard=clock_guard,
            surroundings=surroundings,
        )
        self._sealing = PartSealing(
            press=press,
            signer=signer,
            audit=audit,
            lane=lane,
            clock=clock,
            surroundings=surroundings,
            permitting=self._permitting,
        )
        self._under_way: dict[tuple[str, str], tuple[bytes, asyncio.Task[SealedDocument]]] = {}

    async def seal(
        self, request: SigningRequest, document: bytes | HashedDocument
    ) -> SealedDocument:
        """Seal a document, or give again what an earlier request with this key has sealed.

        A request that comes while its twin is under way waits for the twin and gets its result.

        Raises:
            Problem: why it is not sealed; see `errors`, `gateway.documents.errors`.
        """
        asked = request.seal_request
        key = (asked.caller.system, request.idempotency_key)
        sent = await hashed(document)
        digest = records.request_digest(request.seal_requests, sent.digest)
        twin = self._under_way.get(key)
        if twin is not None:
            if twin[0] != digest:
                raise _reused(request)
            return await asyncio.shield(twin[1])
        task = asyncio.create_task(self._seal_once(request, sent, digest))
        self._under_way[key] = (digest, task)
        task.add_done_callback(lambda done: self._forget(key, done))
        # Shielded: a caller that hangs up must not leave an intent without its outcome.
        return await asyncio.shield(task)

    async def examine(
        self, request: SigningRequest, document: bytes | HashedDocument
    ) -> tuple[Allowed, ...]:
        """Go through steps 2 to 4 and no further: no key is used, and nothing is counted.

        What it finds may be otherwise when the document is sealed: limits are counted only then,
        and policies may have changed. A document that was sealed with this key is not asked about.

        Returns:
            The decision on each seal; none where it was sealed before.

        Raises:
            Problem: why it would not be sealed now; a denial is recorded.
        """
        sent = await hashed(document)
        digest = records.request_digest(request.seal_requests, sent.digest)
        known = await self._earlier(request, digest)
        if known is not None and known.is_sealed and known.is_last:
            return ()
        permitted = await self._permitting.permitted(request, sent, digest, known)
        return tuple(each.decision for each in permitted.allowed)

    async def drain(self) -> None:
        """Wait for what is under way, whether or not its callers still wait."""
        await asyncio.gather(
            *(task for _, task in self._under_way.values()), return_exceptions=True
        )

    def _forget(self, key: tuple[str, str], done: asyncio.Task[SealedDocument]) -> None:
        del self._under_way[key]
        if not done.cancelled():
            done.exception()  # the callers were told; where none waits, nobody needs to be

    async def _seal_once(
        self, request: SigningRequest, document: HashedDocument, digest: bytes
    ) -> SealedDocument:
        """Or give what another node was quicker to seal."""
        try:
            return await self._walk(request, document, digest)
        except KeyUnderWayProblem:
            known = await self._earlier(request, digest)
            if known is None or not (known.is_sealed and known.is_last):
                raise
            return await self._archive.content_of(known)

    async def _walk(
        self, request: SigningRequest, document: HashedDocument, digest: bytes
    ) -> SealedDocument:
        """Steps 2 to 4, and then the parts."""
        known = await self._earlier(request, digest)
        if known is not None and known.is_sealed and known.is_last:
            return await self._archive.content_of(known)
        permitted = await self._permitting.permitted(request, document, digest, known)
        inquiry, parts, allowed = permitted.inquiry, permitted.parts, permitted.allowed
        preparation, prepared, facts = permitted.preparation, permitted.prepared, permitted.facts
        first = parts[0]
        placement = allowed[0].decision.placement
        if placement != preparation.placement:
            placed = msgspec.structs.replace(asking_nothing(preparation), placement=placement)
            prepared = await self._press.prepare(document.content, placed, first.seal)

        normalize = inquiry.document_type.normalize
        base, prepared = await what_is_sealed(document, prepared, normalize=normalize)
        normalized = None if base is document else base.digest
        act = Act(inquiry=inquiry, normalized_digest=normalized, facts=facts)
        if first.is_last:
            return await self._sealing.seal_part(act, first, allowed, base, prepared)
        return await self._seal_parts(act, parts, allowed, base, prepared)

    async def _earlier(self, request: SigningRequest, digest: bytes) -> DocumentRow | None:
        """The row of an earlier try with this key.

        Raises:
            IdempotencyKeyReusedProblem: that asked for something else.
        """
        system = request.seal_request.caller.system
        known = await self._reader.by_key(system, request.idempotency_key)
        if known is not None and known.request_digest != digest:
            raise _reused(request)
        return known

    async def _seal_parts(
        self,
        act: Act,
        parts: tuple[Part, ...],
        allowed: tuple[Decided[Allowed], ...],
        base: HashedDocument,
        prepared: Prepared,
    ) -> SealedDocument:
        """One part after the other, from where an earlier try has come to.

        The revisions between are kept, and given to nobody before the last is sealed.
        """
        ready: Prepared | None = prepared
        begun = [part.known for part in parts if part.known is not None and part.is_sealed]
        if begun:
            kept = await self._archive.content_of(begun[-1])
            base, ready = await hashed(b"".join(kept.content)), None
            act = replace(act, normalized_digest=begun[-1].normalized_digest)
        *between, last = parts[len(begun) :]
        decisions = [each.decision for each in allowed[len(begun) :]]
        await rehearse(self._press, (*between, last), decisions, base.content, ready)
        for part in between:
            kept = await self._sealing.seal_part(act, part, allowed[part.number - 1 :], base, ready)
            base, ready = await hashed(b"".join(kept.content)), None
        sealed = await self._sealing.seal_part(act, last, allowed[-1:], base, ready)
        return replace(sealed, parts=await self._archive.parts(sealed.row))


def _reused(request: SigningRequest) -> Problem:
    return IdempotencyKeyReusedProblem(
        f"key {request.idempotency_key!r} came before with another document or request"
    )
