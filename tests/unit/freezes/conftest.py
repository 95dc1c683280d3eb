"""A signing house whose policies name officers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.guarded_house import GuardedHouse, guarded_house


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[GuardedHouse]:
    async with guarded_house(tmp_path) as made:
        yield made
