"""What the signing room may rely on from a policy engine, and the engine from its conditions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from policies.model import (
    NOTHING_KNOWN,
    CounterRead,
    Decision,
    Denied,
    DocumentFacts,
    Fact,
    Known,
    Placement,
    Reason,
    SealRequest,
)


class Case(Protocol):
    """One request before one bundle."""

    @property
    def request(self) -> SealRequest:
        """Who asks for which seal on what."""
        ...

    @property
    def is_by_a_stranger(self) -> bool:
        """Whether the caller has nothing to do with the seal, or there is no such seal.

        The caller is of a company that is neither the seal's nor above it, and no permit for the
        seal is for the caller.
        """
        ...

    def screen(self, *, at: datetime) -> Denied | None:
        """Refuse cheaply what no document could make right: unknown seal, caller, type, frozen.

        None means go on, and promises nothing.
        """
        ...

    def likely_placement(self) -> Placement | None:
        """Where `decide` will most likely put the stamp, so that a worker can prepare at once.

        A hint: the caller MUST compare it with the decision's placement and prepare again when
        they differ.
        """
        ...

    def asks(self) -> frozenset[Fact]:
        """What `decide` wants to know of the document's content; a worker looks for no more."""
        ...

    def reads(self, at: datetime) -> tuple[CounterRead, ...]:
        """The counters that `decide` reads at this moment; `Known.used` gives their values.

        Whoever commits the intent MUST decide again by the counts in its transaction, where there
        are any: between a decision and its intent others are sealed.
        """
        ...

    def decide(
        self, facts: DocumentFacts, *, at: datetime, known: Known = NOTHING_KNOWN
    ) -> Decision:
        """Deny by default; one forbid outweighs every permit; an error in a condition denies."""
        ...

    def nearest(
        self, facts: DocumentFacts, *, at: datetime, known: Known = NOTHING_KNOWN
    ) -> tuple[Reason, ...]:
        """The permits that did not apply, each with what would have to change, the nearest first.

        For a denial because nothing permits it. It costs more than the decision.
        """
        ...


class PolicyEngine(Protocol):
    """Decides by one bundle. Pure: the same arguments give the same answer."""

    @property
    def bundle_digest(self) -> str:
        """`sha256:` and the hex digest of the bundle that decides."""
        ...

    def case(self, request: SealRequest) -> "Case":
        """The request before this bundle. It lives no longer than the request."""
        ...


class Situation(Protocol):
    """One request and document, about which conditions are asked."""

    def holds(self, condition: str) -> bool:
        """Whether the condition is true here.

        Raises:
            ConditionError: it has no answer, e.g. for a missing attribute or a division by zero.
                Whoever asks MUST NOT take that for a no: a forbid without an answer denies, too.
        """
        ...

    def part_holds(self, part: str) -> bool:
        """The same of a part of a condition, of which nothing depends but an explanation.

        Raises:
            ConditionError: it has no answer, or cannot stand alone.
        """
        ...


class Conditions(Protocol):
    """Compiled conditions, known by their text."""

    def situation(self, variables: Mapping[str, object]) -> Situation:
        """Bind the variables once, for all conditions that are asked about them."""
        ...
