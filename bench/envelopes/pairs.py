"""Two companies' gateways and a network on one machine: how soon an automatic envelope is done.

Both are trial installations with a token, CA and policies of their own, joined over TLS. Envelopes
come at even distances, whatever comes back (open loop); one that is refused because too many are
being taken in comes again, and its time runs from its first asking. One is done once both gateways
have said that they hold its whole record: by then each has verified what the other signed.
"""

import asyncio
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.envelopes.network import Network
from bench.envelopes.policies import read_nothing
from bench.errors import BenchError
from bench.figures import percentile
from bench.installation import with_port
from bench.profiling.processes import used_below
from cloud_bridge.envelopes import transcript
from cloud_bridge.envelopes.chain import parse_link
from cloud_bridge.envelopes.statements import Acknowledged, Completed, parse
from examples.envelopes.companies import Company
from examples.running import serving
from gateway.client import EnvelopeClient
from gateway.client.errors import GatewayRefusedError, may_pass
from gateway.clock import SystemClock
from tests.postgres_server import free_port

_CONTRACT: Final = Path(__file__).parents[2] / "examples" / "contracts" / "采购合同.pdf"
_MADE_AT: Final = re.compile(rb"(?<=/CreationDate \(D:)[0-9]{14}(?=\+)")
_SECONDS_OF_DATES: Final = 10**9
_BUDGET: Final = "bridge:\n  requests_per_second: 5000\n"
_PATIENCE_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 0.25
_COMPANIES: Final = 2


class PairFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from before the request until the moment, over all envelopes that count.

    Attributes:
        per_s: how many came a second.
        envelopes: how many counted; every one of them was completed.
        completed_p50_s: until the network said that both had signed.
        done_p50_s: until both companies held the whole record.
        refused: how often one was told to come again.
        cpu_ms: processor time of an envelope, user and system, all processes of both companies and
            the network; the generator is not among them.
        cpu_ms_by_role: the same, by what the processes do.
    """

    per_s: float
    envelopes: int
    completed_p50_s: float
    completed_p95_s: float
    done_p50_s: float
    done_p95_s: float
    refused: int
    cpu_ms: float
    cpu_ms_by_role: Mapping[str, float]
    seconds: float


@dataclass(slots=True)
class _Timed:
    id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class _Times:
    completed: float
    done: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two companies that run, and the network between them."""

    sender: Company
    receiver: Company


def measure_pairs(
    directory: Path, *, per_s: float, seconds: float, warm_up: float, reads: bool = True
) -> PairFigures:
    """Set all up, send envelopes at this rate, and read what both companies hold.

    Raises:
        BenchError: one was not completed.
    """
    with running_pair(directory, reads=reads) as pair:
        return measure_rate(pair, per_s=per_s, seconds=seconds, warm_up=warm_up)


@contextmanager
def running_pair(directory: Path, *, reads: bool = True) -> Iterator[Pair]:
    """Both gateways and the network, ready.

    Args:
        directory: where the installations go.
        reads: whether policies ask for what contracts say, as the trial's do.
    """
    network = Network.made(directory / "network")
    carrier = Company("carrier", directory / "carrier")
    buyer = Company("buyer", directory / "buyer")
    for company in (carrier, buyer):
        company.set_up()
        if not reads:
            read_nothing(company)
        config = company.trial.config_file
        config.write_text(with_port(config.read_text(encoding="utf-8"), free_port()), "utf-8")
    for company, partner in ((carrier, buyer), (buyer, carrier)):
        company.join(network, partner)  # type: ignore[arg-type]  # it takes companies in likewise
        config = company.trial.config_file
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("bridge:\n", _BUDGET), encoding="utf-8")
    with network.serve(), serving(carrier.program(), buyer.program()):
        yield Pair(carrier, buyer)


def measure_rate(pair: Pair, *, per_s: float, seconds: float, warm_up: float) -> PairFigures:
    """One rate of a pair that runs.

    Raises:
        BenchError: one was not completed.
    """
    return asyncio.run(_measure(pair, per_s=per_s, seconds=seconds, warm_up=warm_up))


