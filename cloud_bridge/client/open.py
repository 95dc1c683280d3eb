"""The network that a configuration means."""

import asyncio

from cloud_bridge.client.budget import Budget, Pause
from cloud_bridge.client.calling import Caller
from cloud_bridge.client.model import Way
from cloud_bridge.client.reference import ReferenceNetwork
from cloud_bridge.client.signing import OrganisationSigner
from cloud_bridge.interfaces import CloudNetwork, EgressLedger, Time
from cloud_bridge.keys import SigningKey


def open_client(
    organisation: str,
    way: Way,
    *,
    key: SigningKey,
    requests_per_second: float,
    ledger: EgressLedger,
    time: Time,
    pause: Pause = asyncio.sleep,
) -> CloudNetwork:
    """The reference network, for one organisation; entering it makes it ready.

    Args:
        organisation: its id there.
        way: to the network.
        key: signs requests: the one of the organisation's card.
        requests_per_second: as many as it may be asked.
        ledger: is told of each request before it leaves.
        time: stamps requests, and fills the budget.
        pause: waits so many seconds.
    """
    caller = Caller(
        way,
        OrganisationSigner(organisation, key, time=time),
        budget=Budget(per_second=requests_per_second, time=time, pause=pause),
        ledger=ledger,
    )
    return ReferenceNetwork(way, caller=caller)
