"""Whoever writes to the database brings neither older bundles back silently, nor old officers."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.audit.activated import newest_activated
from gateway.bundles.reading import peek, read
from gateway.store.engines.database import open_reader
from tests.bundle_house import (
    FIRST,
    GROUP,
    SECOND,
    BundleHouse,
    bundle_house,
    changed,
    prepare,
    put,
)
from tests.sealed_bundles import AT, Group, key, person

THIRD = changed("doc.pages < 2").published(after=peek(SECOND))
LATER = AT + timedelta(days=1)


def execute(directory: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(directory / "sealgate.sqlite")) as connection, connection:
        connection.execute(statement, values)


async def three_in_force(directory: Path) -> None:
    """All three came into force; whoever tidies up has removed the files."""
    prepare(directory)
    for each in (FIRST, SECOND, THIRD):
        put(directory, each)
    async with bundle_house(directory) as house:
        assert house.sequence == 3
    for each in (directory / "incoming").iterdir():
        each.unlink()


def told(house: BundleHouse) -> dict[int, str]:
    """Why which number does not count, by the log; the probes and officers are told the same."""
    found = {each["sequence"]: str(each["why"]) for each in house.records("refused")}
    standing = house.policies.standing()
    assert {each.sequence: each.why for each in standing.refused} == found
    assert (house.policies.refused is not None) == bool(found)
    return found


async def test_officers_who_were_removed_do_not_come_back_behind_a_damaged_copy(
    tmp_path: Path,
) -> None:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    others = Group(officers=(person("mo"), person("ma")), files=GROUP.files)
    keys = [key(name) for name in ("li", "wang", "mo", "ma")]
    second = others.sign(others.built(after=peek(FIRST)), *keys)
    file = put(tmp_path, second)
    async with bundle_house(tmp_path) as house:
        assert house.sequence == 2
        third = GROUP.published(after=peek(second))  # by li and wang, who are no officers now
        house.copies.path_of(peek(second)).write_bytes(second[:-1])
        house.copies.keep(third, peek(third))
    execute(
        tmp_path,
        "insert into activation select 3, ?, ?, at, audit_index from activation where sequence=2",
        peek(third).content,
        read(third).statement,
    )
    file.unlink()
    async with bundle_house(tmp_path, at=LATER) as house:
        assert house.sequence == 1
        found = told(house)
        assert found.keys() == {2, 3}
        assert "the copy of number 2 is damaged" in found[3]
        house.put(second)
        assert await house.policies.refresh()
        assert house.sequence == 2
        assert "000003" in str(house.policies.refused)  # the row is there still


async def test_an_older_bundle_whose_successors_row_is_gone_decides_only_loudly(
    tmp_path: Path,
) -> None:
    await three_in_force(tmp_path)
    execute(tmp_path, "delete from activation where sequence=3")
    async with bundle_house(tmp_path, at=LATER) as house:
        assert house.sequence == 2
        why = told(house)[3]
        assert "the audit log says that number 3" in why
        assert "number 2 decides" in why
        assert house.policies.told()["policies"]["refused"]
        house.put(THIRD)
        assert await house.policies.refresh()
        assert (house.sequence, house.policies.refused) == (3, None)


async def test_nothing_on_record_though_the_log_names_one_is_told(tmp_path: Path) -> None:
    await three_in_force(tmp_path)
    execute(tmp_path, "delete from activation")
    async with bundle_house(tmp_path, at=LATER) as house:
        assert house.sequence is None
        assert "nothing decides" in told(house)[3]


@pytest.mark.parametrize(
    ("number", "statement"),
    {
        4: "insert into activation select ?, digest, manifest, at, 1 from activation limit 1",
        10: "update activation set sequence=? where sequence=1",
    }.items(),
    ids=["once more", "renumbered"],
)
async def test_an_older_bundle_under_a_new_number_does_not_come_into_force(
    number: int, statement: str, tmp_path: Path
) -> None:
    await three_in_force(tmp_path)
    execute(tmp_path, statement, number)
    async with bundle_house(tmp_path, at=LATER) as house:
        assert house.sequence == 3
        found = told(house)
        assert found.keys() == {number}
        assert f"its row has number {number}, and number 1 was signed" in found[number]


async def test_a_bundle_whose_predecessors_row_is_gone_does_not_come_into_force(
    tmp_path: Path,
) -> None:
    await three_in_force(tmp_path)
    execute(tmp_path, "delete from activation where sequence=2")
    async with bundle_house(tmp_path, at=LATER) as house:
        assert house.sequence == 1
        assert "it does not follow number 1" in told(house)[3]


@pytest.mark.parametrize("manifest", ["x", "{}", b"\xff", 7], ids=repr)
async def test_a_row_that_cannot_be_read_stops_no_start_and_is_told_by_number(
    manifest: object, tmp_path: Path
) -> None:
    await three_in_force(tmp_path)
    execute(tmp_path, "update activation set manifest=? where sequence=3", manifest)
    async with bundle_house(tmp_path, at=LATER) as house:
        assert house.sequence == 2
        assert "its row cannot be read" in told(house)[3]
        house.put(THIRD)
        assert await house.policies.refresh()
        assert (house.sequence, house.policies.refused) == (3, None)


@pytest.mark.parametrize("at", [-99999999999999999, b"\xff", "x"], ids=repr)
async def test_what_else_a_row_says_stops_no_start(at: object, tmp_path: Path) -> None:
    await three_in_force(tmp_path)
    execute(tmp_path, "update activation set at=?, audit_index=? where sequence=3", at, at)
    async with bundle_house(tmp_path, at=LATER) as house:
        standing = house.policies.standing()
        # By the log, which `sealgate audit verify` compares the row with.
        assert (standing.sequence, standing.since) == (3, AT)
        assert standing.signed_by == ("li", "wang")
        assert told(house) == {}


async def test_records_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    await three_in_force(tmp_path)
    leaves = ('{"kind":"policy"', b'{"kind":"policy"', b'[""kind":"policy""]')
    for index, leaf in enumerate(leaves, start=1000):
        execute(tmp_path, "insert into audit_leaf values (?, ?, zeroblob(32))", index, leaf)
    engine = open_reader(tmp_path / "sealgate.sqlite")
    with engine.connect() as connection:
        found = newest_activated(connection)
    engine.dispose()
    assert found is not None
    assert found.names(peek(THIRD))
