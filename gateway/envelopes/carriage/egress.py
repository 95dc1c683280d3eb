"""The ledger of what leaves the house: a row is durable before the request is sent."""

from datetime import datetime

from cloud_bridge.interfaces import EgressLedger
from gateway.clock import Clock
from gateway.store.engines.lane import WriterLane
from gateway.store.engines.moments import microseconds
from gateway.store.engines.pieces import in_pieces
from gateway.store.rows.networks import EgressRow, forget_some_egress, put_egress

_FORGOTTEN_AT_ONCE = 500


class Ledger(EgressLedger):
    """Implements `EgressLedger` in the database; requests at the same time share a commit."""

    def __init__(self, organisation: str, network: str, *, lane: WriterLane, clock: Clock) -> None:
        """For one of our organisations and the network's URL."""
        self._organisation = organisation
        self._network = network
        self._lane = lane
        self._clock = clock

    async def leaving(self, *, kind: str, envelope: str, digest: bytes, size: int) -> None:
        """See `EgressLedger`.

        Raises:
            StoreProblem: it could not be written; then nothing may leave.
        """
        row = EgressRow(
            organisation=self._organisation,
            network=self._network,
            at=microseconds(self._clock.now()),
            kind=kind,
            envelope=envelope,
            digest=digest,
            size=size,
        )
        await self._lane.write(lambda unit: put_egress(unit, row))


async def forget_egress(lane: WriterLane, *, before: datetime) -> int:
    """Delete rows of what left earlier, a little at a time; gives how many there were.

    Raises:
        StoreProblem: the database could not be written; what was deleted is.
    """
    most = _FORGOTTEN_AT_ONCE
    moment = microseconds(before)
    return await in_pieces(
        lane, lambda unit: forget_some_egress(unit, before=moment, most=most), most=most
    )
