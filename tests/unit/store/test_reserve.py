"""The disk is seen to run out in time, and what is under way still has room."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.store.errors import StoreProblem
from gateway.store.files.reserve import Reserve

_MIB = 1024**2


class Disk:
    """What `statvfs` says of a disk with so much room, less what the reserve takes."""

    def __init__(self, directory: Path, free: int) -> None:
        self._reserve = directory / "reserve"
        self.free = free

    def __call__(self, path: os.PathLike[str]) -> os.statvfs_result:
        taken = self._reserve.stat().st_size if self._reserve.exists() else 0
        values = [1] * 10
        values[4] = self.free - taken  # f_bavail, of blocks of a byte
        assert Path(path) == self._reserve.parent
        return os.statvfs_result(values)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Disk]:
    def with_free(free: int) -> Disk:
        made = Disk(tmp_path, free)
        monkeypatch.setattr(os, "statvfs", made)
        return made

    return with_free


def reserve_in(directory: Path) -> Reserve:
    return Reserve(directory, least_free=10 * _MIB, size=4 * _MIB)


def test_it_takes_up_room_while_there_is_enough(
    tmp_path: Path, disk: Callable[[int], Disk]
) -> None:
    disk(100 * _MIB)
    reserve = reserve_in(tmp_path)
    assert (tmp_path / "reserve").stat().st_size == 4 * _MIB
    assert (reserve.shortage(), reserve.free) == (None, 96 * _MIB)
    reserve.prove()


def test_nothing_new_is_taken_in_before_the_disk_is_full(
    tmp_path: Path, disk: Callable[[int], Disk]
) -> None:
    full = disk(100 * _MIB)
    reserve = reserve_in(tmp_path)
    full.free = 13 * _MIB
    reserve.look()
    assert reserve.is_kept
    assert reserve.shortage() == "9 MiB are free, 10 MiB are wanted"


def test_it_is_given_up_for_what_is_under_way_and_made_anew_later(
    tmp_path: Path, disk: Callable[[int], Disk]
) -> None:
    full = disk(100 * _MIB)
    reserve = reserve_in(tmp_path)
    full.free = 5 * _MIB
    with pytest.raises(StoreProblem, match="all but full"):
        reserve.prove()
    assert (reserve.free, list(tmp_path.iterdir())) == (5 * _MIB, [])
    assert reserve.shortage() is not None

    full.free = 14 * _MIB
    reserve.look()
    assert (reserve.is_kept, reserve.shortage()) == (True, None)


def test_a_disk_that_is_short_from_the_start_has_none(
    tmp_path: Path, disk: Callable[[int], Disk]
) -> None:
    disk(12 * _MIB)
    assert not reserve_in(tmp_path).is_kept


def test_a_disk_that_refuses_the_room_is_no_reason_to_stop(
    tmp_path: Path, disk: Callable[[int], Disk], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk(100 * _MIB)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    assert not reserve_in(tmp_path).is_kept
    assert list(tmp_path.iterdir()) == []


def test_none_is_kept_where_none_is_wanted(tmp_path: Path, disk: Callable[[int], Disk]) -> None:
    disk(100 * _MIB)
    reserve = Reserve(tmp_path, least_free=10 * _MIB, size=0)
    assert (reserve.is_kept, reserve.shortage(), list(tmp_path.iterdir())) == (True, None, [])
