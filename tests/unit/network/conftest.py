"""A network that serves, and two companies on it, for tests that want nothing else of theirs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.network_house import Company, NetworkHouse, network_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path) as house:
        yield house


@pytest.fixture
async def buyer(house: NetworkHouse) -> Company:
    return await house.company("买方有限公司")


@pytest.fixture
async def seller(house: NetworkHouse) -> Company:
    return await house.company("Seller Ltd")
