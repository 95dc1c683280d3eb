"""The primary dies while receipts are sealed, and its standby is promoted."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from gateway.client import GatewayClient, GatewayRefusedError, Sealed
from tests.postgres_server import Pair, running_pair
from tests.running_gateway import RunningGateway, as_nodes, copy_of, submission

_CALLERS = 4
_BEFORE = 12
_AFTER = 24
_PATIENCE_SECONDS = 120.0


@pytest.fixture
def pair() -> Iterator[Pair]:
    with running_pair() as made:
        yield made


@pytest.fixture
def on_pair(trial_template: Path, pair: Pair, tmp_path: Path) -> Iterator[RunningGateway]:
    made = copy_of(trial_template, tmp_path / "var")
    as_nodes([made], pair.url(), tmp_path / "documents")
    gateway = RunningGateway(made)
    gateway.start()
    yield gateway
    gateway.stop()


class Callers:
    """They seal one receipt after the other, and come again until they have it."""

    def __init__(self) -> None:
        self.given: dict[str, Sealed] = {}
        self.told: set[str] = set()
        self.enough = _AFTER
        self.some = asyncio.Event()

    async def work(self, client: GatewayClient, name: int) -> None:
        number = 0
        while len(self.given) < self.enough:
            key = f"{name}-{number}"
            self.given[key] = await self._until_given(client, key)
            number += 1
            if len(self.given) >= _BEFORE:
                self.some.set()

    async def _until_given(self, client: GatewayClient, key: str) -> Sealed:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                try:
                    return await client.seal(submission(idempotency_key=key, business_number=key))
                except GatewayRefusedError as refused:
                    self.told.add(refused.problem["type"].rpartition(":")[2])
                except (aiohttp.ClientError, TimeoutError):
                    self.told.add("no answer")
                await asyncio.sleep(0.1)


async def test_nothing_acknowledged_is_lost_and_nothing_is_released_twice(
    on_pair: RunningGateway, pair: Pair
) -> None:
    callers = Callers()

    async def fail_over() -> None:
        await callers.some.wait()
        pair.primary.kill()
        callers.enough = len(callers.given) + _AFTER
        await asyncio.to_thread(pair.standby.promote)

    async with on_pair.client() as client:
        await asyncio.gather(*(callers.work(client, each) for each in range(_CALLERS)), fail_over())
        # The standby alone has them all, byte for byte, under the same ids.
        for key, sealed in callers.given.items():
            again = await client.seal(submission(idempotency_key=key, business_number=key))
            assert (again.document_id, again.content) == (sealed.document_id, sealed.content)
    assert len({each.document_id for each in callers.given.values()}) == len(callers.given)
    assert {"store-unavailable"} <= callers.told <= {"store-unavailable", "no answer"}
    verdict = json.loads(on_pair.run("audit", "verify", "--json").stdout)
    assert verdict["findings"] == []
    assert verdict["sealed"] == len(callers.given) >= _BEFORE + _AFTER
