"""What the rooms beside ask of approvals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.store.engines.lane import Transaction
from gateway.store.rows.approvals import ApprovalRow


class Hears(Protocol):
    """Learns that something was said of an approval, whatever it was."""

    def heard(self, transaction: Transaction, approval: ApprovalRow, *, statement: str) -> None:
        """Within the unit of work that takes the statement down, for what waits for it.

        Args:
            transaction: of the statement.
            approval: as it stands with it.
            statement: as it was signed, a word of its own for this occasion.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """A document that waits for nobody any more.

    Attributes:
        document: its SHA-256.
        traces: of the requests that ended; others may have asked for the same document.
        why: in words, which whoever was asked reads.
    """

    document: bytes
    traces: frozenset[str]
    why: str


class Closes(Protocol):
    """Closes what people were asked and nobody needs any more."""

    def close(self, transaction: Transaction, ended: Iterable[Ended], *, at: datetime) -> None:
        """Within the unit of work that writes the end. What was said or used stays as it is."""
        ...
