"""What the rooms beside ask of approvals."""

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
