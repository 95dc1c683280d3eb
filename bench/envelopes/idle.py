"""What organisations cost that have an account, wait for their feed, and nothing comes."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import aiohttp
import msgspec

from bench.envelopes.network import Network
from bench.envelopes.process import cpu_seconds, resident_bytes
from bench.errors import BenchError
from cloud_bridge.client.signing import OrganisationSigner
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import Organisation, Verification
from cloud_bridge.network.accounts.accounts import Accounts
from cloud_bridge.network.accounts.model import Account
from cloud_bridge.network.config import load_config
from cloud_bridge.network.open import database_of, lane_of
from gateway.clock import SystemClock

_WAIT_SECONDS = 290
_AT_ONCE = 64
_MIB = 1024 * 1024


class IdleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What so many organisations that wait cost the network.

    Attributes:
        added_s: to make their accounts.
        connected_s: until each had asked for its feed, signed, and waited.
        memory_mib: what the network's process grew by.
        idle_cores: what it took of one core while all waited and nothing came.
        answered: how many were answered meanwhile: none, if nothing was wrong.
    """

    organisations: int
    added_s: float
    connected_s: float
    memory_mib: float
    idle_cores: float
    answered: int
    seconds: float


def measure_idle(directory: Path, *, organisations: int, seconds: float) -> IdleFigures:
    """Register them, have them wait, and look at the network's process."""
    network = Network.made(directory / "network", plain=True)
    key = SigningKey.generate()
    names = [f"org-{number:05}" for number in range(organisations)]
    began = time.monotonic()
    asyncio.run(_add(network, names, key))
    added = time.monotonic() - began
    with network.serve() as pid:
        return asyncio.run(_measure(network, names, key, pid, added=added, seconds=seconds))


async def _add(network: Network, names: list[str], key: SigningKey) -> None:
    clock = SystemClock()
    now = clock.now()
    verified = Verification(
        level="organisation",
        method="register-extract",
        at=now,
        expires_at=now + timedelta(days=365),
    )
    async with lane_of(database_of(load_config(network.config))) as lane:
        accounts = Accounts(lane, clock)
        await asyncio.gather(
            *(
                accounts.add(
                    Account(
                        organisation=Organisation(id=name, name=name, verification=verified),
                        signing_key=key.public,
                        certificates=frozenset(),
                    )
                )
                for name in names
            )
        )


async def _measure(
    network: Network, names: list[str], key: SigningKey, pid: int, *, added: float, seconds: float
) -> IdleFigures:
    before, gate = resident_bytes(pid), asyncio.Semaphore(_AT_ONCE)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
    ) as session:
        began = time.monotonic()
        waiting = [asyncio.create_task(_wait(session, network, name, key, gate)) for name in names]
        while (count := await _how_many_wait(session, network)) < len(names):
            if any(each.done() for each in waiting):
                raise BenchError(f"an organisation was answered before all waited: {count} did")
            await asyncio.sleep(1.0)
        connected = time.monotonic() - began
        cpu = cpu_seconds(pid)
        await asyncio.sleep(seconds)
        cores = (cpu_seconds(pid) - cpu) / seconds
        grown = resident_bytes(pid) - before
        answered = sum(each.done() for each in waiting)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return IdleFigures(
        organisations=len(names),
        added_s=round(added, 1),
        connected_s=round(connected, 1),
        memory_mib=round(grown / _MIB, 1),
        idle_cores=round(cores, 3),
        answered=answered,
        seconds=seconds,
    )


async def _wait(
    session: aiohttp.ClientSession,
    network: Network,
    name: str,
    key: SigningKey,
    gate: asyncio.Semaphore,
) -> None:
    url = f"{network.url}/v1/feed?after=&wait={_WAIT_SECONDS}"
    async with gate:  # as many handshakes at a time as a network has in real life
        signed = OrganisationSigner(name, key, time=SystemClock()).signed("GET", url, {}, None)
        request = asyncio.ensure_future(session.get(url, headers=signed))
        await asyncio.sleep(_AT_ONCE / 1000)
    async with await request as response:
        await response.read()
        if response.status != 200:  # noqa: PLR2004 - OK
            raise BenchError(f"the network answers {response.status}")


async def _how_many_wait(session: aiohttp.ClientSession, network: Network) -> int:
    async with session.get(f"{network.url}/metrics") as response:
        lines = (await response.text()).splitlines()
    found = [line for line in lines if line.startswith("sealgate_network_waiting")]
    if not found:
        raise BenchError("the network does not say how many wait")
    return int(float(found[0].split()[-1]))
