"""The signing cycle: screen, prepare, decide, intent, sign, complete, outcome, release.

Each step is explained in docs/signing-cycle.md. It is straight on purpose: whoever reviews it reads
from top to bottom what happens to a document, and sees that the key is used after the intent is
durable and that nothing is released before the outcome is.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import structlog

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.documents.container import digest_of
from gateway.documents.interfaces import DocumentPress
from gateway.documents.model import Preparation, Prepared
from gateway.errors import Problem
from gateway.randomness import random_bytes
from gateway.seals.in_force import InForce
from gateway.seals.model import SealMaterial
from gateway.signing import records, rows
from gateway.signing.act import Act, Draft, Part, parts_of, use_of
from gateway.signing.archive import Archive
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.deciding import (
    Decided,
    Inquiry,
    Refusal,
    decide_all,
    refusal_of,
    screen_all,
    stop_all,
)
from gateway.signing.digests import HashedDocument, digest_around, hashed
from gateway.signing.errors import (
    IdempotencyKeyReusedProblem,
    KeyUnderWayProblem,
    SignerUnavailableProblem,
)
from gateway.signing.guard import Surroundings, Use, UseRefused
from gateway.signing.keeping import kept_intent, kept_refusals, waiting_of
from gateway.signing.model import SealedDocument, SigningRequest
from gateway.signing.notes import note_of, shelf_of
from gateway.signing.own_seals import with_own_seals
from gateway.signing.preparing import first_preparation, what_is_sealed
from gateway.signing.readings import Readings, asking_nothing
from gateway.signing.refusals import problem_for
from gateway.signing.rehearsal import rehearse
from gateway.store.content import Content, Location
from gateway.store.documents import (
    DocumentReader,
    DocumentRow,
    put_document,
    remember_nonce,
    seal_document,
    taken_elsewhere,
)
from gateway.store.lane import Transaction, WriterLane
from hsm.errors import KeyRoomError, SignerUnavailableError
from hsm.interfaces import Signer
from policies.errors import GrantRefusedError
from policies.grant import Grant
from policies.model import Allowed, Denied, DocumentFacts, NeedsApproval

_GRANT_LIFE = timedelta(seconds=30)
_SIGNER_PATIENCE_SECONDS = 20.0
_SIGNER_PAUSE_SECONDS = 0.05

_log = structlog.get_logger("signing")


@dataclass(frozen=True, slots=True)
class _Judged:
    """What steps 2 to 4 came to: every seal is allowed on the document that came in."""

    inquiry: Inquiry
    parts: tuple[Part, ...]
    preparation: Preparation
    prepared: Prepared
    facts: DocumentFacts
    allowed: tuple[Decided[Allowed], ...]


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
        surroundings: Surroundings,
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
        self._guards = surroundings.guards
        self._knowing = surroundings.knowing
        self._waiting_room = surroundings.waiting_room
        self._history = surroundings.history
        self._releasing = surroundings.releasing
        self._readings = Readings(press)
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
        judged = await self._judged(request, sent, digest, known)
        return tuple(each.decision for each in judged.allowed)

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
        judged = await self._judged(request, document, digest, known)
        inquiry, parts, allowed = judged.inquiry, judged.parts, judged.allowed
        preparation, prepared, facts = judged.preparation, judged.prepared, judged.facts
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
            return await self._seal_part(act, first, allowed, base, prepared)
        return await self._seal_parts(act, parts, allowed, base, prepared)

    async def _judged(
        self,
        request: SigningRequest,
        document: HashedDocument,
        digest: bytes,
        known: DocumentRow | None,
    ) -> _Judged:
        """Steps 2 to 4 for all seals: no key is used, and nothing is durable but a denial."""
        now = self._clock.now()
        self._clock_guard.check(now)

        # Step 2: refuse cheaply what no document could make right.
        inquiry = self._inquiry(request, digest, document.digest, now)
        refusal = self._screened(inquiry)
        if refusal is not None:
            raise await self._refused(inquiry, refusal, None)

        # Step 3: prepare. A repeat prepares for the same id and moment, so it signs the same bytes.
        earlier = () if known is None else await self._archive.parts(known) or (known,)
        parts = parts_of(request.seal_requests, inquiry.in_force.seals, earlier, now=now)
        first = parts[0]
        preparation = first_preparation(inquiry, first)
        prepared = await self._readings.prepare(document, preparation, first.seal)

        # Step 4: decide, each seal for itself, on the document that came in.
        facts = with_own_seals(prepared.facts, inquiry.in_force)
        allowed = await self._decided(inquiry, facts)
        if isinstance(allowed, Refusal):
            raise await self._refused(inquiry, allowed, facts)
        return _Judged(inquiry, parts, preparation, prepared, facts, allowed)

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

    def _inquiry(
        self, request: SigningRequest, digest: bytes, input_digest: bytes, now: datetime
    ) -> Inquiry:
        in_force = self._in_force()
        return Inquiry(
            request=request,
            digest=digest,
            input_digest=input_digest,
            in_force=in_force,
            cases=tuple(in_force.engine.case(each) for each in request.seal_requests),
            at=now,
        )

    def _screened(self, inquiry: Inquiry) -> Refusal | None:
        in_force, cases = inquiry.in_force, inquiry.cases
        refusal = screen_all(in_force, cases, at=inquiry.at)
        return refusal if refusal is not None else stop_all(self._guards, in_force, cases)

    async def _decided(
        self, inquiry: Inquiry, facts: DocumentFacts
    ) -> tuple[Decided[Allowed], ...] | Refusal:
        known = [
            await self._knowing.known(
                case,
                facts,
                at=inquiry.at,
                request=inquiry.request,
                act_digest=inquiry.digest,
                input_digest=inquiry.input_digest,
            )
            for case in inquiry.cases
        ]
        return decide_all(inquiry.cases, facts, at=inquiry.at, known=known)

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
            kept = await self._seal_part(act, part, allowed[part.number - 1 :], base, ready)
            base, ready = await hashed(b"".join(kept.content)), None
        sealed = await self._seal_part(act, last, allowed[-1:], base, ready)
        return replace(sealed, parts=await self._archive.parts(sealed.row))

    async def _seal_part(
        self,
        act: Act,
        part: Part,
        allowed: Sequence[Decided[Allowed]],
        base: HashedDocument,
        prepared: Prepared | None,
    ) -> SealedDocument:
        """Steps 5 to 8 for one seal, on the document or on the output of the part before.

        Args:
            act: what all parts have in common.
            part: the seal.
            allowed: this part's own decision, and those of the parts that are to follow.
            base: what its update is appended to.
            prepared: for `base`; None: a further part, which is prepared here (step 3 again).
        """
        if prepared is None:
            preparation = part.on_the_revision_before(allowed[0].decision.placement)
            prepared = await self._press.prepare(base.content, preparation, part.seal)
        draft = Draft(
            act=act,
            part=part,
            use=use_of(act, part, allowed),
            base=base,
            prepared=prepared,
            to_be_signed=await self._to_be_signed(prepared, base, part.seal),
        )

        # Step 5: the intent, with the exact digest, durable before the key is used.
        row = await self._intend(draft)

        # Steps 6 and 7: sign against a grant, fill the container in.
        try:
            signature = await self._sign(draft, row)
            update = await self._press.complete(
                prepared, part.seal, to_be_signed=draft.to_be_signed, signature=signature
            )
            # Step 8: the outcome; then, and only then, release.
            return await self._release(draft, row, update)
        except Problem as problem:
            await self._failed(draft, row, problem)
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

    async def _intend(self, draft: Draft) -> DocumentRow:
        """Make the intent durable, in one transaction with what the guards count.

        Raises:
            Problem: a guard refuses the use; nothing of it was made durable but the refusal.
        """
        use, inquiry = draft.use, draft.act.inquiry
        intended = rows.intended(draft)
        record = records.intent(
            draft.part.asked,
            intended,
            request=inquiry.request,
            decision=use.decision,
            counted=use.counters,
            facts=use.facts,
            seal=draft.part.seal,
            follows=draft.base.digest,
            at=use.at,
        )

        def unit(transaction: Transaction) -> DocumentRow:
            _only_here(transaction, intended)
            self._guards.at_intent(transaction, use)
            index = self._audit.append(transaction, record)
            row = rows.with_intent(intended, index)
            put_document(transaction, row)
            if inquiry.request.nonce is not None:
                remember_nonce(transaction, inquiry.request.nonce)
            self._history.keep(transaction, kept_intent(use, index))
            return row

        try:
            return await self._lane.write(unit)
        except UseRefused as refused:
            refusal = refusal_of(use, refused.decision)
            raise await self._refused(inquiry, refusal, use.facts) from None

    async def _sign(self, draft: Draft, row: DocumentRow) -> bytes:
        """A signature for the intent; waits for a signer that is being restarted.

        A signer that died with the grant in hand may have used the key. Asking again wastes at
        most a signature that nobody saw: the intent and its digest stay the same.
        """
        patience = self._clock.monotonic() + _SIGNER_PATIENCE_SECONDS
        while True:
            # Before each grant: much can be stopped while a signer is away.
            self._go_on_only_if_not_stopped(draft, row)
            try:
                return await self._signer.sign(self._grant(draft, row))
            except SignerUnavailableError as away:
                if self._clock.monotonic() >= patience:
                    raise SignerUnavailableProblem(str(away)) from away
                await asyncio.sleep(_SIGNER_PAUSE_SECONDS)
            except (KeyRoomError, GrantRefusedError) as error:
                raise SignerUnavailableProblem(str(error)) from error

    def _grant(self, draft: Draft, row: DocumentRow) -> Grant:
        seal = draft.part.seal
        return Grant(
            number=random_bytes(16),
            epoch=self._signer.epoch,
            seal=seal.id,
            key=seal.key,
            mechanism=seal.mechanism,
            digest=row.to_be_signed_digest,
            decision=hashlib.sha256(row.decision).digest(),
            bundle=draft.use.decision.bundle,
            audit_index=row.intent_index,
            expires_at=(self._clock.now() + _GRANT_LIFE).timestamp(),
        )

    async def _release(self, draft: Draft, row: DocumentRow, update: bytes) -> SealedDocument:
        base, use = draft.base, draft.use
        # The document is written before its outcome is: what is stopped by now need not be.
        self._go_on_only_if_not_stopped(draft, row)
        output = base.digest_with(update)
        length = len(base.content) + len(update)
        record = records.sealed(
            row, bundle=use.decision.bundle, output_digest=output, at=self._clock.now()
        )

        def unit(transaction: Transaction, location: Location) -> DocumentRow:
            _only_here(transaction, row)
            self._guards.at_release(transaction, use)
            index = self._audit.append(transaction, record)
            done = rows.with_outcome(
                row, index, output_digest=output, length=length, location=location
            )
            if draft.part.is_last:
                self._releasing.at_release(transaction, draft.act.inquiry.request, done)
            seal_document(transaction, done)
            return done

        content = Content(
            f"{row.id}.pdf",
            row.signed_at,
            (base.content, update),
            shelf=shelf_of(row.company),
            note=note_of(draft, row, output_digest=output, length=length),
        )
        try:
            done = await self._lane.write_with(content, unit)
        except UseRefused as refused:
            raise _stopped(use, row, refused.decision) from None
        return SealedDocument(done, (base.content, update), repeated=False)

    def _go_on_only_if_not_stopped(self, draft: Draft, row: DocumentRow) -> None:
        denied = self._guards.refusal(draft.use.asked, draft.act.inquiry.in_force)
        if denied is not None:
            raise _stopped(draft.use, row, denied)

    async def _refused(
        self, inquiry: Inquiry, refusal: Refusal, facts: DocumentFacts | None
    ) -> Problem:
        """Record the refusal, durably, and give the problem to raise."""
        request = inquiry.request
        record = records.denied(
            request,
            refusal.decision,
            facts=facts,
            document_digest=inquiry.input_digest,
            at=inquiry.at,
        )
        waiting = tuple(waiting_of(inquiry, refusal, facts))

        def unit(transaction: Transaction) -> tuple[int, tuple[str | None, ...]]:
            if request.nonce is not None:
                remember_nonce(transaction, request.nonce)
            index = self._audit.append(transaction, record)
            for kept in kept_refusals(inquiry, refusal, facts, index):
                self._history.keep(transaction, kept)
            return index, tuple(self._waiting_room.ask(transaction, each) for each in waiting)

        index, approvals = await self._lane.write(unit)
        return problem_for(refusal, audit_index=index, approvals=approvals)

    async def _failed(self, draft: Draft, row: DocumentRow, problem: Problem) -> None:
        bundle = draft.use.decision.bundle
        try:
            await self._audit.record(
                records.failed(row, problem, bundle=bundle, at=self._clock.now())
            )
        except Problem as unrecorded:
            # The intent stands without an outcome, which `audit verify` counts as interrupted.
            _log.error("failure_not_recorded", document=row.id, error=unrecorded.detail)


def _stopped(use: Use, row: DocumentRow, decision: Denied | NeedsApproval) -> Problem:
    """After the intent: its outcome says what came of it, and no refusal is recorded besides."""
    return problem_for(refusal_of(use, decision), audit_index=row.intent_index)


def _only_here(transaction: Transaction, row: DocumentRow) -> None:
    """At most one output of a key is ever released, whichever nodes were asked for it.

    Raises:
        KeyUnderWayProblem: before anything is written.
    """
    if taken_elsewhere(transaction, row):
        raise KeyUnderWayProblem(f"key {row.idempotency_key!r} is in hand at another node")


def _reused(request: SigningRequest) -> Problem:
    return IdempotencyKeyReusedProblem(
        f"key {request.idempotency_key!r} came before with another document or request"
    )
