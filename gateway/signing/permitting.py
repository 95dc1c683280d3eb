"""Steps 2 to 4 of the signing cycle: screen, prepare, decide. No key is used here.

Nothing becomes durable but a refusal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.documents.interfaces import DocumentPress
from gateway.documents.model import Preparation, Prepared
from gateway.errors import Problem
from gateway.seals.in_force import InForce
from gateway.signing import records
from gateway.signing.act import Part, parts_of
from gateway.signing.archive import Archive
from gateway.signing.clock_guard import ClockGuard
from gateway.signing.deciding import (
    Decided,
    Inquiry,
    Refusal,
    decide_all,
    screen_all,
    stop_all,
)
from gateway.signing.digests import HashedDocument
from gateway.signing.guard import Surroundings
from gateway.signing.keeping import kept_refusals, waiting_of
from gateway.signing.model import SigningRequest
from gateway.signing.own_seals import with_own_seals
from gateway.signing.preparing import first_preparation
from gateway.signing.readings import Readings
from gateway.signing.refusals import problem_for
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.documents import DocumentRow, remember_nonce
from policies.model import Allowed, DocumentFacts


@dataclass(frozen=True, slots=True)
class Permitted:
    """What steps 2 to 4 came to: every seal is allowed on the document that came in."""

    inquiry: Inquiry
    parts: tuple[Part, ...]
    preparation: Preparation
    prepared: Prepared
    facts: DocumentFacts
    allowed: tuple[Decided[Allowed], ...]


class Permitting:
    """Whether all seals that are asked for may be put on a document."""

    def __init__(
        self,
        *,
        in_force: Callable[[], InForce],
        press: DocumentPress,
        audit: AuditLog,
        lane: WriterLane,
        archive: Archive,
        clock: Clock,
        clock_guard: ClockGuard,
        surroundings: Surroundings,
    ) -> None:
        self._in_force = in_force
        self._audit = audit
        self._lane = lane
        self._archive = archive
        self._clock = clock
        self._clock_guard = clock_guard
        self._guards = surroundings.guards
        self._knowing = surroundings.knowing
        self._waiting_room = surroundings.waiting_room
        self._history = surroundings.history
        self._readings = Readings(press)

    async def permitted(
        self,
        request: SigningRequest,
        document: HashedDocument,
        digest: bytes,
        known: DocumentRow | None,
    ) -> Permitted:
        """Go through steps 2 to 4 for all seals.

        Args:
            request: what is asked for.
            document: as it came in.
            digest: of the request, see `records.request_digest`.
            known: the row of an earlier try.

        Raises:
            Problem: why it may not be sealed; a denial is on record by then.
        """
        now = self._clock.now()
        self._clock_guard.check(now)

        # Step 2: refuse cheaply what no document could make right.
        inquiry = self._inquiry(request, digest, document.digest, now)
        refusal = self._screened(inquiry)
        if refusal is not None:
            raise await self.refused(inquiry, refusal, None)

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
            raise await self.refused(inquiry, allowed, facts)
        return Permitted(inquiry, parts, preparation, prepared, facts, allowed)

    async def refused(
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
