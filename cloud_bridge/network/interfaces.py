"""What the rooms of the network ask of each other."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import Connection

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import Act
from cloud_bridge.model import Person, Verification
from cloud_bridge.wire import Content, EnvelopeRecord, PersonLink

if TYPE_CHECKING:
    from cloud_bridge.envelopes.state import EnvelopeState

T = TypeVar("T")


class Lane(Protocol):
    """The only writer of the database in this process, and its readers."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run a unit of work in the next transaction and wait until that is durable.

        Units share transactions (group commit), one after the other, on the lane's thread. What
        raises is rolled back alone, and raised here; nothing of it stays.
        """
        ...

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Ask what is committed, on another thread."""
        ...


class EnvelopeBook(Protocol):
    """The envelopes' records: what is said in them goes through here, and nowhere else."""

    async def state(self, envelope: str) -> "EnvelopeState | None":
        """What its entries make of an envelope; None: there is none of this id."""
        ...

    async def record(self, envelope: str) -> EnvelopeRecord:
        """All of an envelope; EnvelopeUnknownProblem: there is none."""
        ...

    async def say(
        self,
        envelope: str,
        act: Act,
        *,
        party: str,
        id: str,  # noqa: A002 - the statement's own word
        account: str = "",
    ) -> Entry:
        """Say something as the network, for a person (`party`) or for itself (empty).

        The same id again gives the entry of the first time, whatever the act is. With `account`,
        it is said only while the party is this one: it may have been handed on meanwhile.

        Raises:
            EnvelopeUnknownProblem: there is no such envelope.
            NotAllowedProblem: its state does not allow it; `reason` is that of `NotAllowedError`.
        """
        ...

    async def content(self, envelope: str, digest: str) -> Content:
        """A content of an envelope; ContentMissingProblem: nobody has put it there."""
        ...

    async def put_content(self, content: Content) -> None:
        """Keep a content for the envelope's organisations; durable when this returns."""
        ...


class Persons(Protocol):
    """The accounts of persons: each is there once, and used in every envelope."""

    async def person(self, id: str) -> Person | None:  # noqa: A002 - the account's own word
        """A person, with the whole contact; None: there is none."""
        ...

    async def verified(self, id: str, verification: Verification) -> None:  # noqa: A002 - as above
        """Remember that a person was verified; what counts for less does not replace more."""
        ...


class Links(Protocol):
    """Makes the addresses at which people without a gateway sign."""

    async def link(self, envelope: str, party: str) -> PersonLink:
        """A new link for a party; an earlier one of it no longer opens.

        The caller was let in, and `party` is one of the kind for which these links are made.
        """
        ...
