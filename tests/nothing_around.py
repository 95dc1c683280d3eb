"""What stands around the signing cycle where a test wants nothing of it."""

from datetime import datetime

from gateway.signing.guard import KeptDecision, Waiting
from gateway.signing.model import SigningRequest
from gateway.store.engines.lane import Transaction
from policies.interfaces import Case
from policies.model import (
    NOTHING_KNOWN,
    DocumentFacts,
    Known,
)


class NothingKnown:
    """Implements `gateway.signing.guard.Knowing` where nobody approves and nothing is counted."""

    async def known(
        self,
        case: Case,  # noqa: ARG002 - the Protocol's
        facts: DocumentFacts,  # noqa: ARG002 - the Protocol's
        *,
        at: datetime,  # noqa: ARG002 - the Protocol's
        request: SigningRequest,  # noqa: ARG002 - the Protocol's
        act_digest: bytes,  # noqa: ARG002 - the Protocol's
        input_digest: bytes,  # noqa: ARG002 - the Protocol's
    ) -> Known:
        """See `Knowing`."""
        return NOTHING_KNOWN


class NoWaitingRoom:
    """Implements `WaitingRoom` where nobody can be asked: the caller is told and no more."""

    def ask(
        self,
        transaction: Transaction,  # noqa: ARG002 - the Protocol's
        waiting: Waiting,  # noqa: ARG002 - the Protocol's
    ) -> str | None:
        """See `WaitingRoom`."""
        return None


class NoHistory:
    """Implements `History` where nobody asks later."""

    def keep(self, transaction: Transaction, kept: KeptDecision) -> None:
        """See `History`."""
