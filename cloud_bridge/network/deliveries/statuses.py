"""How far a delivery is, for partners without an account: a word, and nothing else."""

from collections.abc import Sequence
from typing import Final, Literal

from sqlalchemy import Connection

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.interfaces import Time
from cloud_bridge.network.deliveries import rows
from cloud_bridge.network.deliveries.codes import typed_digits
from cloud_bridge.network.deliveries.consignment import consignment
from cloud_bridge.network.deliveries.problems import StatusUnknownProblem
from cloud_bridge.network.interfaces import EnvelopeBook, Lane
from cloud_bridge.network.persons import tries

Step = Literal[
    "on-the-way",
    "being-received",
    "to-be-sealed",
    "completed",
    "declined",
    "withdrawn",
    "expired",
    "voided",
]
"""The page has a sentence for each, with what comes next."""
MOST_FROM_AN_ADDRESS: Final = 20
"""Wrong answers to whoever asks from one place, whatever it asks for; an office has one address."""


class Statuses:
    """Answers by waybill and the last digits of a telephone that the envelope knows."""

    def __init__(self, *, lane: Lane, book: EnvelopeBook, time: Time) -> None:
        self._lane = lane
        self._book = book
        self._time = time

    async def ask(self, waybill: str, digits: str, *, address: str | None) -> Sequence[Step]:
        """How far the deliveries of the number are.

        Args:
            waybill: its number.
            digits: the last of a telephone.
            address: from where somebody asks; None: that is not known.

        Raises:
            StatusUnknownProblem: there is none, or other digits, or there were too many tries.
        """
        now = self._time.now()
        subject, asker = f"status:{waybill}", f"status-from:{address}"

        def asked(connection: Connection) -> Sequence[tuple[str, str]]:
            # The same questions in the same order, whether there is such a number or not.
            found = rows.asked_by(connection, waybill, typed_digits(digits))
            locked = tries.locked(connection, subject, now=now)
            most = MOST_FROM_AN_ADDRESS
            kept_off = tries.locked(connection, asker, now=now, most=most) and address is not None
            if locked or kept_off or not found:
                if not locked and not kept_off:
                    tries.count(connection, subject, now=now)
                if not kept_off and address is not None:
                    tries.count(connection, asker, now=now, from_the_first=True)
                return ()
            # Not of the address: whoever knows one number could go on guessing others.
            tries.forgive(connection, subject)
            return found

        found = await self._lane.write(asked)
        if not found:
            raise StatusUnknownProblem("nothing fits")
        return [await self._step(envelope, party) for envelope, party in found]

    async def _step(self, envelope: str, party: str) -> Step:
        return step_of((await consignment(self._book, envelope, party)).state, party)


def step_of(state: EnvelopeState, party: str) -> Step:
    """Where a bearer's envelope stands."""
    if state.status != "draft" and state.status != "signing":  # noqa: PLR1714 - mypy narrows it
        return state.status
    match state.party(party):
        case None:
            return "on-the-way"
        case found if not found.missing:
            return "to-be-sealed"
        case found:
            return "being-received" if found.state == "opened" else "on-the-way"
