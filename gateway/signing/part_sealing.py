"""Steps 5 to 8 of the signing cycle, for one seal: intent, sign, complete, outcome, release.

The key is used after the intent is durable, and nothing is released before the outcome is.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta

import structlog

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.documents.container import digest_of
from gateway.documents.interfaces import DocumentPress
from gateway.documents.model import Prepared
from gateway.errors import Problem
from gateway.randomness import random_bytes
from gateway.seals.model import SealMaterial
from gateway.signing import records, rows
from gateway.signing.act import Act, Draft, Part, use_of
from gateway.signing.deciding import Decided, refusal_of
from gateway.signing.digests import HashedDocument, digest_around
from gateway.signing.errors import KeyUnderWayProblem, SignerUnavailableProblem
from gateway.signing.guard import Surroundings, Use, UseRefused
from gateway.signing.keeping import kept_intent
from gateway.signing.model import SealedDocument
from gateway.signing.notes import note_of, shelf_of
from gateway.signing.permitting import Permitting
from gateway.signing.refusals import problem_for
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.files.content import Content, Location
from gateway.store.rows.documents import (
    DocumentRow,
    put_document,
    remember_nonce,
    seal_document,
    taken_elsewhere,
)
from hsm.errors import KeyRoomError, SignerUnavailableError
from hsm.interfaces import Signer
from policies.errors import GrantRefusedError
from policies.grant import Grant
from policies.model import Allowed, Denied, NeedsApproval

_GRANT_LIFE = timedelta(seconds=30)
_SIGNER_PATIENCE_SECONDS = 20.0
_SIGNER_PAUSE_SECONDS = 0.05

_log = structlog.get_logger("signing")


class PartSealing:
    """Puts one seal on a document that was permitted. There is no other way to the key."""

    def __init__(
        self,
        *,
        press: DocumentPress,
        signer: Signer,
        audit: AuditLog,
        lane: WriterLane,
        clock: Clock,
        surroundings: Surroundings,
        permitting: Permitting,
    ) -> None:
        self._press = press
        self._signer = signer
        self._audit = audit
        self._lane = lane
        self._clock = clock
        self._guards = surroundings.guards
        self._history = surroundings.history
        self._releasing = surroundings.releasing
        self._permitting = permitting

    async def seal_part(
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

        Raises:
            Problem: why not; after the intent, its outcome is on record.
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
            raise await self._permitting.refused(inquiry, refusal, use.facts) from None

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
