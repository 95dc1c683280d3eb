"""One round of sending what is owed in an envelope: what stays behind, and why."""

from gateway.envelopes.keeping.troubles import Trouble
from gateway.store.rows.envelope_owed import OwedEnvelopeRow


class Sending:
    """What became of an envelope's rows so far.

    Attributes:
        back: kept back; they stay owed.
        troubles: why; told once all that could go out has, as they pass when something does.
        fallen: ordinals of what the network will never take.
        frozen: what officers have frozen, in words; empty: nothing of it.
    """

    def __init__(self, stopped: frozenset[int], why: str) -> None:
        """`stopped` are the ordinals of what officers have frozen, and `why` says what that is."""
        self._stopped = stopped
        self.frozen = why
        self.back: list[OwedEnvelopeRow] = []
        self.troubles: list[Trouble] = []
        self.fallen: set[int] = set()

    def stops(self, row: OwedEnvelopeRow) -> str:
        """Why officers let it go no further; empty: they do not stop it."""
        return self.frozen if row.ordinal in self._stopped else ""

    def keep_back(self, row: OwedEnvelopeRow, trouble: Trouble) -> None:
        """For now, and for a reason that may pass."""
        self.back.append(row)
        self.troubles.append(trouble)
