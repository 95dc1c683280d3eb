"""What a cloud account network must be able to do for a gateway."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self

from cloud_bridge.envelopes.statements import SignedStatement
from cloud_bridge.model import Organisation, Person, SignedCard
from cloud_bridge.wire import (
    Content,
    EnvelopeRecord,
    Feed,
    Heads,
    NetworkIdentity,
    NewEnvelope,
    Parcel,
    PersonLink,
    Taken,
)


class CloudNetwork(Protocol):
    """One network, for one organisation. Connections go out only. An async context manager.

    Everything that changes something is idempotent: envelopes by their id, statements by theirs,
    contents by their digest, cards by their serial. All of it raises:

        NetworkAwayError: it cannot be reached, is busy, or the budget of requests is used up; to be
            tried again, after `retry_after_seconds` if that is said.
        NetworkRefusedError: it will never take this, with the network's type and words.
        NetworkLiesError: what it says contradicts what it has signed, or what cannot be.
    """

    async def __aenter__(self) -> Self:
        """Make ready; what is away now is tried again with the first call."""
        ...

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        ...

    async def identity(self) -> NetworkIdentity:
        """Who the network says that it is."""
        ...

    async def publish(self, card: SignedCard) -> None:
        """Let others find the organisation's keys."""
        ...

    async def organisation(self, organisation: str) -> Organisation | None:
        """An organisation by its id; None: there is none."""
        ...

    async def organisations(self, name: str) -> Sequence[Organisation]:
        """Organisations by their legal name."""
        ...

    async def send(self, envelope: NewEnvelope) -> Taken:
        """Send an envelope: its first entry. Its contents must be there already."""
        ...

    async def put_content(self, content: Content) -> None:
        """Let the organisations of the envelope have a content; before it is stated or sent."""
        ...

    async def bring(self, parcel: Parcel) -> Taken:
        """Bring contents, and say what stands on them, as `send` or `state` would: all or nothing.

        NetworkRefusedError: nothing of it counts, whatever the reason. Each is brought by itself
        then, which shows what is not taken. What takes nothing together, or not so much, be it the
        network or what stands between, has it refused as `not-together`, once known without asking.
        """
        ...

    async def content(self, envelope: str, digest: str) -> Content:
        """A content of an envelope, as it was put there."""
        ...

    async def state(self, statement: SignedStatement) -> Taken:
        """Say something of an envelope: the entry that it became.

        With it come those that its author may not have: a network that knows them tells them, one
        that does not leaves them out.
        """
        ...

    async def envelope(self, envelope: str) -> EnvelopeRecord:
        """All of an envelope."""
        ...

    async def feed(self, cursor: str, *, wait_seconds: float) -> Feed:
        """What came after a cursor (empty: from the first). Waits so long for something to come.

        A hint only: it may come twice, late, or not at all; see `heads`. Records and contents come
        along where the network brings them; what does not is asked for.
        """
        ...

    async def heads(self, after: str) -> Heads:
        """How far each of the organisation's envelopes has come, in pages by their id."""
        ...

    async def link(self, envelope: str, party: str) -> PersonLink:
        """A new link for a person or bearer; an earlier one of the party no longer opens."""
        ...

    async def person(self, name: str, contact: str) -> Person:
        """The account of a person, by name and by telephone number or mailbox; made if need be."""
        ...

    async def person_of(self, account: str) -> Person | None:
        """A person by the id of the account; None: there is none."""
        ...

    async def release(self, envelope: str, party: str) -> None:
        """Let somebody else claim what a bearer claimed and left lying."""
        ...


class Time(Protocol):
    """Where moments come from."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed point; never runs back."""
        ...


class EgressLedger(Protocol):
    """Keeps what left the house, before it leaves."""

    async def leaving(self, *, kind: str, envelope: str, digest: bytes, size: int) -> None:
        """Something is about to leave.

        Args:
            kind: the type of `wire` that it is; of a question, its path's name.
            envelope: to which it belongs; empty: to none.
            digest: SHA-256 of the body of the request.
            size: of the body, bytes.
        """
        ...
