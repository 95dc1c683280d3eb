"""A network with deliveries for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.delivery_house import House, delivery_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with delivery_house(tmp_path) as house:
        yield house
