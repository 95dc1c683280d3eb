"""What anybody may put beside the officers' YAML: it is told by name, and nothing waits for it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.seals.errors import SealMaterialError
from gateway.seals.in_force import PolicySource, bring_into_force, read_sources

ROLE = "apiVersion: sealgate/v1\nkind: Role\nmetadata: {name: clerk}\n"


def dangling(path: Path) -> None:
    path.symlink_to("/nonexistent")


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, dangling, endless])
def test_a_file_that_is_no_file_is_refused_by_name_and_what_was_good_stays(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    (tmp_path / "a.yaml").write_text(ROLE)
    first = bring_into_force(tmp_path, keys=())
    source = PolicySource(tmp_path, keys=lambda: (), first=first)
    make(tmp_path / "z.yaml")
    assert source.look() is None
    assert "z.yaml cannot be read" in str(source.refused)
    assert source.current is first


def test_links_to_nothing_that_nobody_reads_are_left_alone(tmp_path: Path) -> None:
    """Editors leave such links beside what they have open."""
    (tmp_path / "a.yaml").write_text(ROLE)
    dangling(tmp_path / ".#a")
    source = PolicySource(tmp_path, keys=lambda: (), first=bring_into_force(tmp_path, keys=()))
    assert source.look() is None
    assert source.refused is None


def test_line_ends_are_read_as_they_are(tmp_path: Path) -> None:
    """A carriage return alone must not become a line end before anybody has looked at it."""
    (tmp_path / "a.yaml").write_bytes(b"# x\rkind: Role\r\n")
    assert read_sources(tmp_path) == {"a.yaml": "# x\rkind: Role\n"}


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch()
    os.truncate(tmp_path / "a.yaml", 1 << 40)
    with pytest.raises(SealMaterialError, match="more than"):
        read_sources(tmp_path)
