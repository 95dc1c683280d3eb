"""Two tokens hold the same keys, and one is lost while callers ask: none of them notices.

What the gateway had asked the lost token for is asked of the other one, against the same intents.
"""

import asyncio
import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.client import GatewayClient
from hsm.ceremonies.ceremony import write_softhsm_config
from hsm.sentences import signed_in_test
from tests.chaos.installation import Installation, install
from tests.hsm_shim.shim import HSMShim
from tests.running_gateway import RunningGateway, submission, until

DEVICE_ERROR = 0x30
CALLERS = 8
GOAL_SECONDS = 5.0


@dataclass
class TwoTokens:
    """A gateway on two tokens, each behind a shim."""

    installation: Installation
    replica: HSMShim
    running: RunningGateway

    @property
    def first(self) -> HSMShim:
        return self.installation.shim

    def kill_first_signer(self) -> None:
        # By when they were started: numbers of processes begin anew at some point.
        os.kill(min(self.running.pids_of("hsm.signer"), key=_started_at), signal.SIGKILL)

    async def tokens(self) -> dict[str, str]:
        """The state of each token, as `/readyz` tells it."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.running.url}/readyz") as answer,
        ):
            told = await answer.json()
        return {each["token"]: each["state"] for each in told["tokens"]}

    async def metrics(self) -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.running.url}/metrics") as answer,
        ):
            return await answer.text()


def _started_at(pid: int) -> int:
    """Clock ticks since the machine's start (proc(5), field 22)."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    return int(told.split()[19])


def _two_tokens(template: Path, directory: Path, *, as_service: bool) -> TwoTokens:
    place = directory / "replica"
    place.mkdir()
    conf = place / "softhsm2.conf"
    shim_place = place / "shim"
    replica = {
        "module": str(shim_place / "shim.so"),
        "token_label": "sealgate-demo",
        "pin": {"file": str(directory / "var" / "hsm" / "pin")},
        "environment": {"SOFTHSM2_CONF": str(conf), "HSM_SHIM": str(shim_place)},
    }
    hsm: dict[str, object] = {
        "replicas": json.dumps([replica]),
        "restart": "{first_seconds: 0.2, longest_seconds: 1.0}",
    }
    if as_service:
        user = pwd.getpwuid(os.getuid()).pw_name
        hsm["signer"] = f"{{socket: {directory}/signer.sock, gateway_user: {user}}}"
    installation = install(template, directory / "var", hsm=hsm)
    shutil.copytree(installation.tokens, place / "tokens")
    write_softhsm_config(conf, tokens=place / "tokens")
    module = (installation.shim.directory / "module").read_text().strip()
    return TwoTokens(
        installation,
        HSMShim(shim_place, module=Path(module)),
        RunningGateway(installation.trial),
    )


@contextlib.contextmanager
def _serving(two: TwoTokens, *, as_service: bool) -> Iterator[TwoTokens]:
    config = str(two.installation.trial.config_file)
    with contextlib.ExitStack() as stack:
        if as_service:
            signer = subprocess.Popen(
                [sys.executable, "-m", "gateway", "hsm", "serve", "-c", config],
                stderr=stack.enter_context((two.running.trial.directory / "signer.log").open("ab")),
            )
            stack.callback(signer.wait, 30)
            stack.callback(signer.terminate)
            socket = two.installation.trial.directory.parent / "signer.sock"
            while not socket.exists():
                assert signer.poll() is None
        two.running.start()
        stack.callback(two.running.stop)
        yield two


@pytest.fixture
def two_tokens(
    request: pytest.FixtureRequest, trial_template: Path, tmp_path: Path
) -> Iterator[TwoTokens]:
    as_service: bool = request.param
    two = _two_tokens(trial_template, tmp_path, as_service=as_service)
    with _serving(two, as_service=as_service) as serving:
        yield serving


