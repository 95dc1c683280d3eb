"""A network whose operator has put another database in place: an older, an empty, the right one."""

import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_bridge.client.model import Way
from cloud_bridge.client.open import open_client
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.keys import SigningKey
from gateway.cli.trial.certificates import TrialCA
from gateway.clock import SystemClock
from gateway.envelopes.carriage.egress import Ledger
from gateway.store.engines.lane import WriterLane
from tests.envelope_house import EAST, WEST, Room, Street, parties, settle
from tests.scenarios.test_account_network_process import Operated
from tests.signing_house import FakeClock

pytestmark = pytest.mark.timeout(300)

_WEST_FIRST = parties(turns=(2, 1))


@dataclass(kw_only=True)
class _Operating(Street):
    """Houses on a network that runs as its operator runs it."""

    operated: Operated
    shelf: Path
    keys: dict[str, Path] = field(default_factory=dict)

    @property
    def network_key(self) -> str:
        assert self.operated.ready is not None
        return str(self.operated.ready["network_key"])

    def connect(self, organisation: str, lane: WriterLane, key: SigningKey) -> CloudNetwork:
        assert self.operated.ready is not None
        folder = self.keys[organisation]
        way = Way(
            url=str(self.operated.ready["url"]),
            network_key=self.network_key,
            ca=folder / "network-ca.pem",
            certificate=folder / "client.pem",
            key=folder / "client-key.pem",
        )
        return open_client(
            organisation,
            way,
            key=key,
            requests_per_second=10_000,
            ledger=Ledger(organisation, way.url, lane=lane, clock=self.clock),
            time=self.clock,
        )

    def register(self, organisation: str, directory: Path) -> None:
        folder = self.keys[organisation] = self.operated.folder / "for" / organisation
        self.operated.run(
            *("organisation", "add", "--id", organisation, "--name", f"{organisation} 有限公司"),
            *("--expires", "2099-12-31", "--out", str(folder), "-c", str(self.operated.config)),
        )
        (directory / organisation).mkdir()
        shutil.copy(folder / "signing.pem", directory / organisation / "signing.pem")

    def keep(self, name: str) -> None:
        """Put what the network holds now on the shelf; it does not run meanwhile."""
        self.operated.stop()
        shelve(self.operated.folder / "state", self.shelf / name)

    def put(self, name: str) -> None:
        """Have the network go on from what lies on the shelf."""
        shutil.rmtree(self.operated.folder / "state")
        shutil.copytree(self.shelf / name, self.operated.folder / "state")
        self.operated.start()


def shelve(state: Path, place: Path) -> None:
    """Copy all but the socket of the operator's commands."""
    shutil.copytree(state, place, ignore=shutil.ignore_patterns("*.sock"))


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[_Operating]:
    operated = Operated(tmp_path / "network")
    port = str(_free_port())
    operated.run("init", "--directory", str(operated.folder), "--name", "签约网", "--port", port)
    clock = FakeClock(SystemClock().now())
    made = _Operating(
        clock=clock, seals_by=TrialCA(now=clock.now()), operated=operated, shelf=tmp_path / "shelf"
    )
    operated.start()
    operated.stop()
    (tmp_path / "shelf").mkdir()
    shelve(operated.folder / "state", tmp_path / "shelf" / "empty")
    operated.start()
    for organisation in (EAST, WEST):
        made.register(organisation, tmp_path)
    yield made
    if operated.is_running:
        operated.kill()


@contextlib.asynccontextmanager
async def _rooms(street: _Operating, directory: Path) -> AsyncIterator[tuple[Room, Room]]:
    async with street.room(directory, EAST) as east, street.room(directory, WEST) as west:
        await settle(east, west)
        yield east, west


async def _found_out(*rooms: Room) -> None:
    """Where it was back before anybody asked, too: what is there now is compared."""
    for room in rooms:
        for _ in range(2):
            assert await room.company.listen() == 0


async def test_an_older_database_is_named_nothing_is_signed_twice_and_the_right_one_heals_it(
    street: _Operating, tmp_path: Path
) -> None:
    async with _rooms(street, tmp_path) as (east, west):
        before = (await east.create(key="a", parties=_WEST_FIRST)).envelope.id
        await settle(east, west)
        street.keep("older")
        street.operated.start()
        await _found_out(east, west)
        done = (await east.create(key="b", parties=_WEST_FIRST)).envelope.id
        await settle(east, west)
        under_way = (await east.create(key="c", parties=_WEST_FIRST)).envelope.id
        await east.work()
        await west.company.listen()
        assert (east.signed, west.signed) == (2, 2)
        street.keep("right")

        street.put("older")
        await _found_out(east, west)
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(before)).trouble == ()
            for lost, status in ((done, "completed"), (under_way, "held")):
                told = await room.show(lost)
                assert (told.status, [each for each, _ in told.trouble]) == (status, ["missing"])
        assert (east.signed, west.signed) == (2, 2)
        meanwhile = (await east.create(key="d", parties=_WEST_FIRST)).envelope.id
        await settle(east, west)
        assert (await west.show(meanwhile)).status == "completed"
        street.operated.stop()
        for room in (east, west):
            assert await room.company.listen() > 0
        street.put("right")
        await _found_out(east, west)
        street.clock.move(timedelta(minutes=1))
        await settle(east, west)
        for room in (east, west):
            for healed in (before, done, under_way):
                told = await room.show(healed)
                assert (told.status, told.trouble) == ("completed", ())
            assert [each for each, _ in (await room.show(meanwhile)).trouble] == ["missing"]
        assert (east.signed, west.signed) == (4, 4)


async def test_an_empty_database_knows_nobody_and_the_right_one_goes_on(
    street: _Operating, tmp_path: Path
) -> None:
    async with _rooms(street, tmp_path) as (east, west):
        id_ = (await east.create(parties=_WEST_FIRST)).envelope.id
        await east.work()
        street.keep("right")
        street.put("empty")
        for room in (east, west):
            assert await room.company.listen() > 0
            assert "there is no organisation" in room.company.bridge.tally.why
        assert (await east.show(id_)).status == "signing"
        kept = (await east.create(key="kept", parties=_WEST_FIRST)).envelope.id
        await east.work()
        street.operated.stop()
        street.put("right")
        await _found_out(east, west)
        street.clock.move(timedelta(minutes=1))
        await settle(east, west)
        for room in (east, west):
            for each in (id_, kept):
                assert (await room.show(each)).status == "completed"
        assert (east.signed, west.signed) == (2, 2)
