"""ZIP files of strangers: every file has its own result, and nothing else stops."""

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.batches.model import NewItem, ReadItem, RefusedItem
from gateway.batches.reading import Defaults, Limits, read_zip
from gateway.batches.reading.errors import (
    ArchiveTooLargeProblem,
    ArchiveUnreadableProblem,
    ManifestUnreadableProblem,
)
from tests.hostile.archives import Entry, archive, better_bomb, deflated, in_large_form, many, named

DEFAULTS = Defaults(seal="receipt-east", document_type="logistics-receipt")


def read(data: bytes, **changes: Any) -> list[ReadItem]:  # noqa: ANN401 - of read_zip
    return list(read_zip(io.BytesIO(data), **{"defaults": DEFAULTS, **changes}))


def refused(items: Sequence[ReadItem]) -> dict[str, str]:
    return {each.name: each.problem.type for each in items if isinstance(each, RefusedItem)}


def taken(items: Sequence[ReadItem]) -> dict[str, bytes]:
    return {each.request.name: each.document for each in items if isinstance(each, NewItem)}


def test_every_file_is_an_item_with_its_name_as_its_business_number() -> None:
    (first, second) = read(archive(named("east/WB-1.pdf"), named("运单 2.PDF", content=b"two")))
    assert isinstance(first, NewItem)
    assert isinstance(second, NewItem)
    assert first.request.name == "east/WB-1.pdf"
    assert first.request.business_number == "WB-1"
    assert (first.request.seal, first.request.document_type) == (
        "receipt-east",
        "logistics-receipt",
    )
    assert (second.request.business_number, second.document) == ("运单 2", b"two")


def test_what_other_programs_write_is_read() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("east/", b"")
        file.writestr("east/收货单.pdf", b"%PDF one")
        # In a stream of which the length is not known: sizes follow the data, and are of 64 bits.
        with file.open("two.pdf", "w", force_zip64=True) as member:
            member.write(b"%PDF two")
        file.comment = b"by another program"
    assert taken(read(written.getvalue())) == {
        "east/收货单.pdf": b"%PDF one",
        "two.pdf": b"%PDF two",
    }


def test_archives_in_the_form_for_many_members_are_read() -> None:
    data = in_large_form(many(["a.pdf", "b.pdf"]))
    assert [*taken(read(data))] == ["a.pdf", "b.pdf"]
    with pytest.raises(ArchiveUnreadableProblem, match="contradict"):
        read(data.replace(b"PK\x06\x06", b"PK\x06\x05"))


@pytest.mark.parametrize(
    "name",
    [
        *("../up.pdf", "a/../../up.pdf", "/etc/a.pdf", "C:/a.pdf", "c:a.pdf", "a\\b.pdf"),
        *("a//b.pdf", "./a.pdf", "a\0.pdf", "a\nb.pdf", "a\u2028b.pdf", "a\u202efdp.exe"),
        *(f"{'x' * 300}.pdf", "/".join(["x" * 200] * 6), "\x1b[2J.pdf", "\x85.pdf"),
    ],
)
def test_a_name_that_leads_or_looks_elsewhere_is_refused_alone(name: str) -> None:
    items = read(archive(named(name), named("good.pdf")))
    assert [*refused(items).values()] == ["archive-member-name"]
    assert [*taken(items)] == ["good.pdf"]
    (told,) = refused(items)
    assert told.isprintable()


def test_names_of_chinese_windows_are_read_without_a_mark() -> None:
    items = read(
        archive(Entry(name="回单一.pdf".encode("gbk")), Entry(name="联通.pdf".encode("gbk")))
    )
    assert [*taken(items)] == ["回单一.pdf", "联通.pdf"]


def test_names_in_utf_8_without_a_mark_are_read_too() -> None:
    assert [*taken(read(archive(Entry(name="回单.pdf".encode()))))] == ["回单.pdf"]


def test_a_name_in_neither_is_refused_alone() -> None:
    items = read(archive(Entry(name=b"\xff\xff.pdf"), Entry(name=b"good.pdf")))
    assert refused(items) == {r"\xff\xff.pdf": "archive-member-name"}
    assert [*taken(items)] == ["good.pdf"]


def test_a_marked_name_that_is_no_utf_8_is_refused_alone() -> None:
    items = read(archive(Entry(name=b"\xb5\xa5.pdf", flags=1 << 11), named("good.pdf")))
    assert [*refused(items).values()] == ["archive-member-name"]
    assert [*taken(items)] == ["good.pdf"]


