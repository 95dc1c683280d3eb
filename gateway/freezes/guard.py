"""What is frozen is not used: asked by the signing cycle wherever it asks its guards."""

from gateway.freezes.book import FreezeBook
from gateway.freezes.model import Freeze
from gateway.seals.in_force import InForce
from gateway.signing.guard import Use, UseRefused
from gateway.store.engines.lane import Transaction
from policies.model import Denied, Reason, SealRequest
from policies.reasons import FROZEN


class FreezeGuard:
    """Implements `gateway.signing.guard.UseGuard`."""

    def __init__(self, book: FreezeBook) -> None:
        self._book = book

    def refusal(self, asked: SealRequest, in_force: InForce) -> Denied | None:
        """See `UseGuard`."""
        freeze = self._book.against(asked, in_force.bundle)
        return None if freeze is None else _denied(freeze, asked, in_force)

    def at_intent(self, transaction: Transaction, use: Use) -> None:
        """See `UseGuard`: after a freeze's record no intent follows."""
        self._refuse(transaction, use)

    def at_release(self, transaction: Transaction, use: Use) -> None:
        """See `UseGuard`: nor an outcome that releases anything."""
        self._refuse(transaction, use)

    def _refuse(self, transaction: Transaction, use: Use) -> None:
        freeze = self._book.against_in(transaction, use.asked, use.in_force.bundle)
        if freeze is not None:
            raise UseRefused(_denied(freeze, use.asked, use.in_force))


def _denied(freeze: Freeze, asked: SealRequest, in_force: InForce) -> Denied:
    reason = Reason(rule=FROZEN, message=told(freeze, asked))
    return Denied(bundle=in_force.bundle.digest, reasons=(reason,))


def told(freeze: Freeze, asked: SealRequest) -> str:
    """That it stops what was asked, in words that may go into the audit log."""
    when = f"since {freeze.at:%Y-%m-%d %H:%M:%S} UTC (freeze {freeze.id})"
    match freeze.scope.kind:
        case "gateway":
            return f"all sealing is frozen {when}: {freeze.reason}"
        case "counterparty":
            # A denial goes into the audit log, where customers are not named.
            return f"a party of document {asked.document_type!r} is frozen {when}"
        case kind:
            return f"the {kind} {freeze.scope.name} is frozen {when}: {freeze.reason}"
