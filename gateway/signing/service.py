"""The signing cycle: screen, prepare, decide, intent, sign, complete, outcome, release.

Each step is explained in docs/signing-cycle.md. The function is straight on purpose: whoever
reviews it reads from top to bottom what happens to a document, and sees that the key is used after
the intent is durable and that nothing is released before the outcome is.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import structlog

from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.clock import Clock
from gateway.documents.container import digest_of
from gateway.documents.errors import PreparationFailedProblem
from gateway.documents.interfaces import DocumentPress
from gateway.documents.model import Preparation, Prepared
from gateway.errors import Problem
from gateway.randomness import random_bytes
from gateway.seals.in_force import InForce
from gateway.seals.model import SealMaterial
from gateway.signing import records
from gateway.signing.act import Act, Part, decide_all, parts_of, screen_all
from gateway.signing.archive import Archive
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.digests import HashedDocument, digest_around, hashed
from gateway.signing.errors import (
    IdempotencyKeyReusedProblem,
    SignerUnavailableProblem,
)
from gateway.signing.limits import LimitReached, refuse_beyond_limits
from gateway.signing.model import SealedDocument, SigningRequest
from gateway.signing.refusals import problem_for
from gateway.signing.rehearsal import rehearse
from gateway.store.content import Content, Location
from gateway.store.documents import (
    DocumentReader,
    DocumentRow,
    add_charge,
    put_document,
    remember_nonce,
    seal_document,
)
from gateway.store.lane import Transaction, WriterLane
from hsm.errors import KeyRoomError, SignerUnavailableError
from hsm.interfaces import Signer
from policies.errors import GrantRefusedError
from policies.grant import Grant
from policies.model import Allowed, Charge, Denied, DocumentFacts, NeedsApproval

_GRANT_LIFE = timedelta(seconds=30)
_SIGNER_PATIENCE_SECONDS = 20.0
_SIGNER_PAUSE_SECONDS = 0.05

_log = structlog.get_logger("signing")


class SigningService:
    """Seals documents. There is no other way to the key.

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
    ) -> None:
        self._in_force = in_force
        self._press = press
        self._signer = signer
        self._audit = audit
        self._lane = lane
        self._reader = reader
        self._archive = archive
        self._clock = clock
        self._clock_guard = clock_guard
        self._under_way: dict[tuple[str, str], tuple[bytes, asyncio.Task[SealedDocument]]] = {}

    async def seal(self, request: SigningRequest, document: bytes) -> SealedDocument:
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
        asked = request.seal_request
        known = await self._reader.by_key(asked.caller.system, request.idempotency_key)
        if known is not None and known.request_digest != digest:
            raise _reused(request)
        if known is not None and known.is_sealed and known.is_last:
            return await self._archive.content_of(known)
        now = self._clock.now()
        self._clock_guard.check(now)

        # Step 2: refuse cheaply what no document could make right.
        in_force = self._in_force()
        cases = [in_force.engine.case(each) for each in request.seal_requests]
        denied = screen_all(in_force, cases, at=now)
        if denied is not None:
            raise await self._denied(request, denied, None, document.digest, now)

        # Step 3: prepare. A repeat prepares for the same id and moment, so it signs the same bytes.
        earlier = () if known is None else await self._archive.parts(known) or (known,)
        parts = parts_of(request.seal_requests, in_force.seals, earlier, now=now)
        first = parts[0]
        placement = cases[0].likely_placement()
        document_type = in_force.bundle.document_types[asked.document_type]
        preparation = Preparation(
            document_id=first.document_id,
            signed_at=first.signed_at,
            placement=placement,
            normalize=document_type.normalize,
            look_under=document_type.intake.looks_under,
        )
        prepared = await self._press.prepare(document.content, preparation, first.seal)

        # Step 4: decide, each seal for itself, on the document that came in.
        facts = prepared.facts
        decisions = decide_all(cases, facts, at=now)
        if not isinstance(decisions, tuple):
            raise await self._denied(request, decisions, facts, document.digest, now)
        if decisions[0].placement != placement:
            preparation = msgspec.structs.replace(preparation, placement=decisions[0].placement)
            prepared = await self._press.prepare(document.content, preparation, first.seal)

        # What is sealed: the bytes that came in, or what a type that normalises made of them.
        base = document
        if (prepared.normalized is not None) != document_type.normalize:
            raise PreparationFailedProblem("a worker wrote a document anew, or did not, unasked")
        if prepared.normalized is not None:
            base = await hashed(prepared.normalized)
            prepared = msgspec.structs.replace(prepared, normalized=None)
        act = Act(
            request=request,
            request_digest=digest,
            input_digest=document.digest,
            normalized_digest=None if base is document else base.digest,
            facts=facts,
            decided_at=now,
        )
        if first.is_last:
            return await self._seal_part(act, first, decisions, base, prepared)
        return await self._seal_parts(act, parts, decisions, base, prepared)

    async def _seal_parts(
        self,
        act: Act,
        parts: tuple[Part, ...],
        decisions: tuple[Allowed, ...],
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
        await rehearse(self._press, (*between, last), decisions[len(begun) :], base.content, ready)
        for part in between:
            kept = await self._seal_part(act, part, decisions[part.number - 1 :], base, ready)
            base, ready = await hashed(b"".join(kept.content)), None
        sealed = await self._seal_part(act, last, decisions[-1:], base, ready)
        return replace(sealed, parts=await self._archive.parts(sealed.row))

    async def _seal_part(
        self,
        act: Act,
        part: Part,
        decisions: tuple[Allowed, ...],
        base: HashedDocument,
        prepared: Prepared | None,
    ) -> SealedDocument:
        """Steps 5 to 8 for one seal, on the document or on the output of the part before.

        Args:
            act: what all parts have in common.
            part: the seal.
            decisions: this part's own, and those of the parts that are to follow.
            base: what its update is appended to.
            prepared: for `base`; None: a further part, which is prepared here (step 3 again).
        """
        request, decision = act.request, decisions[0]
        if prepared is None:
            preparation = part.on_the_revision_before(decision.placement)
            prepared = await self._press.prepare(base.content, preparation, part.seal)

        attributes = await self._to_be_signed(prepared, base, part.seal)

        # Step 5: the intent, with the exact digest, durable before the key is used.
        intended = DocumentRow(
            id=part.document_id,
            system=part.asked.caller.system,
            idempotency_key=request.idempotency_key,
            request_digest=act.request_digest,
            state="intent",
            seal=part.asked.seal,
            document_type=part.asked.document_type,
            business_number=part.asked.business_number,
            request=records.encode(part.asked),
            decision=records.encoded_decision(decision),
            trace_id=request.trace_id,
            salt=part.known.salt if part.known is not None else random_bytes(16),
            signed_at=part.signed_at,
            input_digest=act.input_digest,
            normalized_digest=act.normalized_digest,
            to_be_signed_digest=hashlib.new(digest_of(part.seal.mechanism), attributes).digest(),
            intent_index=-1,
            stamp=records.encode(prepared.stamps),
            act=part.act,
            part=part.number,
            parts=part.of,
        )
        record = records.intent(
            part.asked,
            intended,
            decision=decision,
            facts=act.facts,
            seal=part.seal,
            follows=base.digest,
            at=act.decided_at,
        )
        # A repeat was charged when it was first intended.
        charges = decision.charges if part.known is None else ()
        further = tuple(charge for each in decisions[1:] for charge in each.charges)
        try:
            row = await self._intend(request, intended, record, charges=charges, further=further)
        except LimitReached as reached:
            refused = Denied(bundle=decision.bundle, reasons=(reached.reason,))
            raise await self._denied(
                request, refused, act.facts, act.input_digest, act.decided_at
            ) from None

        # Steps 6 and 7: sign against a grant, fill the container in.
        try:
            signature = await self._sign(row, part.seal)
            update = await self._press.complete(
                prepared, part.seal, to_be_signed=attributes, signature=signature
            )
            # Step 8: the outcome; then, and only then, release.
            return await self._release(row, base, update)
        except Problem as problem:
            await self._failed(row, problem)
            raise

    async def _to_be_signed(
        self, prepared: Prepared, base: HashedDocument, seal: SealMaterial
    ) -> bytes:
        """The signed attributes, over the very bytes that are released.

        Worked out here: a worker reads strangers' files, so it has no say in what a key signs.
        """
        start, end = prepared.gap
        digest = await digest_around(
            base, prepared.update, start=start, end=end, algorithm=digest_of(seal.mechanism)
        )
        return self._press.to_be_signed(digest, seal)

    async def _intend(
        self,
        request: SigningRequest,
        intended: DocumentRow,
        record: Record,
        *,
        charges: tuple[Charge, ...],
        further: tuple[Charge, ...],
    ) -> DocumentRow:
        """Make the intent durable, with its charges.

        `further` are charges of the parts that are to follow: made with their own intents, but
        looked at here, so that no key is used where the limits have no room for the whole act.
        """

        def unit(transaction: Transaction) -> DocumentRow:
            refuse_beyond_limits(transaction, (*charges, *further))
            for charge in charges:
                add_charge(transaction, charge.counter, charge.window)
            index = self._audit.append(transaction, record)
            row = records.with_intent(intended, index)
            put_document(transaction, row)
            if request.nonce is not None:
                remember_nonce(transaction, request.nonce)
            return row

        return await self._lane.write(unit)

    async def _sign(self, row: DocumentRow, seal: SealMaterial) -> bytes:
        """A signature for the intent; waits for a signer that is being restarted.

        A signer that died with the grant in hand may have used the key. Asking again wastes at
        most a signature that nobody saw: the intent and its digest stay the same.
        """
        patience = self._clock.monotonic() + _SIGNER_PATIENCE_SECONDS
        while True:
            try:
                return await self._signer.sign(self._grant(row, seal))
            except SignerUnavailableError as away:
                if self._clock.monotonic() >= patience:
                    raise SignerUnavailableProblem(str(away)) from away
                await asyncio.sleep(_SIGNER_PAUSE_SECONDS)
            except (KeyRoomError, GrantRefusedError) as error:
                raise SignerUnavailableProblem(str(error)) from error

    def _grant(self, row: DocumentRow, seal: SealMaterial) -> Grant:
        return Grant(
            number=random_bytes(16),
            epoch=self._signer.epoch,
            seal=seal.id,
            key=seal.key,
            mechanism=seal.mechanism,
            digest=row.to_be_signed_digest,
            decision=hashlib.sha256(row.decision).digest(),
            audit_index=row.intent_index,
            expires_at=(self._clock.now() + _GRANT_LIFE).timestamp(),
        )

    async def _release(
        self, row: DocumentRow, base: HashedDocument, update: bytes
    ) -> SealedDocument:
        output = base.digest_with(update)
        length = len(base.content) + len(update)
        record = records.sealed(row, output_digest=output, at=self._clock.now())

        def unit(transaction: Transaction, location: Location) -> DocumentRow:
            index = self._audit.append(transaction, record)
            done = records.with_outcome(
                row, index, output_digest=output, length=length, location=location
            )
            seal_document(transaction, done)
            return done

        content = Content(f"{row.id}.pdf", row.signed_at, (base.content, update))
        done = await self._lane.write_with(content, unit)
        return SealedDocument(done, (base.content, update), repeated=False)

    async def _denied(
        self,
        request: SigningRequest,
        decision: Denied | NeedsApproval,
        facts: DocumentFacts | None,
        document_digest: bytes,
        now: datetime,
    ) -> Problem:
        """Record the refusal, durably, and give the problem to raise."""
        record = records.denied(
            request,
            decision,
            facts=facts,
            document_digest=document_digest,
            at=now,
        )

        def unit(transaction: Transaction) -> int:
            if request.nonce is not None:
                remember_nonce(transaction, request.nonce)
            return self._audit.append(transaction, record)

        index = await self._lane.write(unit)
        return problem_for(decision, audit_index=index)

    async def _failed(self, row: DocumentRow, problem: Problem) -> None:
        try:
            await self._audit.record(records.failed(row, problem, at=self._clock.now()))
        except Problem as unrecorded:
            # The intent stands without an outcome, which `audit verify` counts as interrupted.
            _log.error("failure_not_recorded", document=row.id, error=unrecorded.detail)


def _reused(request: SigningRequest) -> Problem:
    return IdempotencyKeyReusedProblem(
        f"key {request.idempotency_key!r} came before with another document or request"
    )
