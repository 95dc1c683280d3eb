"""The account network as its operator runs it: a process of its own, killed and started again."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from cloud_bridge.envelopes.record import check
from cloud_bridge.envelopes.statements import Reminded
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import Organisation
from tests.network_house import (
    Company,
    House,
    HouseTime,
    ProblemAnswer,
)
from tests.seals_of_companies import authority, certify

_SEALGATE = [sys.executable, "-m", "gateway"]
_START_SECONDS = 60.0


@dataclass
class Operated:
    """A network in a folder, run by the command line."""

    folder: Path
    process: "subprocess.Popen[bytes] | None" = None
    ready: dict[str, Any] | None = None
    organisations: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "network.yaml"

    def run(self, *words: str) -> str:
        command = [*_SEALGATE, "network", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        log = self.folder / "network.log"
        before = log.stat().st_size if log.exists() else 0
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [*_SEALGATE, "network", "serve", "-c", str(self.config)], stderr=out
            )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            lines = log.read_bytes()[before:].decode().splitlines()
            ready = [json.loads(line) for line in lines if '"ready"' in line]
            if ready:
                self.ready = ready[0]
                return
            assert self.process.poll() is None, lines
            assert time.monotonic() < deadline, lines
            time.sleep(0.02)  # another process, which gives no signal

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    operated = Operated(tmp_path_factory.mktemp("operated") / "network")
    operated.run("init", "--directory", str(operated.folder), "--name", "签约网", "--port", "0")
    # As service managers and containers make it, before the network comes.
    (operated.folder / "state").chmod(0o755)
    yield operated
    if operated.is_running:
        operated.kill()


@pytest.fixture
async def house(operated: Operated) -> AsyncIterator[House]:
    if not operated.is_running:
        operated.start()
    assert operated.ready is not None
    ready = operated.ready
    async with aiohttp.ClientSession() as http:
        yield House(HouseTime.real(), authority(), http, ready["url"], ready["network_key"])


async def _joined(operated: Operated, house: House, name: str) -> Company:
    """An organisation that the operator adds while the network runs."""
    operated.organisations += 1
    folder = operated.folder / "for" / str(operated.organisations)
    told = await asyncio.to_thread(
        operated.run,
        *("organisation", "add", "--name", name, "--expires", "2099-12-31"),
        *("--out", str(folder), "-c", str(operated.config)),
    )
    tls = ssl.create_default_context(cafile=folder / "network-ca.pem")
    tls.load_cert_chain(folder / "client.pem", folder / "client-key.pem")
    company = Company(
        house=house,
        id=told.splitlines()[0],
        name=name,
        seal=certify(f"{name} seal", by=house.root, organisation=name),
        signing=SigningKey.from_pem((folder / "signing.pem").read_bytes()),
        tls=tls,
    )
    house.companies[company.id] = company
    await company.publish()
    house.published[company.id, 1] = company.card
    return company


async def test_what_it_keeps_of_people_is_for_its_own_user_alone(
    operated: Operated, house: House
) -> None:
    await _joined(operated, house, "买方有限公司")
    files = [each for each in (operated.folder / "state").rglob("*") if each.is_file()]
    assert "network.db" in {each.name for each in files}
    assert [each.name for each in files if each.stat().st_mode & 0o077] == []


async def test_the_operator_adds_organisations_while_it_runs_and_lists_them(
    operated: Operated, house: House
) -> None:
    buyer = await _joined(operated, house, "买方有限公司")
    found = await buyer.get(f"/v1/organisations/{buyer.id}", Organisation)
    assert found.name == "买方有限公司"
    listed = operated.run("organisation", "list", "--json", "-c", str(operated.config))
    assert buyer.id in [each["id"] for each in json.loads(listed)]
    key = json.loads(operated.run("identity", "--json", "-c", str(operated.config)))
    assert key == {"name": "签约网", "signingKey": house.network_key}
    person = operated.run(
        *("person", "add", "--name", "李雷", "--contact", "13800000000"),
        *("--expires", "2099-12-31", "-c", str(operated.config)),
    )
    assert person.startswith("person-")
    assert operated.stop() == 0


async def test_a_request_needs_the_client_certificate_of_the_organisation_that_signs_it(
    operated: Operated, house: House
) -> None:
    buyer = await _joined(operated, house, "买方有限公司")
    seller = await _joined(operated, house, "Seller Ltd")
    bare = ssl.create_default_context(cafile=operated.folder / "for" / "1" / "network-ca.pem")
    own = buyer.tls
    for tls in (bare, seller.tls):
        buyer.tls = tls
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.heads()
        assert refused.value.type == "not-authenticated"
    buyer.tls = own
    assert (await buyer.heads()).heads == ()


async def test_a_new_client_certificate_counts_beside_the_old_one_until_that_is_revoked(
    operated: Operated, house: House
) -> None:
    buyer = await _joined(operated, house, "买方有限公司")
    old = buyer.tls
    for more, refused in (((), False), (("--revoke-others",), True)):
        folder = operated.folder / "for" / f"again-{refused}"
        await asyncio.to_thread(
            operated.run,
            *("organisation", "add", "--name", buyer.name, "--expires", "2099-12-31"),
            *("--id", buyer.id, "--signing-key", buyer.signing.public, "--out", str(folder)),
            *(*more, "-c", str(operated.config)),
        )
        buyer.tls = ssl.create_default_context(cafile=folder / "network-ca.pem")
        buyer.tls.load_cert_chain(folder / "client.pem", folder / "client-key.pem")
        assert (await buyer.heads()).heads == ()
        buyer.tls = old
        if refused:
            with pytest.raises(ProblemAnswer, match="not-authenticated"):
                await buyer.heads()
        else:
            assert (await buyer.heads()).heads == ()


async def test_killed_between_statements_it_has_lost_none_that_it_had_answered(
    operated: Operated, house: House
) -> None:
    buyer = await _joined(operated, house, "买方有限公司")
    seller = await _joined(operated, house, "Seller Ltd")
    draft = buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2))
    answered = [await draft.send()]
    killed = asyncio.Event()

    async def say_on() -> None:
        while not killed.is_set():
            try:
                answered.append(await draft.say(Reminded(party="buyer"), by=buyer))
            except (aiohttp.ClientError, OSError):
                return

    for _ in range(2):
        saying = asyncio.create_task(say_on())
        before = len(answered)
        async with asyncio.timeout(30):
            while len(answered) < before + 10:
                await asyncio.sleep(0)
        operated.kill()
        await saying
        operated.start()
        assert operated.ready is not None
        house.url = operated.ready["url"]
        record = await seller.record(draft.id)
        state = check(record, network_key=house.network_key, cards=house.cards)
        # One more may be there, whose answer was on its way.
        assert record.entries[: len(answered)] == tuple(answered)
        assert len(record.entries) - len(answered) in {0, 1}
        answered = list(record.entries)
        items = []
        cursor = ""
        while (feed := await seller.feed(cursor)).items:
            items += feed.items
            cursor = feed.cursor
        assert [item.sequence for item in items] == list(range(1, state.sequence + 1))
    assert msgspec.json.encode(answered[0]) == msgspec.json.encode(record.entries[0])