async def _measure(pair: Pair, *, per_s: float, seconds: float, warm_up: float) -> PairFigures:
    carrier, buyer = pair.sender, pair.receiver
    async with carrier.client() as client, buyer.client() as other:
        sender, receiver = EnvelopeClient(client), EnvelopeClient(other)
        asking = _Asking(carrier, buyer, sender)
        for each in (await asking.at_rate(per_s, warm_up))[-1:]:
            await _times(sender, each)
        before = _used_by_role()
        counted = await asking.at_rate(per_s, seconds)
        # Nobody is asked about the others before: to ask costs processor time, too.
        await _times(sender, counted[-1])
        used = {
            role: round(1000 * (spent - before.get(role, 0.0)) / len(counted), 1)
            for role, spent in _used_by_role().items()
        }
        times = [await _times(sender, each) for each in counted]
        for each in counted:
            await _times(receiver, each)
    completed = sorted(each.completed for each in times)
    done = sorted(each.done for each in times)
    return PairFigures(
        per_s=per_s,
        envelopes=len(times),
        completed_p50_s=round(percentile(completed, 50), 3),
        completed_p95_s=round(percentile(completed, 95), 3),
        done_p50_s=round(percentile(done, 50), 3),
        done_p95_s=round(percentile(done, 95), 3),
        refused=asking.refused,
        cpu_ms=round(sum(used.values()), 1),
        cpu_ms_by_role=used,
        seconds=seconds,
    )


def _used_by_role() -> dict[str, float]:
    """Seconds of processor time by role, of all that this process has started."""
    found: dict[str, float] = {}
    for pid, used in used_below(os.getpid()).items():
        if pid != os.getpid():
            found[used.role] = found.get(used.role, 0.0) + used.seconds
    return found


@dataclass(slots=True)
class _Asking:
    carrier: Company
    buyer: Company
    client: EnvelopeClient
    refused: int = 0

    async def at_rate(self, per_s: float, seconds: float) -> list[_Timed]:
        """Send so many, each at its moment."""
        began = time.monotonic()
        tasks = []
        for number in range(int(per_s * seconds)):
            await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
            tasks.append(asyncio.create_task(self._send()))
        return list(await asyncio.gather(*tasks))

    async def _send(self) -> _Timed:
        number = f"PO-{secrets.token_hex(6)}"
        described = self._described(number)
        files = [(_CONTRACT.name, contract_of_its_own(number))]
        asked_at, deadline = SystemClock().now(), time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                told = await self.client.send(described, files, key=number)
            except GatewayRefusedError as refused:
                if not may_pass(refused) or time.monotonic() > deadline:
                    raise BenchError(f"an envelope was refused: {refused}") from refused
                self.refused += 1
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                return _Timed(str(told["envelope"]["id"]), asked_at)

    def _described(self, number: str) -> dict[str, Any]:
        return {
            "title": "采购合同",
            "company": self.carrier.name,
            "seal": "contract",
            "documentType": "purchase-contract",
            "businessNumber": number,
            "expiresAt": (SystemClock().now() + timedelta(days=30)).isoformat(),
            "mode": "encrypted",
            "parties": [
                _party("us", self.carrier, turn=1),
                _party("buyer", self.buyer, turn=2),
            ],
        }


def contract_of_its_own(number: str) -> bytes:
    """The contract, made at another moment each time: nothing is known of it from another."""
    seconds = int(number.rpartition("-")[2], 16) % _SECONDS_OF_DATES
    moment = (
        f"{datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds):%Y%m%d%H%M%S}".encode()
    )
    made, count = _MADE_AT.subn(moment, _CONTRACT.read_bytes())
    if count != 1:
        raise BenchError(f"{_CONTRACT} does not say once when it was made")
    return made


def _party(name: str, company: Company, *, turn: int) -> dict[str, Any]:
    return {
        "id": name,
        "kind": "organisation",
        "account": company.organisation,
        "name": company.title,
        "turn": turn,
    }


async def _times(client: EnvelopeClient, timed: _Timed) -> _Times:
    """When it was completed and when both held all, once they do."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        entries = transcript.read(await client.transcript(timed.id)).record.entries
        moments = [(parse(each.signed).act, parse_link(each).at) for each in entries]
        completed = [at for act, at in moments if isinstance(act, Completed)]
        held = [at for act, at in moments if isinstance(act, Acknowledged)]
        if completed and len(held) == _COMPANIES:
            return _Times(
                completed=(completed[0] - timed.asked_at).total_seconds(),
                done=(max(held) - timed.asked_at).total_seconds(),
            )
        await asyncio.sleep(_LOOK_SECONDS)
    told = await client.show(timed.id)
    raise BenchError(f"envelope {timed.id} is {told['status']}, and not done: {told['nextHint']}")
