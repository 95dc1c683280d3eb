"""Steps 2 and 4 for all seals of an act: one that is not allowed refuses the act."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from gateway.seals.in_force import InForce
from gateway.seals.model import SealMaterial
from gateway.signing.guard import Use, UseGuard
from gateway.signing.model import SigningRequest
from gateway.signing.screening import screen
from policies.interfaces import Case
from policies.model import (
    NOTHING_KNOWN,
    Allowed,
    Decision,
    Denied,
    DocumentFacts,
    Known,
    NeedsApproval,
    Reason,
)
from policies.objects.documents import DocumentType
from policies.reasons import SEAL_UNKNOWN, SEALS_DO_NOT_COMBINE

DecisionT = TypeVar("DecisionT", Allowed, Denied, NeedsApproval)
DecisionT_co = TypeVar("DecisionT_co", bound=Decision, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What is asked, as it stands before the policies; nothing of it changes any more.

    Attributes:
        request: as it came.
        digest: what the idempotency key stands for.
        input_digest: of the document that came in.
        in_force: what screens and decides it, to its end.
        cases: one a seal, in the order of the signatures.
        at: the moment of it.
    """

    request: SigningRequest
    digest: bytes
    input_digest: bytes
    in_force: InForce
    cases: tuple[Case, ...]
    at: datetime

    @property
    def document_type(self) -> DocumentType:
        """The type that is asked for; only once it was screened."""
        return self.in_force.bundle.document_types[self.request.seal_request.document_type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Generic[DecisionT_co]):
    """One seal's decision, and by what knowledge it was made."""

    case: Case
    known: Known
    decision: DecisionT_co


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an act is not sealed.

    Attributes:
        decision: for the act, with the reasons of every seal that stands against it.
        against: each of these seals.
        told: the reasons as the caller may know them; none: those of the decision.
        stopped: whether a guard says so, and not the policies.
    """

    decision: Denied | NeedsApproval
    against: tuple[Decided[Denied | NeedsApproval], ...] = ()
    told: tuple[Reason, ...] = ()
    stopped: bool = False


def screen_all(in_force: InForce, cases: Sequence[Case], *, at: datetime) -> Refusal | None:
    """Step 2 for every seal, and whether their signatures can follow one another."""
    screened = [(case, screen(in_force, case.request, case, at=at)) for case in cases]
    refusal = _refusal(screened)
    if refusal is not None:
        return refusal
    against = _do_not_combine([in_force.seals[case.request.seal] for case in cases])
    if against is None:
        return None
    reasons = (Reason(rule=SEALS_DO_NOT_COMBINE, message=against),)
    return Refusal(decision=Denied(bundle=in_force.bundle.digest, reasons=reasons))


def stop_all(guards: UseGuard, in_force: InForce, cases: Sequence[Case]) -> Refusal | None:
    """Whether the use of a seal of the act is stopped."""
    refusal = _refusal([(case, guards.refusal(case.request, in_force)) for case in cases])
    return None if refusal is None else replace(refusal, stopped=True)


def refusal_of(use: Use, decision: Denied | NeedsApproval) -> Refusal:
    """A guard's answer to a use that the policies allow."""
    against = Decided(case=use.case, known=use.known, decision=decision)
    return Refusal(decision=decision, against=(against,), stopped=True)


def _refusal(answers: Sequence[tuple[Case, Denied | None]]) -> Refusal | None:
    against = tuple(
        Decided(case=case, known=NOTHING_KNOWN, decision=denied)
        for case, denied in answers
        if denied is not None
    )
    return _refused(against, several=len(answers) > 1) if against else None


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


def decide_all(
    cases: Sequence[Case], facts: DocumentFacts, *, at: datetime, known: Sequence[Known]
) -> tuple[Decided[Allowed], ...] | Refusal:
    """Step 4 for every seal, each for itself. One that is not allowed refuses the act.

    The refusal has the reasons of every seal that was denied; where none was, of every seal that
    needs approval.
    """
    decided = [
        Decided(case=case, known=each, decision=case.decide(facts, at=at, known=each))
        for case, each in zip(cases, known, strict=True)
    ]
    allowed = tuple(_only(Allowed, decided))
    if len(allowed) == len(cases):
        return allowed
    denied = tuple(_with_hints(each, facts, at=at) for each in _only(Denied, decided))
    against: tuple[Decided[Denied | NeedsApproval], ...] = denied or tuple(
        _only(NeedsApproval, decided)
    )
    return _refused(against, several=len(cases) > 1)


def _only(
    kind: type[DecisionT], decided: Iterable[Decided[Decision]]
) -> Iterator[Decided[DecisionT]]:
    for each in decided:
        if isinstance(each.decision, kind):
            yield Decided(case=each.case, known=each.known, decision=each.decision)


def _with_hints(denied: Decided[Denied], facts: DocumentFacts, *, at: datetime) -> Decided[Denied]:
    """With what would have to change, where nothing permits it."""
    reasons = denied.decision.reasons
    if reasons[0].rule != "default":
        return denied
    hints = denied.case.nearest(facts, at=at, known=denied.known)
    told = tuple(dict.fromkeys((*reasons, *hints)))
    return replace(denied, decision=msgspec.structs.replace(denied.decision, reasons=told))


def _refused(against: tuple[Decided[Denied | NeedsApproval], ...], *, several: bool) -> Refusal:
    reasons = tuple(
        _of_its_seal(reason, each.case, several=several)
        for each in against
        for reason in each.decision.reasons
    )
    told = tuple(
        _of_its_seal(reason, each.case, several=several)
        for each in against
        for reason in _for_the_caller(each)
    )
    decision = msgspec.structs.replace(against[0].decision, reasons=reasons)
    return Refusal(decision=decision, against=against, told=told)


def _of_its_seal(reason: Reason, case: Case, *, several: bool) -> Reason:
    if not several:
        return reason
    return msgspec.structs.replace(reason, message=f"{case.request.seal}: {reason.message}")


def _for_the_caller(decided: Decided[Denied | NeedsApproval]) -> tuple[Reason, ...]:
    """The reasons; to a stranger a seal of others is like one that does not exist."""
    if not decided.case.is_by_a_stranger:
        return decided.decision.reasons
    message = f"no seal that you may use is called `{decided.case.request.seal}`"
    return (Reason(rule=SEAL_UNKNOWN, message=message),)
