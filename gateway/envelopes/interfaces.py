"""What the rooms above ask of envelopes."""

from collections.abc import Sequence
from typing import Protocol

from cloud_bridge.model import Person
from cloud_bridge.wire import PersonLink
from gateway.envelopes.model import Accepted, EnvelopePage, EnvelopeTold, NewEnvelope, NewFile
from policies.model import Caller


class Envelopes(Protocol):
    """Envelopes of the companies for which a caller may ask. All may raise a `Problem`.

    A caller sees those of its own company. What is created or withdrawn is durable before it is
    answered, and reaches the network whenever that can be reached.
    """

    async def create(
        self, caller: Caller, new: NewEnvelope, files: Sequence[NewFile], *, key: str
    ) -> Accepted:
        """Take an envelope in; the same `key` of a caller again is the same envelope."""
        ...

    async def listing(
        self, caller: Caller, *, status: str | None, after: str | None, most: int
    ) -> EnvelopePage:
        """The caller's envelopes, newest first."""
        ...

    async def show(self, caller: Caller, envelope: str) -> EnvelopeTold:
        """One envelope."""
        ...

    async def watch(
        self, caller: Caller, envelope: str, *, beyond: int, seconds: float
    ) -> EnvelopeTold:
        """As `show`, once its sequence is beyond that or its status another, at the latest then."""
        ...

    async def withdraw(self, caller: Caller, envelope: str, *, reason: str) -> EnvelopeTold:
        """Withdraw one of ours that not everybody has signed; one that has not left ends here."""
        ...

    async def decline(self, caller: Caller, envelope: str, *, reason: str) -> EnvelopeTold:
        """Decline one of theirs that we have not signed, whatever the policies would say."""
        ...

    async def remind(self, caller: Caller, envelope: str, party: str) -> EnvelopeTold:
        """Remind a party."""
        ...

    async def link(self, caller: Caller, envelope: str, party: str) -> PersonLink:
        """A new link for a person or bearer."""
        ...

    async def release(self, caller: Caller, envelope: str, party: str) -> EnvelopeTold:
        """Let somebody else claim what a bearer claimed and left lying."""
        ...

    async def person(self, caller: Caller, name: str, contact: str) -> Person:
        """A person's account on the network, by telephone number or mailbox; both leave the house.

        The account is made where there is none; the contact is told masked.
        """
        ...

    async def transcript(self, caller: Caller, envelope: str) -> bytes:
        """The envelope's record as a file (`cloud_bridge.envelopes.transcript`)."""
        ...

    async def document(self, caller: Caller, envelope: str, name: str) -> bytes:
        """A document as it is now; or what was given along, by its name or its SHA-256."""
        ...

    async def attach(
        self, caller: Caller, envelope: str, name: str, content: bytes
    ) -> EnvelopeTold:
        """Bring the file of a document that travelled another way (`digest`)."""
        ...
