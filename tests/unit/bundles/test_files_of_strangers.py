"""What anybody may put where bundles arrive: it is refused by name, and stops no other file."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.bundles.archive import packed, unpacked
from gateway.bundles.errors import BundleFileError
from gateway.bundles.reading import heading_of, peek, read
from gateway.regular_files import read_regular
from policies.compiled import decompiled
from policies.errors import CompiledFormError
from tests.bundle_house import FIRST, SECOND, BundleHouse, bundle_house, prepare, put

DEEP = b"\x91" + b"\x81\xa1x" * 100_000 + b"\xc0"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[BundleHouse]:
    """A house in which the first bundle is in force."""
    prepare(tmp_path)
    put(tmp_path, FIRST)
    async with bundle_house(tmp_path) as made:
        yield made


def with_piece(data: bytes, piece: bytes) -> bytes:
    """The same manifest with its signatures, over one piece that is another."""
    members = dict(unpacked(data))
    name = next(each for each in members if each.startswith("compiled/"))
    return packed({**members, name: memoryview(piece)})


def nested(path: Path) -> None:
    path.write_bytes(with_piece(SECOND, DEEP))


def dangling(path: Path) -> None:
    path.symlink_to("/nonexistent")


def circular(path: Path) -> None:
    path.symlink_to(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


def deep_manifest(path: Path) -> None:
    path.write_bytes(packed({"manifest.json": b"[" * 900_000}))


def long_manifest(path: Path) -> None:
    path.write_bytes(packed({"manifest.json": b" " * 1_100_000}))


STRANGE: list[Callable[[Path], None]] = [
    nested,
    dangling,
    circular,
    endless,
    huge,
    deep_manifest,
    long_manifest,
    os.mkfifo,
    Path.mkdir,
]


@pytest.mark.parametrize("make", STRANGE)
async def test_one_file_of_a_stranger_stops_no_other_and_is_refused_by_name(
    house: BundleHouse, make: Callable[[Path], None]
) -> None:
    make(house.directory / "incoming" / "0.sealbundle")
    house.put(SECOND)
    assert await house.policies.refresh()
    assert house.sequence == 2
    assert {each["file"] for each in house.records("refused")} == {"0.sealbundle"}


@pytest.mark.parametrize("make", STRANGE)
async def test_it_stops_no_start_either(tmp_path: Path, make: Callable[[Path], None]) -> None:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    async with bundle_house(tmp_path) as house:
        assert house.sequence == 1
    make(tmp_path / "incoming" / "0.sealbundle")
    async with bundle_house(tmp_path) as house:
        assert house.sequence == 1
        assert "0.sealbundle" in str(house.policies.refused)


def test_nothing_is_decoded_that_the_manifest_does_not_name() -> None:
    with pytest.raises(BundleFileError, match="not those that the manifest names"):
        read(with_piece(FIRST, b"\xc1"))


def test_a_piece_that_is_nested_without_end_is_no_piece() -> None:
    with pytest.raises(CompiledFormError):
        decompiled({"seals-0000": DEEP}, files={})


def test_of_a_file_only_the_manifest_is_read_to_know_which_it_is(tmp_path: Path) -> None:
    file = tmp_path / "x.sealbundle"
    file.write_bytes(FIRST)
    with file.open("rb") as opened:
        assert heading_of(opened).manifest == peek(FIRST)
    file.write_bytes(packed({"sources/x": b""}))
    with file.open("rb") as opened, pytest.raises(BundleFileError, match=r"no manifest\.json"):
        heading_of(opened)


def test_a_regular_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"12345")
    assert read_regular(file, most_bytes=5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_regular(file, most_bytes=4)
