"""What stands around the cycle: who may stop a use, know of it, ask people about it, or keep it.

The rooms that do these things are above this one; it knows them by these Protocols only. `Guards`
and what has `No` or `Nothing` in its name is what there is without them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from gateway.seals.in_force import InForce
from gateway.signing.model import SigningRequest
from gateway.store.engines.lane import Transaction
from gateway.store.rows.documents import DocumentRow
from policies.interfaces import Case
from policies.model import (
    Allowed,
    Decision,
    Denied,
    DocumentFacts,
    Known,
    NeedsApproval,
    SealRequest,
)
from policies.objects.documents import DocumentType


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a seal that the policies allow.

    Attributes:
        asked: who asks for the seal, and on what.
        case: the same before the policies that decided.
        in_force: these policies, with all that they name.
        decision: theirs.
        further: for the seals of the act that are to follow.
        known: what was known besides, when they decided.
        facts: of the document that came in.
        at: when it was decided.
        document_id: of what will be released, or kept as a revision of the act.
        act_digest: SHA-256 of what is asked for all seals and for which document: what the
            idempotency key stands for.
        input_digest: SHA-256 of the document that came in.
        first: whether this is the first intent for the document; a repeat was counted before.
        document_type: what the policies say of the type.
    """

    asked: SealRequest
    case: Case
    in_force: InForce
    decision: Allowed
    further: tuple[Allowed, ...]
    known: Known
    facts: DocumentFacts
    at: datetime
    document_id: str
    act_digest: bytes
    input_digest: bytes
    first: bool
    document_type: DocumentType

    @property
    def counters(self) -> tuple[str, ...]:
        """All that it is counted for; nothing for a repeat, which was counted before."""
        return self.decision.counters if self.first else ()


class UseRefused(Exception):  # noqa: N818 - an answer of a guard, not an error
    """A guard does not let a use through; raised inside the unit of work that would make it."""

    def __init__(self, decision: Denied | NeedsApproval) -> None:
        super().__init__(decision.reasons[0].message)
        self.decision = decision


class UseGuard(Protocol):
    """Stops uses that policies allow. The two last are called on the writer lane's thread."""

    def refusal(self, asked: SealRequest, in_force: InForce) -> Denied | None:
        """Whether it is stopped now, by what is in memory: in step 2, and before each grant."""
        ...

    def at_intent(self, transaction: Transaction, use: Use) -> None:
        """Look once more in the intent's transaction, and count the use in it (`later`).

        Raises:
            UseRefused: before anything is written; nothing is signed then.
        """
        ...

    def at_release(self, transaction: Transaction, use: Use) -> None:
        """Look once more in the outcome's transaction, for every part of an act.

        Raises:
            UseRefused: before anything is written. The outcome is `failed` then, and nothing is
                released.
        """
        ...


@dataclass(frozen=True, slots=True)
class Guards:
    """Several as one: each is asked, in order, until one refuses."""

    each: tuple[UseGuard, ...]

    def refusal(self, asked: SealRequest, in_force: InForce) -> Denied | None:
        """See `UseGuard`."""
        refusals = (guard.refusal(asked, in_force) for guard in self.each)
        return next((denied for denied in refusals if denied is not None), None)

    def at_intent(self, transaction: Transaction, use: Use) -> None:
        """See `UseGuard`."""
        for guard in self.each:
            guard.at_intent(transaction, use)

    def at_release(self, transaction: Transaction, use: Use) -> None:
        """See `UseGuard`."""
        for guard in self.each:
            guard.at_release(transaction, use)


class Knowing(Protocol):
    """Finds out what a decision needs besides request and document."""

    async def known(
        self,
        case: Case,
        facts: DocumentFacts,
        *,
        at: datetime,
        request: SigningRequest,
        act_digest: bytes,
        input_digest: bytes,
    ) -> Known:
        """What is known of this case; digests as in `Use`."""
        ...


@dataclass(frozen=True, slots=True)
class AllKnown:
    """Several as one: what each knows, together."""

    each: tuple[Knowing, ...]

    async def known(
        self,
        case: Case,
        facts: DocumentFacts,
        *,
        at: datetime,
        request: SigningRequest,
        act_digest: bytes,
        input_digest: bytes,
    ) -> Known:
        """See `Knowing`."""
        found = [
            await knowing.known(
                case,
                facts,
                at=at,
                request=request,
                act_digest=act_digest,
                input_digest=input_digest,
            )
            for knowing in self.each
        ]
        days = (known.certificate_days for known in found)
        return Known(
            used={name: used for known in found for name, used in known.used.items()},
            approvals=tuple(approval for known in found for approval in known.approvals),
            certificate_days=next((each for each in days if each is not None), None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A use that people must approve first.

    Attributes:
        asked: who asks for the seal, and on what.
        decision: what they must approve, and by which rule.
        facts: of the document that came in.
        at: when it was decided.
        act_digest: as in `Use`.
        input_digest: as in `Use`.
        trace_id: of the request that asked.
        document_type: what the policies say of the type.
    """

    asked: SealRequest
    decision: NeedsApproval
    facts: DocumentFacts
    at: datetime
    act_digest: bytes
    input_digest: bytes
    trace_id: str
    document_type: DocumentType


class WaitingRoom(Protocol):
    """Where uses wait for people. It does not keep the document."""

    def ask(self, transaction: Transaction, waiting: Waiting) -> str | None:
        """Write down what people are asked; gives the approval's id.

        What was asked before is found again. None: there is nobody to ask. Called on the writer
        lane's thread, in the transaction that records the refusal.
        """
        ...


class KeptDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision and all that it was made from, so that other policies can be tried on it.

    Attributes:
        at: the moment for which it was decided.
        audit_index: of the record that tells it.
        request: what was asked.
        facts: of the document; None where it was refused before that was read.
        known: what was known besides.
        decision: what was decided.
        stopped: whether a guard refused it, and not the policies.
    """

    at: datetime
    audit_index: int
    request: SealRequest
    facts: DocumentFacts | None
    known: Known
    decision: Decision
    stopped: bool = False


class History(Protocol):
    """Keeps decisions."""

    def keep(self, transaction: Transaction, kept: KeptDecision) -> None:
        """Keep it in the transaction of its record; called on the writer lane's thread."""
        ...


class Releasing(Protocol):
    """Writes what goes with a release: the job that ends by it, what is owed to others."""

    def at_release(
        self, transaction: Transaction, request: SigningRequest, row: DocumentRow
    ) -> None:
        """Write it (`later`) in the outcome's transaction; called on the writer lane's thread.

        Args:
            transaction: the outcome's.
            request: what was asked.
            row: of the released document, with its outcome. Of an act of several seals it is the
                last one's, and the others' have no call.

        Raises:
            Problem: it must not be released; before anything is written.
        """
        ...


@dataclass(frozen=True, slots=True)
class AllReleasing:
    """Several as one, in order."""

    each: tuple[Releasing, ...] = ()

    def at_release(
        self, transaction: Transaction, request: SigningRequest, row: DocumentRow
    ) -> None:
        """See `Releasing`."""
        for releasing in self.each:
            releasing.at_release(transaction, request, row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """All of it, for `gateway.signing.service`."""

    guards: UseGuard
    knowing: Knowing
    waiting_room: WaitingRoom
    history: History
    releasing: Releasing = AllReleasing()
