"""A bundle file in the directory: in force, or refused loudly, and what was good stays."""

import errno
import gc
import os
import weakref
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.bundles.copies import BundleCopies
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import peek, read, written
from gateway.store.errors import StoreProblem
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
from tests.signing_house import FakeClock


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[BundleHouse]:
    """A house in which the first bundle is in force."""
    prepare(tmp_path)
    put(tmp_path, FIRST)
    async with bundle_house(tmp_path) as made:
        yield made


def signed_by_one_digit_more(data: bytes) -> bytes:
    """The same file with one character of a signature altered."""
    sealed = read(data)
    at = sealed.statement.rindex('"signature":"') + len('"signature":"') + 5
    other = "A" if sealed.statement[at] != "A" else "B"
    statement = sealed.statement[:at] + other + sealed.statement[at + 1 :]
    return written(statement, pieces=sealed.pieces, files=sealed.files, sources=sealed.sources)


def with_other_parts(data: bytes) -> bytes:
    """The same signatures over other sources."""
    sealed = read(data)
    sources = {"all.yaml": sealed.sources["all.yaml"] + "# more\n"}
    return written(sealed.statement, pieces=sealed.pieces, files=sealed.files, sources=sources)


STRANGERS = Group(officers=(person("mallory"), person("mo")), files=GROUP.files)
NEXT = peek(FIRST)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(lambda: SECOND[: len(SECOND) // 2], "cut off", id="a truncated copy"),
        pytest.param(lambda: b"", "no bundle, or cut off", id="an empty file"),
        pytest.param(
            lambda: signed_by_one_digit_more(SECOND), "li of them did", id="an altered signature"
        ),
        pytest.param(
            lambda: with_other_parts(SECOND), "not those that the manifest", id="other parts"
        ),
        pytest.param(
            lambda: STRANGERS.sign(STRANGERS.built(after=NEXT), key("mallory"), key("mo")),
            "none of them did",
            id="unknown officers",
        ),
        pytest.param(
            lambda: changed().sign(changed().built(after=NEXT), key("li")),
            "2 of the officers in force must sign",
            id="too few signatures",
        ),
        pytest.param(
            lambda: changed("doc.pages < 2").published(),
            "another number 1 is in force",
            id="the same number with other content",
        ),
        pytest.param(
            lambda: changed("doc.pages < 2").published(after=peek(SECOND)),
            "follows another bundle",
            id="one too far ahead",
        ),
        pytest.param(
            lambda: changed(files={**GROUP.files, "seal.pem": b"no certificate"}).published(
                after=NEXT
            ),
            "not a PEM file of certificates",
            id="a certificate that is none",
        ),
    ],
)
async def test_what_is_wrong_is_refused_loudly_and_the_last_good_one_stays(
    house: BundleHouse, data: Callable[[], bytes], why: str
) -> None:
    before = house.policies.current
    house.put(data(), name="next")
    with capture_logs() as log:
        assert not await house.policies.refresh()
    (line,) = [each for each in log if each["event"] == "policies_refused"]
    assert line["log_level"] == "error"
    assert why in line["mistakes"]
    assert line["still_in_force"] == before.bundle.digest
    (record,) = house.records("refused")
    assert record["file"] == "next.sealbundle"
    assert why in record["why"]
    assert ": " in record["why"]  # after which it says what to do
    assert house.policies.refused is not None
    assert house.policies.current is before
    assert house.sequence == 1


async def test_what_was_refused_is_told_once_while_it_stays_as_it_is(house: BundleHouse) -> None:
    house.put(SECOND[:-1], name="next")
    for _ in range(3):
        await house.policies.refresh()
    assert len(house.records("refused")) == 1
    house.put(SECOND[:-1], name="next")  # somebody tries once more, and is told once more
    await house.policies.refresh()
    assert len(house.records("refused")) == 2


async def test_what_was_refused_is_forgotten_with_its_file(house: BundleHouse) -> None:
    file = house.put(SECOND[:-1], name="next")
    await house.policies.refresh()
    file.unlink()
    await house.policies.refresh()
    assert house.policies.refused is None
    last = house.policies.standing().last_refused
    assert last is not None
    assert (last.file, last.at) == ("next.sealbundle", AT)


async def test_a_whole_copy_in_its_place_comes_into_force(house: BundleHouse) -> None:
    house.put(SECOND[:-1], name="next")
    await house.policies.refresh()
    house.put(SECOND, name="next")
    assert await house.policies.refresh()
    assert (house.sequence, house.policies.refused) == (2, None)


