"""A limit is never passed, and is used up to the last document, whatever happens in between."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from gateway.client import GatewayClient, GatewayRefusedError
from tests.running_gateway import RunningGateway, copy_of, submission

CALLERS = 64
MOST = 40
_WHEN = "      when: doc.pages <= 3 && doc.attributes.amount_cents <= 5000000\n"


@pytest.fixture
def limited(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    """Its rule permits forty a month, by a limit and by a counter in its condition."""
    gateway = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    rules = gateway.trial.policies / "receipts.yaml"
    text = rules.read_text()
    assert _WHEN in text
    counted = _WHEN.replace("\n", f" && used.seal_month < {MOST}\n")
    rules.write_text(text.replace(_WHEN, f"{counted}      limits: {{perMonth: {MOST}}}\n"))
    gateway.start()
    yield gateway
    gateway.stop()


async def ask_all(gateway: RunningGateway, *, kill_after: int | None = None) -> dict[str, str]:
    """Every caller's document id, or what it was told; the gateway is killed in the middle."""
    told: dict[str, str] = {}
    pid = gateway.pid_of("gateway.wiring.process")

    async def one(client: GatewayClient, number: int) -> None:
        key = f"caller-{number}"
        try:
            sealed = await client.seal(submission(idempotency_key=key, business_number=key))
            told[key] = sealed.document_id
        except GatewayRefusedError as refused:
            told[key] = refused.problem["type"]
        except (aiohttp.ClientError, OSError):
            told[key] = "gone"
        if len(told) == kill_after:
            os.kill(pid, signal.SIGKILL)

    async with gateway.client() as client:
        await asyncio.gather(*(one(client, number) for number in range(CALLERS)))
    return told


async def test_64_callers_and_kill_9_use_a_limit_up_and_never_pass_it(
    limited: RunningGateway,
) -> None:
    first = await ask_all(limited, kill_after=3)
    assert "gone" in first.values()
    assert limited.process is not None
    limited.process.wait(timeout=30)
    limited.start()

    # Whoever was cut off after its intent goes on with the same request; it is counted once.
    second = await ask_all(limited)
    sealed = {key: document for key, document in second.items() if not document.startswith("urn:")}
    assert len(sealed) == len(set(sealed.values())) == MOST
    refused = {"urn:sealgate:problem:policy-denied", "urn:sealgate:problem:limit-reached"}
    assert set(second.values()) - set(sealed.values()) <= refused
    for key, document in first.items():
        if document != "gone" and not document.startswith("urn:"):
            assert second[key] == document

    verdict = json.loads(limited.run("audit", "verify", "--json").stdout)
    assert (verdict["findings"], verdict["sealed"]) == ([], MOST)  # counts and intents agree
