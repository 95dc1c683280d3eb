"""Several seals in one act: one part a seal, each on the output of the one before.

A seal alone is an act of one part. Why revisions in a chain: docs/adr/0012.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from gateway.documents.model import Preparation
from gateway.seals.in_force import InForce
from gateway.seals.model import SealMaterial
from gateway.signing.ids import new_document_id
from gateway.signing.model import SigningRequest
from gateway.signing.screening import screen
from gateway.store.documents import DocumentRow
from policies.interfaces import Case
from policies.model import (
    Allowed,
    Denied,
    DocumentFacts,
    NeedsApproval,
    Placement,
    Reason,
    SealRequest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One seal of an act.

    Attributes:
        asked: what is asked for this seal.
        seal: the seal.
        document_id: of the part's output; of the last part it is the act's id.
        signed_at: the moment in its signature.
        known: the row of an earlier try.
        act: the act's id; None for a seal alone.
        number: which part it is, counted from 1.
        of: how many there are.
    """

    asked: SealRequest
    seal: SealMaterial
    document_id: str
    signed_at: datetime
    known: DocumentRow | None
    act: str | None
    number: int
    of: int

    @property
    def is_sealed(self) -> bool:
        """Whether an earlier try got this far; its output is then taken as it is."""
        return self.known is not None and self.known.is_sealed

    @property
    def is_last(self) -> bool:
        """Whether its output is what is released."""
        return self.number == self.of

    def on_the_revision_before(self, placement: Placement | None) -> Preparation:
        """How it is prepared when it follows another part: intake and rewriting are done."""
        return Preparation(
            document_id=self.document_id, signed_at=self.signed_at, placement=placement
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What all parts have in common, once all seals are allowed.

    Attributes:
        request: as it came.
        request_digest: what the idempotency key stands for.
        input_digest: of the document that came in.
        normalized_digest: of that document written anew, where its type says so.
        facts: of the document that came in; every seal was decided on these.
        decided_at: when.
    """

    request: SigningRequest
    request_digest: bytes
    input_digest: bytes
    normalized_digest: bytes | None
    facts: DocumentFacts
    decided_at: datetime


def screen_all(in_force: InForce, cases: Sequence[Case], *, at: datetime) -> Denied | None:
    """Step 2 for every seal, and whether their signatures can follow one another."""
    asked = [case.request for case in cases]
    refusals = [(case.request, screen(in_force, case.request, case, at=at)) for case in cases]
    denied = [(each, refusal) for each, refusal in refusals if refusal is not None]
    if denied:
        reasons = _reasons(denied, several=len(asked) > 1)
        return msgspec.structs.replace(denied[0][1], reasons=reasons)
    against = _do_not_combine([in_force.seals[each.seal] for each in asked])
    if against is None:
        return None
    return Denied(bundle=in_force.bundle.digest, reasons=(Reason(rule="act", message=against),))


def _do_not_combine(seals: Sequence[SealMaterial]) -> str | None:
    """A certification must be the first signature, and may be the last (ISO 32000-2 §12.8.2.2)."""
    first, *further = seals
    for seal in further:
        if seal.kind == "certification":
            return (
                f"seal {seal.id!r} certifies, and a certification must be the first signature; it "
                f"cannot follow seal {first.id!r}"
            )
    if further and first.kind == "certification" and first.permission == "no-changes":
        return (
            f"seal {first.id!r} certifies that nothing is changed after it, so seal "
            f"{further[0].id!r} cannot follow"
        )
    return None


def parts_of(
    asked: Sequence[SealRequest],
    seals: Mapping[str, SealMaterial],
    earlier: Sequence[DocumentRow],
    *,
    now: datetime,
) -> tuple[Part, ...]:
    """The parts in order; what an earlier try has begun keeps its id and moment.

    Args:
        asked: for each seal, in order.
        seals: by id.
        earlier: rows of an earlier try, in order.
        now: for the parts that are new.
    """
    several = len(asked) > 1
    act = earlier[0].act if earlier else (new_document_id(now) if several else None)
    parts = []
    for number, each in enumerate(asked, start=1):
        known = earlier[number - 1] if number <= len(earlier) else None
        fresh = act if act is not None and number == len(asked) else new_document_id(now)
        parts.append(
            Part(
                asked=each,
                seal=seals[each.seal],
                document_id=known.id if known is not None else fresh,
                signed_at=known.signed_at if known is not None else now.replace(microsecond=0),
                known=known,
                act=act,
                number=number,
                of=len(asked),
            )
        )
    return tuple(parts)


def decide_all(
    cases: Sequence[Case], facts: DocumentFacts, *, at: datetime
) -> tuple[Allowed, ...] | Denied | NeedsApproval:
    """Step 4 for every seal, each for itself. One that is not allowed refuses the act.

    The refusal has the reasons of every seal that was denied; where none was, of every seal that
    needs approval.
    """
    decisions = [(case.request, case.decide(facts, at=at)) for case in cases]
    allowed = tuple(each for _, each in decisions if isinstance(each, Allowed))
    if len(allowed) == len(cases):
        return allowed
    denied = [(each, said) for each, said in decisions if isinstance(said, Denied)]
    waiting = [(each, said) for each, said in decisions if isinstance(said, NeedsApproval)]
    against: list[tuple[SealRequest, Denied | NeedsApproval]] = [*(denied or waiting)]
    reasons = _reasons(against, several=len(cases) > 1)
    return msgspec.structs.replace(against[0][1], reasons=reasons)


def _reasons(
    against: Iterable[tuple[SealRequest, Denied | NeedsApproval]], *, several: bool
) -> tuple[Reason, ...]:
    return tuple(
        msgspec.structs.replace(reason, message=f"{asked.seal}: {reason.message}")
        if several
        else reason
        for asked, decision in against
        for reason in decision.reasons
    )
