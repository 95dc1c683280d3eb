"""The central directory of a ZIP file (APPNOTE 6.3.10 §4.3), read strictly.

Own code, as Python's `zipfile` gives up the whole archive for one bad name, cuts names at a NUL and
takes bytes before and after an archive, where readers differ. What comes from strangers is read in
the gateway itself: it is Python and zlib alone, and every length is checked before it is used.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from gateway.batches.reading.errors import ArchiveTooLargeProblem, ArchiveUnreadableProblem

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END_MARK, _END_64_MARK, _LOCATOR_MARK, _ENTRY_MARK = (
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"PK\x01\x02",
)
_LONGEST_COMMENT = 0xFFFF
_IN_EXTRA = 0xFFFFFFFF
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_MOST_DIRECTORY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry.

    Attributes:
        raw_name: as it is written.
        unicode_name: from the field that says the same in UTF-8, where it fits the name.
        flags, method, crc, packed_bytes, size, mode: as APPNOTE has them; mode is Unix's.
        offset: of its local header.
        until: where the next member begins: its data end before.
        fault: why nothing can be said of it.
    """

    raw_name: bytes
    unicode_name: str | None
    flags: int
    method: int
    crc: int
    packed_bytes: int
    size: int
    mode: int
    offset: int
    until: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Directory:
    entries: int
    size: int
    offset: int


def members(file: BinaryIO, *, most: int) -> tuple[Member, ...]:
    """Every entry, in the order of the directory.

    Raises:
        ArchiveUnreadableProblem: no ZIP file, in several parts, cut off, or with bytes around it.
        ArchiveTooLargeProblem: more than `most` entries.
        OSError: the file cannot be read.
    """
    directory = _located(file)
    if directory.entries > most or directory.size > _MOST_DIRECTORY_BYTES:
        raise ArchiveTooLargeProblem(
            f"its directory says {directory.entries:,} members in {directory.size:,} bytes; "
            f"{most:,} members in {_MOST_DIRECTORY_BYTES:,} bytes are taken"
        )
    file.seek(directory.offset)
    found = list(_entries(file.read(directory.size), directory.entries))
    return tuple(_bounded(found, directory.offset))


def _located(file: BinaryIO) -> _Directory:
    length = file.seek(0, os.SEEK_END)
    start = max(0, length - _END.size - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read(length - start)
    places = [
        place
        for place in _places(tail, _END_MARK)
        if place + _END.size <= len(tail)
        and place + _END.size + int.from_bytes(tail[place + 20 : place + 22], "little") == len(tail)
    ]
    if len(places) != 1:
        raise ArchiveUnreadableProblem(
            "it does not end as a ZIP file does: it is something else, cut off, or more follows it"
            if not places
            else "it has two ends, and readers differ on which one counts"
        )
    (place,) = places
    _, disk, first_disk, here, entries, size, offset, _ = _END.unpack_from(tail, place)
    if disk or first_disk or here != entries:
        raise ArchiveUnreadableProblem("it is a part of an archive in several parts")
    end = start + place
    large = _located_64(file, end)
    directory = large or _Directory(entries, size, offset)
    behind = _LOCATOR_64.size + _END_64.size if large else 0
    if directory.offset + directory.size + behind != end:
        raise ArchiveUnreadableProblem(
            "its directory does not lie where its end says: it is cut off, or bytes stand before it"
        )
    return directory


def _located_64(file: BinaryIO, end: int) -> _Directory | None:
    """What the records for large archives say, if they stand before the end."""
    before = end - _LOCATOR_64.size - _END_64.size
    if before < 0:
        return None
    file.seek(before)
    data = file.read(_END_64.size + _LOCATOR_64.size)
    mark, disk_64, place, disks = _LOCATOR_64.unpack_from(data, _END_64.size)
    if mark != _LOCATOR_MARK:
        return None
    mark, size_64, _, _, disk, first_disk, here, entries, size, offset = _END_64.unpack_from(data)
    whole = (mark, size_64, place) == (_END_64_MARK, _END_64.size - 12, before)
    if not whole or disk_64 or disk or first_disk or disks != 1 or here != entries:
        raise ArchiveUnreadableProblem("its records for large archives contradict one another")
    return _Directory(entries, size, offset)


def _places(data: bytes, mark: bytes) -> Iterator[int]:
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def _entries(data: bytes, count: int) -> Iterator[Member]:
    place = 0
    for number in range(1, count + 1):
        if place + _ENTRY.size > len(data) or not data.startswith(_ENTRY_MARK, place):
            raise ArchiveUnreadableProblem(f"its directory is damaged at member {number:,}")
        fields = _ENTRY.unpack_from(data, place)
        name_end = place + _ENTRY.size + fields[10]
        extra_end = name_end + fields[11]
        name, extra = data[place + _ENTRY.size : name_end], data[name_end:extra_end]
        place = extra_end + fields[12]
        if place > len(data):
            raise ArchiveUnreadableProblem(f"its directory is cut off at member {number:,}")
        yield _member(fields, name, extra)
    if place != len(data):
        raise ArchiveUnreadableProblem("its directory holds more than its end says")


def _member(fields: tuple[int, ...], name: bytes, extra: bytes) -> Member:
    fault = ""
    try:
        extras = _extras(extra)
        size, packed, offset = _sizes(fields[9], fields[8], fields[16], extras.get(_ZIP64, b""))
    except (ValueError, struct.error):
        extras, fault = {}, "its extra fields contradict one another"
        size = packed = offset = 0
    return Member(
        raw_name=name,
        unicode_name=_unicode_name(name, extras.get(_UNICODE_PATH, b"")),
        flags=fields[3],
        method=fields[4],
        crc=fields[7],
        packed_bytes=packed,
        size=size,
        mode=fields[15] >> 16,
        offset=offset,
        fault=fault,
    )


def _extras(extra: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    place = 0
    while place < len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        place += 4 + length
        if place > len(extra):
            raise ValueError("cut off")
        if kind in found and kind in {_ZIP64, _UNICODE_PATH}:
            raise ValueError("readers differ on which of the two counts")
        found[kind] = extra[place - length : place]
    return found


def _sizes(size: int, packed: int, offset: int, zip64: bytes) -> tuple[int, int, int]:
    # Of the four, the field has those that do not fit into the entry, in this order (§4.5.3).
    wide = iter(struct.unpack(f"<{len(zip64) // 8}Q", zip64[: len(zip64) // 8 * 8]))
    try:
        given = [next(wide) if each == _IN_EXTRA else each for each in (size, packed, offset)]
    except StopIteration:
        raise ValueError("a size is missing") from None
    return given[0], given[1], given[2]


def _unicode_name(name: bytes, field: bytes) -> str | None:
    # §4.6.9: a version, the checksum of the name that it stands for, the same in UTF-8.
    if int.from_bytes(field[1:5], "little") != zlib.crc32(name):
        return None
    try:
        return field[5:].decode()
    except UnicodeDecodeError:
        return None


def _bounded(found: list[Member], end: int) -> Iterator[Member]:
    starts = sorted((each.offset, number) for number, each in enumerate(found) if not each.fault)
    following = [*starts, (end, 0)][1:]
    until = {number: then for (_, number), (then, _) in zip(starts, following, strict=False)}
    return (replace(each, until=until.get(number, 0)) for number, each in enumerate(found))
