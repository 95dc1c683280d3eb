"""A body whose row was not written goes: at once where that is known, else when it is old."""

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, event
from structlog.testing import capture_logs

from cloud_bridge.network.contents import files as content_files
from cloud_bridge.network.contents import leftovers
from cloud_bridge.network.contents.contents import Contents
from cloud_bridge.network.contents.leftovers import Leftovers
from cloud_bridge.network.problems import StoreProblem
from tests.network_house import (
    PAPER,
    Company,
    Draft,
    HouseTime,
    NetworkHouse,
    ProblemAnswer,
    network_house,
)
from tests.postgres_server import Server, postgres
from tests.unit.network.test_contents import Slowly

__all__ = ["postgres"]

_OWN = "ab" * 16


@pytest.fixture
def draft(buyer: Company) -> Draft:
    return _any(buyer)


def _directory(house: NetworkHouse) -> Path:
    return house.core.config.contents


def _files(house: NetworkHouse) -> list[Path]:
    return [file for file in _directory(house).rglob("*") if file.is_file()]


def _swept(house: NetworkHouse) -> Leftovers:
    return Leftovers(house.core.lane, _directory(house))


def _any(buyer: Company) -> Draft:
    return buyer.draft(buyer.party("buyer"))


def _left_behind(house: NetworkHouse, draft: Draft, *, own: str = _OWN) -> Path:
    """As a node leaves it that dies before the row's transaction."""
    (document,) = draft.terms.documents
    name = f"{draft.id}/{document.digest}-{own}"
    content_files.keep(_directory(house), {name: PAPER})
    return _directory(house) / name


def _age(*files: Path, seconds: float = 3700) -> None:
    for file in files:
        os.utime(file, times=(file.stat().st_mtime - seconds,) * 2)


async def _send_only(draft: Draft) -> None:
    """Without putting the content first."""
    await draft.initiator.ask("POST", "/v1/envelopes", draft.new())


async def test_a_full_disk_of_the_database_leaves_no_file(
    buyer: Company, house: NetworkHouse
) -> None:
    def fill(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    await house.core.lane.write(fill)
    refused = None
    for _ in range(300):  # until the pages that it has are used up
        another = _any(buyer)
        try:
            await another.put()
        except ProblemAnswer as problem:
            refused = problem
            break
    assert refused is not None
    assert (refused.status, refused.type) == (503, "network-store-failed")
    assert not (_directory(house) / another.id).exists()


async def test_a_full_disk_of_the_contents_leaves_no_file_and_is_told_as_what_it_is(
    draft: Draft, house: NetworkHouse
) -> None:
    written = os.fsync

    def full(descriptor: int) -> NoReturn:
        written(descriptor)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with (
        patch.object(content_files.os, "fsync", full),
        capture_logs() as logs,
        pytest.raises(ProblemAnswer) as refused,
    ):
        await draft.put()
    assert (refused.value.status, refused.value.type) == (503, "network-store-failed")
    (error,) = [each["error"] for each in logs if each["event"] == "store_failed"]
    assert "No space left" in error
    assert _files(house) == []
    await draft.send()


async def test_a_database_that_is_away_leaves_no_file(draft: Draft, house: NetworkHouse) -> None:
    def away(*_: object) -> NoReturn:
        raise sqlite3.OperationalError("unable to open database file")

    lane = house.core.lane
    with pytest.raises(StoreProblem):  # so that it connects anew
        await lane.write(lambda connection: connection.exec_driver_sql("no SQL"))
    event.listen(lane._writer, "do_connect", away)
    with pytest.raises(ProblemAnswer) as refused:
        await draft.put()
    event.remove(lane._writer, "do_connect", away)
    assert refused.value.type == "network-store-failed"
    assert _files(house) == []
    await draft.send()
    assert len(_files(house)) == 1


async def test_a_defect_of_ours_in_the_transaction_leaves_no_file(
    draft: Draft, house: NetworkHouse
) -> None:
    def stumbles(_connection: Connection, keep: Callable[[], None]) -> NoReturn:
        keep()
        raise KeyError("ours")

    content = draft.content(PAPER)
    with pytest.raises(KeyError):
        await house.core.contents.bring((content,), stumbles, uploader=draft.initiator.id)
    assert _files(house) == []


@pytest.mark.parametrize("error", [sqlite3.OperationalError, RuntimeError])
async def test_a_commit_whose_answer_is_lost_keeps_its_file(
    draft: Draft, buyer: Company, house: NetworkHouse, error: type[Exception]
) -> None:
    def lost(connection: sqlite3.Connection) -> NoReturn:
        connection.commit()
        raise error("the answer did not come")

    dialect = house.core.lane._writer.dialect
    with patch.object(dialect, "do_commit", lost), pytest.raises(ProblemAnswer) as refused:
        await draft.put()
    assert refused.value.type == "network-store-failed"
    await _send_only(draft)
    (document,) = draft.terms.documents
    assert (await buyer.content(draft.id, document.digest)).head.digest == document.digest


async def test_what_no_row_names_goes_when_it_is_older_than_an_hour(
    draft: Draft, buyer: Company, house: NetworkHouse
) -> None:
    await draft.send()
    (named,) = _files(house)
    beside, alone = _left_behind(house, draft), _left_behind(house, _any(buyer))
    young = _left_behind(house, _any(buyer))
    _age(named, beside, alone)
    _age(young, seconds=3500)
    assert await _swept(house).sweep() == 2
    assert sorted(_files(house)) == sorted((named, young))
    assert not alone.parent.exists()
    _age(young)
    assert await _swept(house).sweep() == 1
    assert _files(house) == [named]


async def test_what_is_no_content_of_ours_stays(draft: Draft, house: NetworkHouse) -> None:
    directory = _directory(house)
    strange = [
        directory / "lost+found" / "1234",
        directory / draft.id / ".nfs000000000123",
        directory / draft.id / "readme.txt",
        directory / "readme.txt",
    ]
    for file in strange:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"another's")
    elsewhere = house.directory / "elsewhere"
    elsewhere.write_bytes(b"another's")
    link = directory / draft.id / f"{draft.terms.documents[0].digest}-{_OWN}"
    link.symlink_to(elsewhere)
    _age(*strange, elsewhere)
    assert await _swept(house).sweep() == 0
    assert link.is_symlink()
    assert all(file.exists() for file in strange)


