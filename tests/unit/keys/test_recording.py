"""Each noted act becomes one record, and a switch only when the seal has the key."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.audit.record import Record, read_leaf
from gateway.keys.journal import KeyJournal
from gateway.keys.recording import KeyActFolder, KeyOfSeal
from tests.signing_house import House, signing_house


def _records(house: House) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(house.directory / "test.sqlite")) as connection:
        rows = connection.execute('SELECT leaf FROM audit_leaf ORDER BY "index"').fetchall()
    records = [read_leaf(leaf) for (leaf,) in rows]
    return [each for each in records if each["kind"] == "key"]


def _acts(house: House) -> list[tuple[str, str]]:
    return [(each["what"], each["key"]) for each in _records(house)]


def _folder(house: House, has: Callable[[], KeyOfSeal] = lambda: ("east", "00")) -> KeyActFolder:
    return KeyActFolder(
        house.directory / "key-acts",
        audit=house.audit,
        readers=house.engine,
        in_force=lambda: {"receipt": has()},
        clock=house.clock,
    )


def _journal(house: House) -> KeyJournal:
    return KeyJournal(house.directory / "key-acts", clock=house.clock)


def _files(house: House) -> list[Path]:
    return list((house.directory / "key-acts").iterdir())


async def test_a_switch_waits_until_the_seal_has_the_key(tmp_path: Path) -> None:
    has = ("east", "00")
    async with signing_house(tmp_path) as house:
        folder = _folder(house, lambda: has)
        _journal(house).note_switch(
            "receipt", key="east-2", public_key="ab", certificate="cd", previous="east"
        )
        _journal(house).note("made", key="east-3", public_key="ef")
        for other in (has, ("east", "cd")):
            has = other
            await folder.look()
            assert _acts(house) == [("made", "east-3")]  # and it holds up nothing that is true
        has = ("east-2", "ee")  # a better certificate for it came before the gateway had the first
        for _ in range(2):
            await folder.look()
        assert _acts(house) == [("made", "east-3"), ("switched", "east-2")]
        assert _records(house)[-1]["before"] == "east"
        assert _files(house) == []


async def test_a_stop_between_record_and_file_gives_no_second_record(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        await _folder(house).look()
        act = _journal(house).note("made", key="east", public_key="ab")
        record = Record(kind="key", at=house.clock.now(), content=act.recorded())
        await house.audit.record(record)
        await house.seal()
        await _folder(house).look()
        assert _acts(house) == [("made", "east")]
        assert _files(house) == []


async def test_a_file_that_cannot_be_deleted_gives_no_second_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "not yours")

    async with signing_house(tmp_path) as house:
        folder = _folder(house)
        _journal(house).note("made", key="east", public_key="ab")
        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", refuse)
            for _ in range(2):
                with pytest.raises(PermissionError):
                    await folder.look()
        await folder.look()
        assert _acts(house) == [("made", "east")]
        assert _files(house) == []


async def test_an_act_of_no_moment_is_told_and_holds_up_no_other(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        act = _journal(house).note("made", key="east", public_key="ab")
        (file,) = _files(house)
        text = file.read_text(encoding="utf-8")
        moment = text.partition('"at":"')[2].partition('"')[0]
        without_zone = text.replace(moment, "2026-11-22T03:00:00").replace(act.id, "00")
        file.with_name("0.act.json").write_text(without_zone, encoding="utf-8")
        await _folder(house).look()
        assert _acts(house) == [("made", "east")]
        assert [each.name for each in _files(house)] == ["0.act.json"]
