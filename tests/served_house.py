"""Two companies with a house each on a real network over HTTP, and a way there that may be bad.

async with served_street(tmp_path) as street, street.room(tmp_path, EAST) as east: ...
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cloud_bridge.client.model import Way
from cloud_bridge.client.open import open_client
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import Organisation, Verification
from cloud_bridge.network.accounts.model import Account
from gateway.cli.trial.certificates import TrialCA
from gateway.clock import SystemClock
from gateway.envelopes.carriage.egress import Ledger
from gateway.store.lane import WriterLane
from tests.bridge_house import signing_key_in
from tests.envelope_house import EAST, WEST, Street
from tests.network_house import START, HouseTime, NetworkHouse, network_house
from tests.signing_house import FakeClock

_AS_OFTEN_AS_IT_LIKES = 1e6
"""Requests a second: what is tried here is not the budget."""


class RunningClock(FakeClock):
    """Runs as real time does; a test may move it on."""

    def __init__(self, now: datetime = START) -> None:
        super().__init__(now)
        self._system = SystemClock()
        self._since = self._system.monotonic()

    def now(self) -> datetime:
        return self.moment + timedelta(seconds=self._system.monotonic() - self._since)

    def monotonic(self) -> float:
        return self.seconds + self._system.monotonic() - self._since


class _Shared(HouseTime):
    """The network's clock is the gateways'."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._shared = clock

    def now(self) -> datetime:
        return self._shared.now()

    def monotonic(self) -> float:
        return self._shared.monotonic()


@dataclass(kw_only=True)
class ServedStreet(Street):
    """Houses on a network that is served.

    Attributes:
        house: the network.
        directory: below which each house has a folder.
        ports: where an organisation reaches the network, if not at its own port.
    """

    house: NetworkHouse
    directory: Path
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """The network's own."""
        return int(self.house.url.rpartition(":")[2])

    @property
    def network_key(self) -> str:
        return self.house.network_key

    def connect(self, organisation: str, lane: WriterLane, key: SigningKey) -> CloudNetwork:
        port = self.ports.get(organisation, self.port)
        way = Way(url=f"http://127.0.0.1:{port}", network_key=self.network_key)
        return open_client(
            organisation,
            way,
            key=key,
            requests_per_second=_AS_OFTEN_AS_IT_LIKES,
            ledger=Ledger(organisation, way.url, lane=lane, clock=self.clock),
            time=self.clock,
        )

    async def register(self, organisation: str) -> None:
        """Have the network know a company that has a folder, or gets one."""
        now = self.clock.now()
        verification = Verification(
            level="organisation",
            method="register-extract",
            at=now,
            expires_at=now + timedelta(days=365),
        )
        told = Organisation(
            id=organisation, name=f"{organisation} 有限公司", verification=verification
        )
        key = signing_key_in(self.directory / organisation).public
        await self.house.core.accounts.add(
            Account(organisation=told, signing_key=key, certificates=frozenset())
        )


@contextlib.asynccontextmanager
async def served_street(directory: Path) -> AsyncIterator[ServedStreet]:
    """A network, and two organisations that it knows."""
    clock = RunningClock()
    limits = {"requests_per_second": _AS_OFTEN_AS_IT_LIKES}
    async with network_house(directory / "network", time=_Shared(clock), limits=limits) as house:
        street = ServedStreet(
            clock=clock, seals_by=TrialCA(now=clock.now()), house=house, directory=directory
        )
        for organisation in (EAST, WEST):
            await street.register(organisation)
        yield street
