"""Freezing by file, for when nobody gets through by HTTP."""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from gateway.freezes.folder import FreezeFolder
from gateway.signing.errors import FrozenProblem
from gateway.store.errors import StoreProblem
from tests.guarded_house import GuardedHouse
from tests.officers import FREEZE_ID, freeze, new_freeze_id, signed, unfreeze
from tests.statement_keys import LI, WANG


@pytest.fixture
def folder(guarded: GuardedHouse) -> FreezeFolder:
    return FreezeFolder(guarded.house.directory / "policies", guarded.freezes)


@pytest.fixture
def put(guarded: GuardedHouse) -> "Put":
    return Put(guarded.house.directory / "policies" / "freezes")


class Put:
    """Writes files as an officer would."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, name: str, *lines: str) -> Path:
        self.directory.mkdir(exist_ok=True)
        path = self.directory / name
        path.write_text("\n".join(lines) + "\n")
        return path


async def test_a_file_freezes_and_files_unfreeze(
    guarded: GuardedHouse, folder: FreezeFolder, put: Put
) -> None:
    await folder.look()  # there is no folder yet
    put("1.freeze.jws", *signed(freeze("gateway"), LI))
    await folder.look()
    with pytest.raises(FrozenProblem):
        await guarded.house.seal()
    put("1.li.unfreeze.jws", *unfreeze(LI))
    await folder.look()
    assert guarded.freezes.book.live[0].unfreezes == ("li-na",)
    put("1.wang.unfreeze.jws", *unfreeze(WANG))
    await folder.look()
    assert (await guarded.house.seal()).row.is_sealed
    assert folder.refused == {}


async def test_a_folder_that_may_not_be_read_is_an_error_and_not_an_empty_one(
    folder: FreezeFolder, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("1.freeze.jws", *signed(freeze("gateway"), LI))
    scandir = os.scandir

    def closed(path: Path) -> object:
        if Path(path) == put.directory:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(PermissionError):
        await folder.look()


async def test_files_that_stay_freeze_nothing_again(
    guarded: GuardedHouse, folder: FreezeFolder, put: Put
) -> None:
    """Also after a restart, when all of them are looked at anew."""
    put("1.freeze.jws", *signed(freeze("gateway"), LI))
    put("1.unfreeze.jws", *unfreeze(LI, WANG))
    for each in (folder, FreezeFolder(guarded.house.directory / "policies", guarded.freezes)):
        await each.look()
        assert guarded.freezes.book.live == ()
    assert guarded.kinds() == ["freeze", "unfreeze"]


async def test_a_file_that_is_wrong_is_told_until_it_is_right(
    guarded: GuardedHouse, folder: FreezeFolder, put: Put
) -> None:
    put("2.freeze.jws", *signed(freeze("seal", "reciept-east"), LI))
    (put.directory / "3.freeze.jws").write_bytes(b"\xff")
    gone = put("4.freeze.jws", "x" * (1024 * 1024))
    put("5.freeze.json", msgspec.json.encode(freeze("gateway")).decode())
    put("notes.txt", "not ours")
    await folder.look()
    assert sorted(folder.refused) == [
        "2.freeze.jws",
        "3.freeze.jws",
        "4.freeze.jws",
        "5.freeze.json",
    ]
    assert "did you mean 'receipt-east'" in folder.refused["2.freeze.jws"]
    assert "more than" in folder.refused["4.freeze.jws"]
    assert "without a signature" in folder.refused["5.freeze.json"]
    assert guarded.freezes.book.live == ()
    gone.unlink()
    put("2.freeze.jws", *signed(freeze("seal", "receipt-east"), LI))
    await folder.look()
    assert sorted(folder.refused) == ["3.freeze.jws", "5.freeze.json"]
    assert [frozen.id for frozen in guarded.freezes.book.live] == [FREEZE_ID]


async def test_a_file_that_could_not_be_recorded_is_taken_the_next_time(
    guarded: GuardedHouse, folder: FreezeFolder, put: Put
) -> None:
    put("1.freeze.jws", *signed(freeze("gateway"), LI))
    connection = guarded.house.engine.raw_connection()
    connection.execute("PRAGMA query_only=ON")
    with pytest.raises(StoreProblem):
        await folder.look()
    assert guarded.freezes.book.live == ()
    connection.execute("PRAGMA query_only=OFF")
    await folder.look()
    assert len(guarded.freezes.book.live) == 1


def dangling(path: Path) -> None:
    path.symlink_to("/nonexistent")


def circular(path: Path) -> None:
    path.symlink_to(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [dangling, circular, endless, os.mkfifo, Path.mkdir])
async def test_what_is_no_file_is_refused_by_name_and_blocks_no_freeze(
    guarded: GuardedHouse, folder: FreezeFolder, put: Put, make: Callable[[Path], None]
) -> None:
    put("b.freeze.jws", *signed(freeze("gateway"), LI))
    make(put.directory / "a.freeze.jws")
    await folder.look()
    assert [frozen.id for frozen in guarded.freezes.book.live] == [FREEZE_ID]
    assert list(folder.refused) == ["a.freeze.jws"]
    assert "cannot be read" in folder.refused["a.freeze.jws"]


async def test_a_freeze_of_what_a_later_bundle_brings_is_taken_then(
    guarded: GuardedHouse, folder: FreezeFolder, put: Put
) -> None:
    put("1.freeze.jws", *signed(freeze("seal", "seal-of-tomorrow"), LI))
    await folder.look()
    assert list(folder.refused) == ["1.freeze.jws"]
    bundle = guarded.house.in_force.bundle
    seal = msgspec.structs.replace(bundle.seals["receipt-east"], name="seal-of-tomorrow")
    later = replace(bundle, digest="later", seals={**bundle.seals, seal.name: seal})
    guarded.house.in_force = replace(guarded.house.in_force, bundle=later)
    await folder.look()
    assert [frozen.scope.name for frozen in guarded.freezes.book.live] == ["seal-of-tomorrow"]
    assert folder.refused == {}


async def test_an_unfreezing_that_came_before_its_freeze_counts_once_there_is_one(
    guarded: GuardedHouse, folder: FreezeFolder, put: Put
) -> None:
    put("1.unfreeze.jws", *unfreeze(LI, WANG))
    await folder.look()
    assert list(folder.refused) == ["1.unfreeze.jws"]
    await guarded.freezes.freeze(signed(freeze("gateway"), LI))
    await folder.look()
    assert guarded.freezes.book.live == ()
    assert folder.refused == {}


async def test_a_statement_that_is_repeated_is_one_and_twenty_are_the_most(
    guarded: GuardedHouse, folder: FreezeFolder, put: Put
) -> None:
    (one,) = signed(freeze("gateway"), LI)
    put("1.freeze.jws", *[one] * 500)
    put(
        "2.freeze.jws",
        *(signed(freeze("gateway", freeze_id=new_freeze_id()), LI)[0] for _ in range(21)),
    )
    await folder.look()
    assert len(guarded.freezes.book.live) == 1
    assert folder.refused["2.freeze.jws"] == "21 statements; 20 are taken at once"