def test_the_name_that_an_old_name_carries_in_utf_8_counts() -> None:
    old = b"hd\x81\x40.pdf"
    field = struct.pack("<BL", 1, zlib.crc32(old)) + "回单.pdf".encode()
    extra = struct.pack("<2H", 0x7075, len(field)) + field
    assert [*taken(read(archive(Entry(name=old, extra=extra))))] == ["回单.pdf"]


@pytest.mark.parametrize(
    "names",
    [
        ["a.pdf", "a.pdf"],
        ["a.pdf", "A.PDF"],
        ["e\u0301.pdf", "\u00e9.pdf"],
        ["a.pdf", "a.pdf. "],
        ["ａ.pdf", "a.pdf"],
    ],
)
def test_names_that_may_be_taken_for_one_another_are_all_refused(names: list[str]) -> None:
    items = read(many([*names, "other.pdf"]))
    assert [item.problem.type for item in items if isinstance(item, RefusedItem)] == [
        "archive-member-name-taken"
    ] * 2
    assert [*taken(items)] == ["other.pdf"]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (named("x.pdf", mode=0o120777, content=b"/etc/passwd"), "archive-member-kind"),
        (named("x.pdf", mode=0o010644), "archive-member-kind"),
        (named("x/", content=b"in a folder"), "archive-member-kind"),
        (named("x.pdf", flags=1), "archive-member-encrypted"),
        (named("x.pdf", flags=1 << 6), "archive-member-encrypted"),
        (named("x.pdf", method=12), "archive-member-compression"),
        (named("x.pdf", method=99), "archive-member-compression"),
        (named("x.pdf", crc=1), "archive-member-damaged"),
        (named("x.pdf", size=3), "archive-member-damaged"),
        (named("x.pdf", size=30), "archive-member-damaged"),
        (named("x.pdf", method=0, size=3), "archive-member-damaged"),
        (named("x.pdf", packed=b"\xff\xff no deflate"), "archive-member-damaged"),
        (
            named("x.pdf", packed=deflated(b"%PDF-1.7 a receipt") + b"more"),
            "archive-member-damaged",
        ),
        (named("x.pdf", packed=deflated(b"%PDF-1.7 a receipt")[:-3]), "archive-member-damaged"),
        (named("x.pdf", local_name=b"y.pdf"), "archive-member-damaged"),
        (named("x.pdf", extra=b"\1\0\x09\0"), "archive-member-damaged"),
        (named("x.pdf", size=0xFFFFFFFF), "archive-member-damaged"),
        (named("x.pdf", content=bytes(2_000_000)), "archive-member-too-dense"),
        (named("x.pdf", content=bytes(300), method=0), "archive-member-too-large"),
    ],
)
def test_a_member_that_cannot_be_taken_has_its_own_problem(entry: Entry, problem: str) -> None:
    most = 200 if problem.endswith("too-large") else 50_000_000
    items = read(archive(named("first.pdf"), entry, named("last.pdf")), limits=_limits(most))
    assert [*refused(items).values()] == [problem]
    assert [*taken(items)] == ["first.pdf", "last.pdf"]


def _limits(document_bytes: int) -> Limits:
    return Limits(document_bytes=document_bytes)


def test_members_that_share_their_bytes_are_no_bomb() -> None:
    items = read(better_bomb(1_000))
    assert len(items) == 1_000
    assert taken(items) == {}
    assert {*refused(items).values()} == {"archive-member-damaged"}


def test_a_member_that_begins_within_another_is_refused_and_that_other_one_too() -> None:
    items = read(archive(named("a.pdf"), named("b.pdf", at=7), named("c.pdf")))
    assert refused(items) == {"a.pdf": "archive-member-damaged", "b.pdf": "archive-member-damaged"}
    assert [*taken(items)] == ["c.pdf"]


