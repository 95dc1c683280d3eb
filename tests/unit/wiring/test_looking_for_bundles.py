"""What goes on in the process while bundles are looked for."""

import gc
import os
from pathlib import Path

import pytest

from tests.bundle_house import FIRST, bundle_house


async def test_garbage_is_collected_while_the_disk_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = []
    list_directory = os.listdir

    def slow(path: Path) -> list[str]:
        collected.append(gc.isenabled())
        return list_directory(path)

    async with bundle_house(tmp_path) as house:
        monkeypatch.setattr(os, "listdir", slow)
        await house.policies.refresh()
        house.put(FIRST)
        await house.policies.refresh()
        assert house.sequence == 1
    assert collected == [True, True]
    assert gc.isenabled()
