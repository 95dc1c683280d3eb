"""Sealed documents in segments: what was put can be got, by us and by any tar; nothing half."""

import asyncio
import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.errors import ContentDamagedError, StoreProblem
from gateway.store.files.content import Content, ContentStore, Location, _header, _unusual_header
from tests.signing_house import FakeClock

MOMENT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ContentStore]:
    with closing(ContentStore(tmp_path, clock=FakeClock())) as made:
        yield made


def put(store: ContentStore, name: str, *parts: bytes, moment: datetime = MOMENT) -> Location:
    (location,) = store.append([Content(name, moment, parts)])
    return location


async def test_what_was_put_can_be_got(store: ContentStore) -> None:
    parts = (b"%PDF-1.7 input", b"", b" update")
    location = put(store, "a.pdf", *parts)
    assert await store.get(location, sum(map(len, parts))) == b"".join(parts)


async def test_many_at_once_land_in_one_segment_that_any_tar_reads(
    store: ContentStore, tmp_path: Path
) -> None:
    documents = {f"{number}.pdf": os.urandom(number * 37) for number in range(200)}
    locations = store.append(
        [Content(name, MOMENT, (content,)) for name, content in documents.items()]
    )
    for (name, content), location in zip(documents.items(), locations, strict=True):
        assert await store.get(location, len(content)) == content, name
    (segment,) = tmp_path.glob("*.tar")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    subprocess.run(["tar", "-xf", segment, "-C", unpacked], check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in unpacked.iterdir()} == documents


@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60),
    moment=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - made aware
    length=st.integers(0, 2**33),
)
def test_a_header_is_what_tarfile_makes(name: str, moment: datetime, length: int) -> None:
    aware = moment.replace(tzinfo=UTC)
    try:
        expected = _unusual_header(Content(name, aware, ()), length)
    except ValueError:  # too long a name for ustar
        return
    assert _header(Content(name, aware, ()), length) == expected


@given(contents=st.lists(st.binary(max_size=3000), min_size=1, max_size=8))
def test_any_contents_come_back(
    contents: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def put_and_get() -> list[bytes]:
        directory = tmp_path_factory.mktemp("segments")
        with closing(ContentStore(directory, clock=FakeClock())) as store:
            places = [put(store, "x.pdf", each) for each in contents]
            return [
                await store.get(place, len(each))
                for place, each in zip(places, contents, strict=True)
            ]

    assert asyncio.run(put_and_get()) == contents


async def test_each_day_has_segments_of_its_own(tmp_path: Path) -> None:
    clock = FakeClock()
    with closing(ContentStore(tmp_path, clock=clock)) as store:
        for _ in range(3):
            put(store, "x.pdf", b"x", moment=clock.now())
            clock.move(timedelta(days=1))
    assert sorted(path.name[:10] for path in tmp_path.iterdir()) == [
        "2026-11-22",
        "2026-11-23",
        "2026-11-24",
    ]


async def test_after_a_stop_what_never_counted_is_cut_off(tmp_path: Path) -> None:
    with closing(ContentStore(tmp_path, clock=FakeClock())) as store:
        first = put(store, "first.pdf", b"first")
        put(store, "second.pdf", b"never committed")
    with closing(ContentStore(tmp_path, clock=FakeClock())) as store:
        store.recover({first.segment: first.offset + 5})
        assert await store.get(first, 5) == b"first"
    assert b"never committed" not in (tmp_path / first.segment).read_bytes()
    (aside,) = (tmp_path / "unclaimed").iterdir()  # nothing is thrown away
    assert b"never committed" in aside.read_bytes()


async def test_a_segment_that_lost_documents_stops_the_start(tmp_path: Path) -> None:
    with closing(ContentStore(tmp_path, clock=FakeClock())) as store:
        kept = put(store, "kept.pdf", b"acknowledged")
        with pytest.raises(ContentDamagedError, match="backup"):
            store.recover({kept.segment: kept.offset + 10_000})
        with pytest.raises(ContentDamagedError, match="gone"):
            store.recover({"another.tar": 1})


async def test_shelves_are_folders_that_a_start_looks_through(tmp_path: Path) -> None:
    with closing(ContentStore(tmp_path, clock=FakeClock())) as store:
        east, west = (
            Content("x.pdf", MOMENT, (b"kept",), shelf=shelf) for shelf in ("east", "in/west")
        )
        first, second, third = store.append([east, west, east])
        store.append([east, west])  # and no commit that counts them
        assert (first.segment, second.segment[:8]) == (third.segment, "in/west/")
        assert first.segment.startswith("east/")
    with closing(ContentStore(tmp_path, clock=FakeClock())) as store:
        ends = {first.segment: third.offset + 4, second.segment: second.offset + 4}
        store.recover(ends)
        for location in (first, second, third):
            assert await store.get(location, 4) == b"kept"
        assert (tmp_path / first.segment).stat().st_size == third.offset + 512
        store.recover(ends)  # what was put aside is looked at no more


async def test_a_segment_of_which_nothing_is_wanted_can_go(store: ContentStore) -> None:
    old = put(store, "old.pdf", b"old")
    store.drop(old.segment)
    store.drop(old.segment)  # as after a stop between the deed and its record
    new = put(store, "new.pdf", b"new")
    assert new.segment != old.segment
    with pytest.raises(StoreProblem, match="cannot be read"):
        await store.get(old, 3)


async def test_a_full_disk_is_told_and_the_next_document_goes_to_a_new_segment(
    store: ContentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = put(store, "kept.pdf", b"kept")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "writev", full)
        with pytest.raises(StoreProblem, match="No space"):
            put(store, "lost.pdf", b"lost")
    again = put(store, "again.pdf", b"again")
    assert again.segment != kept.segment
    assert await store.get(kept, 4) == b"kept"
    assert len(list(tmp_path.iterdir())) == 2


async def test_a_segment_that_is_gone_or_short_is_told(store: ContentStore, tmp_path: Path) -> None:
    location = put(store, "x.pdf", b"x" * 100)
    with pytest.raises(StoreProblem, match="cannot be read"):
        await store.get(Location("none.tar", 0), 1)
    os.truncate(tmp_path / location.segment, 520)
    with pytest.raises(StoreProblem, match="shorter"):
        await store.get(location, 100)