def test_no_more_is_unpacked_than_a_member_declares() -> None:
    packed = deflated(bytes(50_000_000))
    liar = named("liar.pdf", packed=packed, size=100, content=bytes(100))
    assert refused(read(archive(liar))) == {"liar.pdf": "archive-member-damaged"}


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"%PDF-1.7", b"PK\x05\x06", many(["a.pdf"])[:-1], many(["a.pdf"]) + b"\0"),
        *(b"#!/bin/sh\n" + many(["a.pdf"]), archive(named("a.pdf"), count=2)),
        archive(named("a.pdf"), named("b.pdf"), count=1),
        many(["a.pdf"])[:20] + many(["a.pdf"])[21:],
        archive(named("a.pdf"), comment=many(["b.pdf"])[-22:]),
        many(["a.pdf"]).replace(b"PK\x01\x02", b"PK\x01\x03"),
    ],
)
def test_what_is_no_archive_or_could_be_read_as_two_is_refused_whole(data: bytes) -> None:
    with pytest.raises(ArchiveUnreadableProblem):
        read(data)


def test_more_than_is_taken_at_once_is_refused_before_anything_is_unpacked() -> None:
    data = many(["a.pdf", "b.pdf", "c.pdf"])
    with pytest.raises(ArchiveTooLargeProblem, match="3 members"):
        read_zip(io.BytesIO(data), defaults=DEFAULTS, limits=Limits(members=2))
    with pytest.raises(ArchiveTooLargeProblem, match="54 bytes unpacked"):
        read_zip(io.BytesIO(data), defaults=DEFAULTS, limits=Limits(total_bytes=50))
    mebibyte = bytes(1024 * 1024)
    bomb = archive(*(named(f"{number}.pdf", content=mebibyte) for number in range(101)))
    with pytest.raises(ArchiveTooLargeProblem, match="104,857,600 are taken"):
        read_zip(io.BytesIO(bomb), defaults=DEFAULTS)


def test_what_macos_and_windows_put_beside_files_is_no_item() -> None:
    names = ["a.pdf", "__MACOSX/._a.pdf", "sub/.DS_Store", "Thumbs.db", "desktop.ini"]
    assert [*taken(read(many(names)))] == ["a.pdf"]


def test_an_archive_in_an_archive_is_one_file_and_is_not_opened() -> None:
    inner = many(["a.pdf"])
    assert taken(read(archive(named("inner.zip", content=inner)))) == {"inner.zip": inner}


def test_without_a_seal_or_type_every_file_says_what_it_misses() -> None:
    (item,) = read(many(["a.pdf"]), defaults=Defaults(seal="receipt-east"))
    assert isinstance(item, RefusedItem)
    assert item.problem.type == "item-malformed"
    assert item.problem.detail == "nothing says its documentType"


MANIFEST = b"file,business_number,attributes.amount_cents\r\na.pdf,WB-1,5\r\nmissing.pdf,WB-2,6\r\n"


@pytest.mark.parametrize("folder", ["", "receipts/"])
def test_a_manifest_inside_speaks_of_the_files_beside_it(folder: str) -> None:
    items = read(
        archive(
            named(f"{folder}unnamed.pdf"),
            named(f"{folder}a.pdf"),
            named(f"{folder}manifest.csv", content=MANIFEST),
        )
    )
    (first, *_) = items
    assert isinstance(first, NewItem)
    assert first.request.business_number == "WB-1"
    assert first.request.attributes == {"amount_cents": "5"}
    assert refused(items) == {
        "missing.pdf": "manifest-file-missing",
        "unnamed.pdf": "manifest-file-unnamed",
    }


def test_a_file_whose_row_is_wrong_is_told_once() -> None:
    manifest = b'{"file": "a.pdf", "attributes": {"x": 1.5}}\n{"file": "b.pdf"}\n'
    items = read(
        archive(
            named("manifest.jsonl", content=manifest),
            named("a.pdf"),
            named("b.pdf"),
            named("c.pdf", crc=9),
        )
    )
    assert refused(items) == {
        "a.pdf": "manifest-row-malformed",
        "c.pdf": "manifest-file-unnamed",
    }
    assert [*taken(items)] == ["b.pdf"]


@pytest.mark.parametrize(
    "names",
    [
        ["manifest.csv", "manifest.jsonl", "a.pdf"],
        ["manifest.csv", "MANIFEST.CSV", "a.pdf"],
        ["receipts/manifest.csv", "a.pdf"],
        ["receipts/a.pdf", "receipts/east/manifest.csv"],
        ["../manifest.csv", "a.pdf"],
    ],
)
def test_a_manifest_that_could_be_passed_over_stops_everything(names: list[str]) -> None:
    with pytest.raises(ManifestUnreadableProblem, match="one manifest, at the top"):
        read(many(names))
