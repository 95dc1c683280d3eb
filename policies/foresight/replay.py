"""What was decided, decided once more by other policies.

The request, the document's facts and the moment are those of then. Who asks is what the other
policies say of the same system or person: its roles, its posts, and whether there is one.
"""

from datetime import datetime
from typing import Literal

import msgspec

from policies.bundle import Bundle
from policies.deciding.verdicts import verdict_of
from policies.foresight.principals import caller_now
from policies.interfaces import Case, PolicyEngine
from policies.model import (
    Caller,
    Decision,
    Denied,
    DocumentFacts,
    Known,
    Reason,
    SealRequest,
)
from policies.reasons import CALLER_UNKNOWN

Why = Literal["stopped", "unread", "facts", "counters"]
"""`stopped`: a freeze or a used-up limit refused it, not the rules. `unread`: it was refused before
the document was read, and these policies would have read it. `facts`, `counters`: these policies
ask for what nobody looked for then."""


class PastDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, and all that it was decided by.

    Attributes:
        record: index of the audit record that tells it.
        at: the moment for which it was decided.
        request: what was asked.
        facts: of the document; None where it was refused before that was read.
        known: what was known besides.
        decision: what was decided.
        stopped: whether something else than the policies refused it.
    """

    record: int
    at: datetime
    request: SealRequest
    facts: DocumentFacts | None
    known: Known
    decision: Decision
    stopped: bool = False


class Same(msgspec.Struct, frozen=True, kw_only=True):
    """The same verdict, perhaps by another rule."""

    decision: Decision


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """Another verdict."""

    decision: Decision


class Undecidable(msgspec.Struct, frozen=True, kw_only=True):
    """What these policies would have said is not known; `missing` names what they ask for."""

    why: Why
    missing: tuple[str, ...] = ()


Replayed = Same | Changed | Undecidable


class Replaying:
    """Decides the past by one bundle."""

    def __init__(self, bundle: Bundle, engine: PolicyEngine) -> None:
        self._bundle = bundle
        self._engine = engine

    def replay(self, past: PastDecision) -> Replayed:
        """What these policies would have said then."""
        if past.stopped:
            return Undecidable(why="stopped")
        request = self.request_now(past)
        if request is None:
            return _compared(past, self._unknown(past.request.caller))
        case = self._engine.case(request)
        refused = case.screen(at=past.at)
        if refused is not None:
            return _compared(past, refused)
        if past.facts is None:
            return Undecidable(why="unread")
        return _missing(case, past, past.facts) or _compared(
            past, case.decide(past.facts, at=past.at, known=past.known)
        )

    def request_now(self, past: PastDecision) -> SealRequest | None:
        """The request with its caller as these policies know it; None where they know no such."""
        caller = caller_now(past.request.caller, self._bundle, at=past.at)
        return None if caller is None else msgspec.structs.replace(past.request, caller=caller)

    def nearest(self, past: PastDecision) -> tuple[Reason, ...]:
        """What would have to change for these policies to permit it, the least first."""
        request = self.request_now(past)
        if request is None or past.facts is None:
            return ()
        return self._engine.case(request).nearest(past.facts, at=past.at, known=past.known)

    def _unknown(self, caller: Caller) -> Denied:
        message = f"there is no `{caller.system}` any more"
        reasons = (Reason(rule=CALLER_UNKNOWN, message=message),)
        return Denied(bundle=self._engine.bundle_digest, reasons=reasons)


def _compared(past: PastDecision, decision: Decision) -> Same | Changed:
    alike = verdict_of(past.decision) == verdict_of(decision)
    return Same(decision=decision) if alike else Changed(decision=decision)


def _missing(case: Case, past: PastDecision, facts: DocumentFacts) -> Undecidable | None:
    content = facts.content
    known = frozenset() if isinstance(content, msgspec.UnsetType) else content.asked
    lacking = case.asks() - known
    if lacking:
        return Undecidable(why="facts", missing=tuple(sorted(f"doc.{fact}" for fact in lacking)))
    uncounted = {read.name for read in case.reads(past.at)} - past.known.used.keys()
    if uncounted:
        return Undecidable(why="counters", missing=tuple(sorted(uncounted)))
    return None
