"""What a killed writer left goes with the next one, and nothing else does."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.keys.files import clear_unfinished, exchange, write_new

_KILLED = """
import os, sys
from pathlib import Path
from gateway.keys import files
os.link = Path.replace = lambda *_: os._exit(9)
files.write_new(Path(sys.argv[1]), b"half")
"""
_WRITING = """
import os, sys
from pathlib import Path
from gateway.keys import files
def link(*_):
    print("here", flush=True)
    sys.stdin.read()
os.link = link
files.write_new(Path(sys.argv[1]), b"whole")
"""


def _killed_at(path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", _KILLED, path], check=False, timeout=60)
    assert ended.returncode == 9


def _names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


def test_the_next_writer_clears_up_after_one_that_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "seal.pem"
    for _ in range(2):
        _killed_at(path)
        assert [each.endswith(".new") for each in _names(tmp_path)] == [True]
    write_new(path, b"new")
    assert _names(tmp_path) == ["seal.pem"]
    _killed_at(path)
    exchange(path, b"newer", kept=tmp_path / "kept")
    assert _names(tmp_path) == ["kept", "seal.pem"]


def test_what_somebody_writes_right_now_stays(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _WRITING, tmp_path / "seal.pem"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"here\n"
        clear_unfinished(tmp_path)
        assert len(_names(tmp_path)) == 1
        writer.kill()
        writer.wait(60)
    clear_unfinished(tmp_path)
    assert _names(tmp_path) == []


@pytest.mark.parametrize("name", ["seal.pem.new", ".seal.pem.new", ".seal.pem.0123456.new"])
def test_a_file_of_another_form_is_not_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    clear_unfinished(tmp_path)
    assert _names(tmp_path) == [name]


def test_a_link_in_the_form_of_ours_is_neither_followed_nor_deleted(tmp_path: Path) -> None:
    place, target = tmp_path / "place", tmp_path / "target"
    place.mkdir()
    target.touch()
    (place / ".seal.pem.01234567.new").symlink_to(target)
    clear_unfinished(place)
    assert target.exists()
    assert len(_names(place)) == 1


def test_only_those_of_one_name_are_cleared_where_one_is_named(tmp_path: Path) -> None:
    (tmp_path / ".one.pem.01234567.new").touch()
    (tmp_path / ".other.pem.01234567.new").touch()
    clear_unfinished(tmp_path, "one.pem")
    assert _names(tmp_path) == [".other.pem.01234567.new"]
