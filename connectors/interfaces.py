"""What every connector can do: fetch what came, and deliver what is owed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self, runtime_checkable

from connectors.model import Delivery, Fetched, Page


class Connector(Protocol):
    """One place outside that documents come from, go to, or both. Use as an async context manager.

    Fetching is at least once: what was fetched and not acknowledged comes again. Delivering is
    idempotent: the same delivery again changes nothing. A connector that cannot do one of them
    says so in `fetches` and `delivers`.
    """

    fetches: bool
    delivers: bool

    async def __aenter__(self) -> Self:
        """Connect; what is away now is tried again with the first call."""
        ...

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        ...

    async def fetch(self, cursor: str | None, *, most: int) -> Page:
        """What came since the cursor, up to `most`; waits for nothing: an empty page is an answer.

        Raises:
            ConnectorAwayError: the place cannot be reached now.
        """
        ...

    async def acknowledge(self, fetched: Sequence[Fetched]) -> None:
        """They are durable here: the place need not give them again.

        Raises:
            ConnectorAwayError: the place cannot be reached now; they may come again.
        """
        ...

    async def deliver(self, delivery: Delivery) -> None:
        """Bring it there, whole or not at all.

        Raises:
            ConnectorAwayError: the place cannot be reached now; to be tried again.
            DeliveryRefusedError: the place will never take this one.
        """
        ...

    async def prove(self) -> None:
        """Raise when the place cannot be used.

        Raises:
            ConnectorAwayError: why.
        """
        ...


@runtime_checkable
class Stock(Protocol):
    """Documents that lie ready at a place, for whoever names them. They stay where they are."""

    async def lying_ready(self, name: str, *, most_bytes: int) -> bytes | None:
        """The content of one; None: there is none of this name.

        Args:
            name: a relative path of plain parts, with `/` between them.
            most_bytes: a larger one is not read.

        Raises:
            ConnectorAwayError: the place cannot be reached now.
            TooLargeError: it has more bytes.
        """
        ...


class Time(Protocol):
    """Where moments come from."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed point; never runs back."""
        ...
