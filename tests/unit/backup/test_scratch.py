"""A directory for a moment, in a place where others work as well."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.backup.scratch import scratch_directory


@pytest.fixture
def strangers_lock(tmp_path: Path) -> Iterator[list[int]]:
    """Somebody has the place locked; closing the descriptor lets go of it."""
    held = [os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)]
    fcntl.flock(held[0], fcntl.LOCK_EX)
    yield held
    for each in held:
        os.close(each)


@pytest.mark.usefixtures("strangers_lock")
def test_a_strangers_lock_on_the_place_is_told_and_nothing_is_left_there(tmp_path: Path) -> None:
    with (
        pytest.raises(BlockingIOError, match="another program holds a lock") as refused,
        scratch_directory(tmp_path, ".verify-", patience_seconds=0),
    ):
        pytest.fail("nobody else has the place")
    assert refused.value.filename == str(tmp_path)
    assert "--scratch names another directory" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_somebody_lets_go_of_is_waited_for(
    tmp_path: Path, strangers_lock: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []

    def let_go(seconds: float) -> None:
        paused.append(seconds)
        os.close(strangers_lock.pop())

    monkeypatch.setattr("gateway.backup.scratch.time.sleep", let_go)
    with scratch_directory(tmp_path, ".verify-", patience_seconds=60) as directory:
        assert directory.parent == tmp_path
    assert len(paused) == 1
