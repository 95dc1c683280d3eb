"""A folder that is open for an errand: a path leads to whatever has it by then."""

from pathlib import Path

import pytest

from connectors.errors import TooLargeError
from connectors.folder.tree import FolderTree


def test_what_is_written_after_a_folder_was_moved_goes_to_the_new_one(tmp_path: Path) -> None:
    with FolderTree.opened(tmp_path) as tree:
        tree.write("taken/1/华东/a", b"old")
        tree.move("taken/1", "accepted/1")
        tree.write("taken/1/华东/b", b"new")
        assert not tree.is_there("taken/1/华东/a")
    assert (tmp_path / "accepted" / "1" / "华东" / "a").read_bytes() == b"old"
    assert (tmp_path / "taken" / "1" / "华东" / "b").read_bytes() == b"new"


def test_what_is_written_after_a_folder_was_removed_is_in_a_new_one(tmp_path: Path) -> None:
    with FolderTree.opened(tmp_path) as tree:
        tree.write("taken/1/2/.whole", b"")
        tree.remove("taken/1/2/.whole")
        tree.remove_empty("taken/1", but=".whole")
        assert not tree.is_there("taken/1")
        tree.write("taken/1/2/a", b"new")
    assert (tmp_path / "taken" / "1" / "2" / "a").read_bytes() == b"new"


def test_a_folder_in_which_something_is_left_stays(tmp_path: Path) -> None:
    with FolderTree.opened(tmp_path) as tree:
        tree.write("taken/1/.whole", b"")
        tree.write("taken/1/2/a", b"left")
        tree.remove_empty("taken/1", but=".whole")
    assert (tmp_path / "taken" / "1" / ".whole").exists()
    assert (tmp_path / "taken" / "1" / "2" / "a").exists()


def test_a_file_is_read_to_its_end_and_not_beyond_what_may_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    with FolderTree.opened(tmp_path) as tree:
        assert tree.read("a", most_bytes=100_000) == b"x" * 100_000
        with pytest.raises(TooLargeError):
            tree.read("a", most_bytes=99_999)


def test_a_file_that_has_no_size_before_it_is_read_is_read_all_the_same() -> None:
    # As a file that grows meanwhile: its size says nothing of what will be read.
    with FolderTree.opened(Path("/proc/self")) as tree:
        assert len(tree.read("maps", most_bytes=1 << 20)) > Path("/proc/self/maps").stat().st_size
        with pytest.raises(TooLargeError):
            tree.read("maps", most_bytes=10)


def test_a_file_in_place_of_a_link_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "a").symlink_to("secret")
    with FolderTree.opened(tmp_path) as tree:
        tree.write("a", b"new")
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert not (tmp_path / "a").is_symlink()
