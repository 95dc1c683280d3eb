"""What became of a bundle file is found in what the gateway recorded."""

import hashlib
from pathlib import Path

import pytest

from gateway.bundles.copies import BundleCopies
from gateway.bundles.reading import peek
from gateway.cli.policy.activation_watch import ActivationWatch
from gateway.store.engines.database import SQLiteFile, open_writer
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


def watch(house: BundleHouse, data: bytes) -> ActivationWatch:
    return watch_below(house.directory, data, copies=house.copies)


def watch_below(directory: Path, data: bytes, *, copies: BundleCopies) -> ActivationWatch:
    digest = hashlib.sha256(data).hexdigest()
    database = directory / "sealgate.sqlite"
    return ActivationWatch(SQLiteFile(str(database)), peek(data), copies=copies, file_digest=digest)


@pytest.fixture
def with_first(tmp_path: Path) -> Path:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    return tmp_path


async def test_what_comes_into_force_is_told_once_it_is_on_record(with_first: Path) -> None:
    async with bundle_house(with_first) as house:
        with watch(house, SECOND) as watching:
            assert watching.already() is None
            house.put(SECOND)
            assert watching.outcome() is None
            await house.policies.refresh()
            outcome = watching.outcome()
    assert outcome is not None
    assert (outcome.in_force, outcome.told) == (True, "number 2 is in force, signed by li, wang")


async def test_what_is_refused_is_told_with_the_reason(with_first: Path) -> None:
    other = changed("doc.pages < 2").published()
    async with bundle_house(with_first) as house:
        with watch(house, other) as watching:
            house.put(other, name="other")
            await house.policies.refresh()
            outcome = watching.outcome()
    assert outcome is not None
    assert not outcome.in_force
    assert "another number 1 is in force" in outcome.told


async def test_a_refusal_of_an_earlier_try_is_not_taken_for_this_one_s(with_first: Path) -> None:
    short = GROUP.built(after=peek(FIRST))
    async with bundle_house(with_first) as house:
        house.put(short)
        await house.policies.refresh()
        with watch(house, short) as watching:
            assert watching.outcome() is None
            house.put(short)  # once more: it is judged once more
            await house.policies.refresh()
            outcome = watching.outcome()
    assert outcome is not None
    assert "none of them did" in outcome.told


async def test_what_is_in_force_already_needs_no_waiting(with_first: Path) -> None:
    async with bundle_house(with_first) as house:
        with watch(house, FIRST) as watching:
            outcome = watching.already()
    assert outcome is not None
    assert (outcome.in_force, outcome.told) == (True, "number 1 is in force already")


async def test_what_was_in_force_before_comes_back_by_a_rollback_only(with_first: Path) -> None:
    async with bundle_house(with_first) as house:
        house.put(SECOND)
        await house.policies.refresh()
        with watch(house, FIRST) as watching:
            outcome = watching.already()
    assert outcome is not None
    assert not outcome.in_force
    assert "sealgate policy rollback" in outcome.told


async def test_what_is_in_force_by_the_record_alone_is_taken_once_more(with_first: Path) -> None:
    async with bundle_house(with_first) as house:
        house.put(SECOND)
        await house.policies.refresh()
        house.copies.path_of(peek(SECOND)).write_bytes(SECOND[:-1])
    (with_first / "incoming" / "000002.sealbundle").unlink()
    async with bundle_house(with_first) as house:
        with watch(house, SECOND) as watching:
            assert watching.already() is None
            house.put(SECOND)
            await house.policies.refresh()
            outcome = watching.outcome()
    assert outcome is not None
    assert outcome.in_force


def test_where_nothing_ever_ran_nothing_is_on_record(tmp_path: Path) -> None:
    with watch_below(tmp_path, FIRST, copies=BundleCopies(tmp_path)) as watching:
        assert (watching.already(), watching.outcome()) == (None, None)
    assert not list(tmp_path.iterdir())


async def test_a_gateway_that_starts_for_the_first_time_meanwhile_is_heard(tmp_path: Path) -> None:
    prepare(tmp_path)
    with watch_below(tmp_path, FIRST, copies=BundleCopies(tmp_path / "bundles")) as watching:
        assert watching.already() is None
        put(tmp_path, FIRST)
        empty = open_writer(tmp_path / "sealgate.sqlite")
        empty.connect().close()
        empty.dispose()
        assert watching.outcome() is None
        async with bundle_house(tmp_path):
            outcome = watching.outcome()
    assert outcome is not None
    assert (outcome.in_force, outcome.told) == (True, "number 1 is in force, signed by li, wang")
