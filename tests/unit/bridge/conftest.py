"""Two companies and a network in memory."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.bridge_house import Authority, Company, company
from tests.memory_network import MemoryNetwork
from tests.signing_house import FakeClock, SoftSigner

Open = Callable[[str], AbstractAsyncContextManager[Company]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def network(clock: FakeClock) -> MemoryNetwork:
    return MemoryNetwork(clock)


@pytest.fixture
def trusted() -> Authority:
    return Authority()


@pytest.fixture
def opened(tmp_path: Path, network: MemoryNetwork, trusted: Authority, clock: FakeClock) -> Open:
    """Opens a company's bridge; again, it is after a restart."""
    signers: dict[str, SoftSigner] = {}

    def make(organisation: str) -> AbstractAsyncContextManager[Company]:
        return company(
            tmp_path / organisation,
            organisation,
            lambda _lane, _key: network.register(organisation, f"{organisation} 有限公司"),
            network_key=network.key.public,
            trusted=trusted,
            clock=clock,
            signer=signers.setdefault(organisation, SoftSigner(clock)),
        )

    return make


@pytest.fixture
async def buyer(opened: Open) -> AsyncIterator[Company]:
    async with contextlib.AsyncExitStack() as stack:
        yield await stack.enter_async_context(opened("org-buyer"))


@pytest.fixture
async def seller(opened: Open) -> AsyncIterator[Company]:
    async with contextlib.AsyncExitStack() as stack:
        yield await stack.enter_async_context(opened("org-seller"))
