"""Fixtures: a network that serves, two companies on it, and an envelope that one sends the other.

A test with a network of its own settings has a `house` of its own; the companies are on that one.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.network_house import Company, Draft, NetworkHouse, network_house


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


@pytest.fixture
def draft(buyer: Company, seller: Company) -> Draft:
    """To be signed by the buyer, then by the seller; not sent yet."""
    return buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2))


@pytest.fixture(params=["sqlite", "postgresql"])
def network_store(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    """The part of network.yaml that names the database, of each kind."""
    if request.param == "sqlite":
        return {}
    url = request.getfixturevalue("postgres").database().url
    return {"store": {"url": url}, "contents_directory": tmp_path / "contents"}