@dataclass
class Callers:
    """Each asks for one document after the other, and writes down when it came."""

    client: GatewayClient
    sealed_at: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    red: int = 0
    over: bool = False

    async def call(self) -> None:
        while not self.over:
            try:
                await self.client.seal(submission(seal="receipt-south"))
            except Exception as error:  # noqa: BLE001 - whatever it is, a caller noticed
                self.failures.append(repr(error))
                return
            self.sealed_at.append(time.monotonic())

    async def watch(self, url: str) -> None:
        """What a load balancer would hear meanwhile."""
        async with aiohttp.ClientSession() as session:
            while not self.over:
                async with session.get(f"{url}/readyz") as answer:
                    self.red += answer.status != 200
                await asyncio.sleep(0.05)

    async def some_more(self, count: int) -> None:
        wanted = len(self.sealed_at) + count
        await until(lambda: bool(self.failures) or len(self.sealed_at) >= wanted)

    @property
    def longest_gap(self) -> float:
        """How long nobody got a document, in seconds."""
        return max(after - before for before, after in pairwise(sorted(self.sealed_at)))


@contextlib.asynccontextmanager
async def _calling(two: TwoTokens) -> AsyncIterator[Callers]:
    async with two.running.client() as client, asyncio.TaskGroup() as tasks:
        callers = Callers(client)
        for _ in range(CALLERS):
            tasks.create_task(callers.call())
        tasks.create_task(callers.watch(two.running.url))
        try:
            yield callers
        finally:
            callers.over = True


FAULTS: dict[str, Callable[[TwoTokens], None]] = {
    "taken out": lambda two: two.first.remove_token(),
    "hanging": lambda two: two.first.hang(),
    "answering errors": lambda two: two.first.fail({DEVICE_ERROR: 1.0}),
    "without its signer": lambda two: two.kill_first_signer(),
}


@pytest.mark.parametrize(
    ("two_tokens", "fault"),
    [*((False, fault) for fault in FAULTS), (True, "taken out")],
    indirect=["two_tokens"],
    ids=[*FAULTS, "taken out from a service"],
)
async def test_no_caller_notices_that_a_token_is_lost(two_tokens: TwoTokens, fault: str) -> None:
    async with _calling(two_tokens) as callers:
        await callers.some_more(50)
        FAULTS[fault](two_tokens)
        await callers.some_more(100)
        two_tokens.first.work()
        await _until_told(two_tokens, {"sealgate-demo (1)": "stands-by"})
        await callers.some_more(50)

    assert callers.failures == []
    gap = callers.longest_gap
    told = f"{len(callers.sealed_at)} sealed, longest gap {gap:.2f} s, {callers.red} x not ready"
    print(f"\na token {fault}: {told}")  # noqa: T201 - the figures of docs/operations/failover.md
    assert gap <= GOAL_SECONDS
    assert "sealgate_hsm_failovers 1.0" in await two_tokens.metrics()
    _check_uses(two_tokens, documents=len(callers.sealed_at))
    for shim in (two_tokens.first, two_tokens.replica):
        assert {each.answer for each in shim.calls() if each.name == "C_Login"} == {0}


async def _until_told(two: TwoTokens, wanted: dict[str, str]) -> None:
    deadline = time.monotonic() + 30
    while not wanted.items() <= (told := await two.tokens()).items():
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.02)


def _check_uses(two: TwoTokens, *, documents: int) -> None:
    """Whatever was signed, by either token, is what an intent on record says."""
    signed = {
        each.data
        for shim in (two.first, two.replica)
        for each in shim.calls()
        if each.key == "receipt-south" and each.data is not None
    }
    signed.discard(signed_in_test("ecdsa-p256-sha256", 0))
    assert len(signed) == documents
    verdict: dict[str, Any] = json.loads(two.running.run("audit", "verify", "--json").stdout)
    assert verdict["findings"] == []
    assert verdict["sealed"] == documents
