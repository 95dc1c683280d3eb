"""What is frozen is not used: asked by the signing cycle wherever it asks its guards."""

from gateway.seals.in_force import InForce
from gateway.signing.guard import Use, UseRefused
from gateway.stops.book import StopBook
from gateway.stops.model import Stop
from gateway.store.lane import Transaction
from policies.model import Denied, Reason, SealRequest
from policies.reasons import STOPPED


class StopGuard:
    """Implements `gateway.signing.guard.UseGuard`."""

    def __init__(self, book: StopBook) -> None:
        self._book = book

    def refusal(self, asked: SealRequest, in_force: InForce) -> Denied | None:
        """See `UseGuard`."""
        stop = self._book.against(asked, in_force.bundle)
        return None if stop is None else _denied(stop, asked, in_force)

    def at_intent(self, transaction: Transaction, use: Use) -> None:
        """See `UseGuard`: after a freeze's record no intent follows."""
        self._refuse(transaction, use)

    def at_release(self, transaction: Transaction, use: Use) -> None:
        """See `UseGuard`: nor an outcome that releases anything."""
        self._refuse(transaction, use)

    def _refuse(self, transaction: Transaction, use: Use) -> None:
        stop = self._book.against_in(transaction, use.asked, use.in_force.bundle)
        if stop is not None:
            raise UseRefused(_denied(stop, use.asked, use.in_force))


def _denied(stop: Stop, asked: SealRequest, in_force: InForce) -> Denied:
    reason = Reason(rule=STOPPED, message=_told(stop, asked))
    return Denied(bundle=in_force.bundle.digest, reasons=(reason,))


def _told(stop: Stop, asked: SealRequest) -> str:
    when = f"since {stop.at:%Y-%m-%d %H:%M:%S} UTC (freeze {stop.id})"
    match stop.scope.kind:
        case "gateway":
            return f"all sealing is frozen {when}: {stop.reason}"
        case "counterparty":
            # A denial goes into the audit log, where customers are not named.
            return f"a party of document {asked.document_type!r} is frozen {when}"
        case kind:
            return f"the {kind} {stop.scope.name} is frozen {when}: {stop.reason}"
