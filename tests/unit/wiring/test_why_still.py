"""Why a gateway begins nothing is told in words: its disk, or a maintenance window."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gateway.clock import SystemClock
from gateway.config import MaintenanceConfig
from gateway.store.files.reserve import Reserve
from gateway.wiring.rooms.waiting import why_still


def _house(reserve: Reserve, *windows: MaintenanceConfig) -> Any:  # noqa: ANN401 - as much as is looked at
    config = SimpleNamespace(jobs=SimpleNamespace(maintenance=windows))
    return SimpleNamespace(reserve=reserve, config=config, clock=SystemClock())


def test_a_disk_without_room_is_named(tmp_path: Path) -> None:
    short = Reserve(tmp_path, least_free=1 << 60, size=1)
    assert "disk is short" in why_still(_house(short), "envelope")


def test_a_window_is_named_and_otherwise_nothing(tmp_path: Path) -> None:
    window = MaintenanceConfig(name="盘点", kinds=("envelope",), starts="00:00", ends="00:00")
    house = _house(Reserve(tmp_path, least_free=0, size=0), window)
    assert "'盘点'" in why_still(house, "envelope")
    assert why_still(house, "seal") == ""