async def test_a_file_that_cannot_be_read_is_refused_and_read_when_it_can(
    house: BundleHouse,
) -> None:
    path = house.directory / "incoming" / "next.sealbundle"
    path.symlink_to(house.directory)  # a directory cannot be read as a file, not even by root
    await house.policies.refresh()
    (record,) = house.records("refused")
    assert record["why"].startswith("it cannot be read (Is a directory)")
    path.unlink()
    house.put(SECOND, name="next")
    assert await house.policies.refresh()


async def test_a_pipe_is_refused_and_nobody_waits_for_it(house: BundleHouse) -> None:
    os.mkfifo(house.directory / "incoming" / "next.sealbundle")
    await house.policies.refresh()
    assert "it is no regular file" in str(house.policies.refused)


async def test_one_that_came_too_early_follows_the_one_that_it_waits_for(
    house: BundleHouse,
) -> None:
    house.put(changed("doc.pages < 2").published(after=peek(SECOND)))
    await house.policies.refresh()
    assert "follows another bundle" in str(house.policies.refused)
    house.put(SECOND)
    assert await house.policies.refresh()
    assert await house.policies.refresh()
    assert (house.sequence, house.policies.refused) == (3, None)


async def test_what_comes_into_force_is_recorded_with_what_it_follows_and_who_signed(
    house: BundleHouse,
) -> None:
    house.put(SECOND)
    await house.policies.refresh()
    house.put(GROUP.rolled_back(FIRST, after=peek(SECOND)))
    await house.policies.refresh()
    first, second, third = house.records("policy")
    assert (second["bundle"], second["previous_bundle"]) == (peek(SECOND).content, first["bundle"])
    assert second["signed_by"] == ["li", "wang"]
    assert second["materials"]["count"] == 1
    assert "rollback" not in second
    assert (third["bundle"], third["rollback"]) == (first["bundle"], True)
    assert house.activated() == [3, 2, 1]


async def test_what_decided_is_gone_a_minute_later_without_any_collector(
    house: BundleHouse,
) -> None:
    """Else each bundle would stay for good: what was loaded is set apart from the collector."""
    gc.disable()
    old = weakref.ref(house.policies.current.engine)
    house.put(SECOND)
    await house.policies.refresh()
    assert old() is not None
    house.clock.move(timedelta(seconds=61))
    await house.policies.refresh()
    assert old() is None
    gc.enable()


async def test_the_first_officers_file_may_come_after_the_first_bundle(tmp_path: Path) -> None:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    async with bundle_house(tmp_path, root="later.json") as house:
        assert "first officers' file" in str(house.policies.refused)
        (tmp_path / "later.json").write_bytes(GROUP.root.written())
        assert await house.policies.refresh()
        assert (house.sequence, house.policies.refused) == (1, None)


async def test_what_was_in_force_may_lie_there_and_is_no_fault(house: BundleHouse) -> None:
    house.put(SECOND)
    assert await house.policies.refresh()
    house.put(FIRST, name="copy-of-the-first")
    assert not await house.policies.refresh()
    assert house.policies.refused is None
    assert house.sequence == 2


async def test_a_directory_that_is_gone_is_no_empty_one(house: BundleHouse) -> None:
    away = house.directory / "away"
    (house.directory / "incoming").rename(away)
    with pytest.raises(FileNotFoundError):
        await house.policies.refresh()
    away.rename(house.directory / "incoming")
    assert not await house.policies.refresh()