async def test_an_empty_folder_goes_too(draft: Draft, house: NetworkHouse) -> None:
    folder = _directory(house) / draft.id
    folder.mkdir(parents=True)
    assert await _swept(house).sweep() == 0
    assert not folder.exists()


async def test_a_network_that_has_no_contents_yet_has_nothing_to_sweep(
    house: NetworkHouse,
) -> None:
    assert not _directory(house).exists()
    assert await _swept(house).sweep() == 0


async def test_no_more_than_some_are_looked_at_and_removed_at_once(
    buyer: Company, house: NetworkHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "AT_ONCE", 2)
    monkeypatch.setattr(leftovers, "MOST", 4)
    _age(*(_left_behind(house, _any(buyer)) for _ in range(5)))
    assert await _swept(house).sweep() == 4
    assert await _swept(house).sweep() == 1
    assert _files(house) == []


async def test_a_database_that_names_few_of_many_files_is_not_taken_for_the_right_one(
    draft: Draft, buyer: Company, house: NetworkHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "FEW", 1)
    await draft.send()
    two = [_left_behind(house, _any(buyer)) for _ in range(2)]
    _age(*two)
    assert await _swept(house).sweep() == 0
    assert all(file.exists() for file in two)
    await _any(buyer).send()  # now it names as many
    assert await _swept(house).sweep() == 2


async def test_a_network_that_starts_sweeps(tmp_path: Path) -> None:
    async with network_house(tmp_path) as house:
        buyer = await house.company("买方有限公司")
        await _any(buyer).send()
        left = _left_behind(house, _any(buyer))
    _age(left)
    async with network_house(tmp_path), asyncio.timeout(20):
        while left.exists():
            await asyncio.sleep(0)


async def test_nodes_that_share_a_folder_sweep_it_side_by_side_and_take_nothing_under_way(
    postgres: Server, tmp_path: Path
) -> None:
    clock = HouseTime()
    shared = {
        "store": {"url": postgres.database().url},
        "contents_directory": tmp_path / "contents",
    }
    (tmp_path / "one").mkdir()
    async with network_house(tmp_path / "one", time=clock, **shared) as one:
        buyer = await one.company("买方有限公司")
        sent = _any(buyer)
        await sent.send()
        (named,) = _files(one)
        left = [_left_behind(one, _any(buyer), own=f"{number:032x}") for number in range(20)]
        _age(named, *left)
        slowly, directory = Slowly(one.core.lane), _directory(one)
        going = Contents(slowly, clock, directory, most_bytes=1 << 20, days=None)
        late = _any(buyer)
        putting = asyncio.create_task(going.put(late.content(PAPER), uploader=buyer.id))
        await slowly.asked.wait()  # its file is there, its row is not
        counts = await asyncio.gather(*(_swept(one).sweep() for _ in range(2)))
        assert sum(counts) >= len(left)
        assert not any(file.exists() for file in left)
        slowly.goes_on.set()
        await putting
        await _send_only(late)
        (document,) = late.terms.documents
        for each in (sent, late):
            assert (await buyer.content(each.id, document.digest)).head.envelope == each.id


def test_a_folder_that_another_removes_meanwhile_is_made_again(tmp_path: Path) -> None:
    made, times = Path.mkdir, iter(range(3))

    def taken_away(path: Path, *args: int, **how: bool) -> None:
        made(path, *args, **how)
        if path.name == "envelope" and next(times, None) is not None:
            path.rmdir()  # `forget`, of another content of the envelope

    with patch.object(Path, "mkdir", taken_away):
        content_files.keep(tmp_path, {"envelope/a": b"a", "envelope/b": b"b"})
    assert (tmp_path / "envelope" / "a").read_bytes() == b"a"
    assert (tmp_path / "envelope" / "b").read_bytes() == b"b"


def test_a_folder_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    made = Path.mkdir

    def taken_away(path: Path, *args: int, **how: bool) -> None:
        made(path, *args, **how)
        if path.name == "envelope":
            path.rmdir()

    with patch.object(Path, "mkdir", taken_away), pytest.raises(FileNotFoundError):
        content_files.keep(tmp_path, {"envelope/a": b"a"})
