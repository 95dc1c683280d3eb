"""ZIP files byte by byte, so that each can be wrong in just one way."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

_UTF_8 = 1 << 11


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A member; what is None is as it should be."""

    name: bytes
    content: bytes = b"%PDF-1.7 a receipt"
    method: int = 8
    flags: int = 0
    mode: int = 0o100644
    extra: bytes = b""
    packed: bytes | None = None
    size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    at: int | None = None
    """Where the directory says that the member begins; else where it does."""

    def data(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.content) if self.method == 8 else self.content


def named(name: str, **changes: object) -> Entry:
    """A member whose name is marked as UTF-8."""
    return replace(Entry(name=name.encode(), flags=_UTF_8), **changes)  # type: ignore[arg-type]


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def archive(*entries: Entry, comment: bytes = b"", count: int | None = None) -> bytes:
    local: list[bytes] = []
    directory: list[bytes] = []
    place = 0
    for entry in entries:
        data = entry.data()
        name = entry.name if entry.local_name is None else entry.local_name
        size = len(entry.content) if entry.size is None else entry.size
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        head = struct.pack(
            *("<4s5H3L2H", b"PK\x03\x04", 20, entry.flags, entry.method, 0, 33),
            *(crc, len(data), size, len(name), 0),
        )
        directory.append(
            struct.pack(
                *("<4s6H3L5H2L", b"PK\x01\x02", 0x031E, 20, entry.flags, entry.method, 0, 33),
                *(crc, len(data), size, len(entry.name), len(entry.extra), 0, 0, 0),
                *(entry.mode << 16, place if entry.at is None else entry.at),
            )
            + entry.name
            + entry.extra
        )
        local.append(head + name + data)
        place += len(local[-1])
    members = len(entries) if count is None else count
    size = sum(map(len, directory))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, members, members, size, place, len(comment))
    return b"".join([*local, *directory, end, comment])


def better_bomb(files: int) -> bytes:
    """Members that share one body, each as its own, as in D. Fifield, A better zip bomb (2019)."""
    kernel = named("kernel.pdf", content=bytes(100_000))
    whole = archive(kernel)
    body = whole[: whole.index(b"PK\x01\x02")]
    entries = [
        named(f"{number}.pdf", content=kernel.content, at=0, local_name=b"kernel.pdf")
        for number in range(files)
    ]
    directory = archive(*entries)
    start = directory.index(b"PK\x01\x02")
    end = directory.index(b"PK\x05\x06")
    fields = list(struct.unpack("<4s4H2LH", directory[end:]))
    fields[6] = len(body)
    return body + directory[start:end] + struct.pack("<4s4H2LH", *fields)


def in_large_form(whole: bytes) -> bytes:
    """The same archive with the records that more than 65,535 members need."""
    end = whole.rindex(b"PK\x05\x06")
    _, _, _, here, members, size, place, _ = struct.unpack("<4s4H2LH", whole[end : end + 22])
    return b"".join(
        [
            whole[:end],
            struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, here, members, size, place),
            struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1),
            struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0),
        ]
    )


def many(names: Iterable[str]) -> bytes:
    return archive(*(named(name) for name in names))