async def test_a_start_without_the_directory_goes_on_with_the_last_good_one(
    house: BundleHouse, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    (tmp_path / "incoming").rename(away)
    (tmp_path / "incoming").write_text("no directory")
    policies = await type(house.policies).of(
        tmp_path / "incoming",
        root=tmp_path / "root.json",
        keys=house.policies._source._keys,
        copies=house.copies,
        lane=house.policies._lane,
        audit=house.policies._audit,
        clock=house.clock,
    )
    assert policies.standing().sequence == 1
    assert policies.refused is not None
    assert "could not be read" in policies.refused


class FullDisk(BundleCopies):
    """Copies on a disk that is full at times."""

    is_full = False

    def keep(self, data: bytes, manifest: Manifest) -> None:
        if self.is_full:
            self.path_of(manifest).with_suffix(".partial").write_bytes(data[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        super().keep(data, manifest)


async def test_a_full_disk_keeps_the_old_one_and_the_new_one_comes_when_there_is_room(
    tmp_path: Path,
) -> None:
    copies = FullDisk(tmp_path / "bundles")
    prepare(tmp_path)
    put(tmp_path, FIRST)
    async with bundle_house(tmp_path, copies=copies) as house:
        house.put(SECOND)
        copies.is_full = True
        for _ in range(2):
            with pytest.raises(OSError, match="No space left"):
                await house.policies.refresh()
        assert (house.sequence, house.activated()) == (1, [1])
        (tmp_path / "incoming" / "000002.sealbundle").unlink()  # officers think better of it
        assert not await house.policies.refresh()
        house.put(SECOND)
        copies.is_full = False
        assert await house.policies.refresh()
        assert (house.sequence, house.activated()) == (2, [2, 1])


async def test_a_store_that_fails_keeps_the_old_one(house: BundleHouse) -> None:
    house.put(SECOND)
    lane = house.policies._lane
    good = lane._commit

    def broken(group: list[object]) -> None:
        for errand in group:
            errand.failure = StoreProblem("the disk is full")  # type: ignore[attr-defined]  # an Errand

    lane._commit = broken  # type: ignore[method-assign,assignment]  # a database that refuses
    with pytest.raises(StoreProblem):
        await house.policies.refresh()
    assert house.sequence == 1
    lane._commit = good  # type: ignore[method-assign]  # it works again
    assert await house.policies.refresh()
    assert (house.sequence, house.activated()) == (2, [2, 1])


async def test_a_copy_that_is_damaged_falls_back_to_the_one_before_loudly(
    tmp_path: Path,
) -> None:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    put(tmp_path, SECOND)
    async with bundle_house(tmp_path) as house:
        assert house.sequence == 2
        kept = house.copies.path_of(peek(SECOND))
    kept.write_bytes(SECOND[:-1])
    file = tmp_path / "incoming" / "000002.sealbundle"
    file.unlink()
    async with bundle_house(tmp_path) as house:
        assert house.sequence == 1
        assert "is damaged" in house.records("refused")[-1]["why"]
        house.put(SECOND)
        assert await house.policies.refresh()
        assert house.sequence == 2
        assert kept.read_bytes() == SECOND


async def test_one_from_the_future_waits_for_its_time_and_is_told(tmp_path: Path) -> None:
    clock = FakeClock(AT - timedelta(hours=1))
    prepare(tmp_path)
    put(tmp_path, FIRST)
    async with bundle_house(tmp_path, clock=clock) as house:
        assert house.sequence is None
        assert "it was built at" in str(house.policies.refused)
        clock.move(timedelta(minutes=56))  # whoever set the clock right, or time itself
        assert await house.policies.refresh()
        assert house.sequence == 1
        assert len(house.records("refused")) == 1


async def test_a_clock_that_jumps_back_neither_brings_back_an_older_one_nor_loses_the_newest(
    tmp_path: Path,
) -> None:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    put(tmp_path, SECOND)
    async with bundle_house(tmp_path) as house:
        assert house.sequence == 2
    async with bundle_house(tmp_path, at=AT - timedelta(days=400)) as house:
        assert house.sequence == 2
        third = changed("doc.pages < 2").published(after=peek(SECOND))
        house.put(third)
        await house.policies.refresh()
        assert house.sequence == 2
        assert "set the clock that is wrong" in str(house.policies.refused)
        house.clock.move(timedelta(days=400))
        assert await house.policies.refresh()
        assert house.sequence == 3


async def test_it_is_told_who_signed_and_since_when_also_after_a_restart(tmp_path: Path) -> None:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    async with bundle_house(tmp_path) as house:
        told = house.policies.standing()
        assert (told.sequence, told.signed_by, told.since) == (1, ("li", "wang"), AT)
    async with bundle_house(tmp_path, at=AT + timedelta(days=1)) as house:
        assert house.policies.standing() == told


async def test_while_nothing_ever_was_in_force_that_is_told(tmp_path: Path) -> None:
    async with bundle_house(tmp_path) as house:
        told = house.policies.standing()
        assert (told.bundle, told.sequence, told.since) == (None, None, None)
        with pytest.raises(LookupError, match="everything is denied"):
            await house.policies.prove()
