"""`kill -9` at any process loses no document that was acknowledged, and the log stays whole."""

import asyncio
import json
import os
import signal
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from gateway.client import GatewayClient, GatewayRefusedError, Sealed
from tests.long_forms import short_or_long
from tests.running_gateway import RECEIPT, RunningGateway, copy_of, submission, until

MANY = short_or_long(150, 1000)
BEFORE_A_CRASH = short_or_long(100, 300)


async def _seal_many(
    gateway: RunningGateway, *, count: int, halfway: Callable[[], None]
) -> tuple[dict[str, Sealed], list[str]]:
    """Seal that many at once; call `halfway` when a third has come back. Gives what happened."""
    sealed: dict[str, Sealed] = {}
    failures: list[str] = []
    pulled = False

    async def one(client: GatewayClient, number: int) -> None:
        nonlocal pulled
        key = f"many-{number}"
        try:
            sealed[key] = await client.seal(
                submission(seal="receipt-south", idempotency_key=key, business_number=key)
            )
        except GatewayRefusedError as refused:
            failures.append(refused.problem["type"])
        except (aiohttp.ClientError, OSError) as gone:
            failures.append(type(gone).__name__)
        if not pulled and len(sealed) > count // 3:
            pulled = True
            halfway()

    async with gateway.client() as client:
        await asyncio.gather(*(one(client, number) for number in range(count)))
    return sealed, failures


async def _metrics(gateway: RunningGateway) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{gateway.url}/metrics") as answer:
        return await answer.text()


def _kill(gateway: RunningGateway, module: str) -> None:
    os.kill(gateway.pids_of(module)[0], signal.SIGKILL)


async def _check_acknowledged(gateway: RunningGateway, sealed: dict[str, Sealed]) -> None:
    """Every acknowledged document is still what it was, and the log proves it."""
    async with gateway.client() as client:
        for key, document in sealed.items():
            again = await client.seal(
                submission(seal="receipt-south", idempotency_key=key, business_number=key)
            )
            assert again.repeated
            assert again.content == document.content
    verdict = json.loads(gateway.run("audit", "verify", "--json").stdout)
    assert verdict["findings"] == []
    assert verdict["sealed"] >= len(sealed)


@pytest.fixture
def two_workers(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    """One of which goes on while the other one is started anew."""
    running = RunningGateway(copy_of(trial_template, tmp_path / "var", workers=2))
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("module", ["hsm.signer", "gateway.documents.worker"])
async def test_killing_the_signer_or_a_worker_during_many_seals_loses_none(
    two_workers: RunningGateway, module: str
) -> None:
    gateway = two_workers
    sealed, failures = await _seal_many(gateway, count=MANY, halfway=lambda: _kill(gateway, module))

    assert failures == []  # the gateway waits for the new process; nobody notices
    restarted = "sealgate_signer" if module == "hsm.signer" else "sealgate_worker"
    assert f"{restarted}_restarts 1.0" in await _metrics(gateway)
    assert len({document.document_id for document in sealed.values()}) == MANY
    await _check_acknowledged(gateway, sealed)


async def test_killing_the_gateway_loses_nothing_that_was_acknowledged(
    gateway: RunningGateway,
) -> None:
    sealed, failures = await _seal_many(
        gateway,
        count=BEFORE_A_CRASH,
        halfway=lambda: os.kill(gateway.pid_of("gateway.wiring.process"), signal.SIGKILL),
    )
    assert failures  # the callers see broken connections
    assert gateway.process is not None
    gateway.process.wait(timeout=30)

    gateway.start()
    await _check_acknowledged(gateway, sealed)
    # Whoever was cut off asks again with the same keys; each document exists once.
    again, failures = await _seal_many(gateway, count=BEFORE_A_CRASH, halfway=lambda: None)
    assert failures == []
    for key, document in sealed.items():
        assert again[key].content == document.content


async def test_a_signer_that_hangs_is_replaced(shared_gateway: RunningGateway) -> None:
    gateway = shared_gateway
    hanging = gateway.pid_of("hsm.signer")
    os.kill(hanging, signal.SIGSTOP)

    sealed = await gateway.seal(seal="receipt-south")

    assert sealed.content.startswith(RECEIPT)
    assert gateway.pid_of("hsm.signer") != hanging


async def test_what_a_crash_left_half_written_is_swept_away(gateway: RunningGateway) -> None:
    sealed = await gateway.seal()
    gateway.kill_gateway()
    folder = gateway.trial.directory / "state" / "documents"
    (segment,) = folder.rglob("*.tar")
    whole = segment.stat().st_size
    with segment.open("ab") as file:
        file.write(b"half a document")
    segment.with_name("2026-01-01T00-00-00-00000000.tar").write_bytes(b"nothing that counts")

    gateway.start()

    assert [(path.name, path.stat().st_size) for path in segment.parent.glob("*.tar")] == [
        (segment.name, whole)
    ]
    assert len(list((folder / "unclaimed").iterdir())) == 2  # put aside, not thrown away
    with tarfile.open(segment) as tar:  # any tar reads what is there
        member = tar.extractfile(f"{sealed.document_id}.pdf")
        assert member is not None
        assert member.read() == sealed.content


async def test_a_second_gateway_on_the_same_state_is_refused_and_the_first_goes_on(
    shared_gateway: RunningGateway,
) -> None:
    gateway = shared_gateway
    second = gateway.run("serve")  # the configuration asks for a free port, so only the lock helps

    assert second.returncode == 1
    assert f"pid {gateway.pid_of('gateway.wiring.process')}" in second.stderr
    assert (await gateway.seal()).content
    assert json.loads(gateway.run("audit", "verify", "--json").stdout)["whole"]


async def test_all_processes_end_with_the_keeper(gateway: RunningGateway) -> None:
    modules = ("gateway.wiring.process", "hsm.signer", "gateway.documents.worker")
    pids = [pid for module in modules for pid in gateway.pids_of(module)]
    assert gateway.process is not None
    gateway.process.kill()
    gateway.process.wait()

    await until(lambda: not any(_alive(pid) for pid in pids))


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - a line of /proc
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
