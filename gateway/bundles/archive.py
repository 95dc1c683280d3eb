"""The tar around a bundle: one spelling for each content, bounded, and nothing is unpacked to disk.

Only plain files in ustar headers (POSIX.1-1988) with fixed owner, mode and time are written, sorted
by name; only what would be written is read. So no byte can be changed without being noticed, and
what one reader finds in it another finds, too.
"""

import tarfile
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from gateway.bundles.errors import BundleFileError

MOST_BYTES = 256 * 1024 * 1024
MOST_MEMBERS = 100_000

_BLOCK = tarfile.BLOCKSIZE
_END = bytes(2 * _BLOCK)


def packed(members: Mapping[str, bytes | memoryview]) -> bytes:
    """The file with these members.

    Raises:
        BundleFileError: a name that a ustar header cannot hold, or larger than is read.
    """
    parts: list[bytes | memoryview] = []
    for name in sorted(members):
        data = members[name]
        parts += [_header(name, len(data)), data, bytes(-len(data) % _BLOCK)]
    parts.append(_END)
    size = sum(map(len, parts))
    if size > MOST_BYTES or len(members) > MOST_MEMBERS:
        raise BundleFileError(
            f"it would have {size:,} bytes in {len(members):,} members; {MOST_BYTES:,} and "
            f"{MOST_MEMBERS:,} are the most"
        )
    return b"".join(parts)


def unpacked(data: bytes) -> dict[str, memoryview]:
    """The members by name, as views into `data`.

    Raises:
        BundleFileError: not a file that `packed` gave, byte for byte.
    """
    if len(data) > MOST_BYTES:
        raise BundleFileError(f"it has {len(data):,} bytes; {MOST_BYTES:,} are the most")
    members: dict[str, memoryview] = {}
    last = ""
    for name, content in _walked(memoryview(data)):
        if name <= last or len(members) >= MOST_MEMBERS:
            raise BundleFileError(f"the member {name!r} is out of order, or one too many")
        members[name] = content
        last = name
    return members


def member(
    file: BinaryIO, name: str, *, most_bytes: int, pause: Callable[[], None] = lambda: None
) -> bytes:
    """One member of a bundle file; of the others only the headers are read.

    Args:
        file: from its first byte.
        name: the member's.
        most_bytes: it may have.
        pause: called between two headers, for whoever must let others work.

    Raises:
        BundleFileError: there is none of that name, or it is larger than `most_bytes`.
        OSError: the file cannot be read.
    """
    offset, found = 0, ""
    while found < name:
        file.seek(offset)
        last, (found, size) = found, _read_header(file.read(_BLOCK), offset)
        if found <= last:
            raise BundleFileError(f"the member {found!r} is out of order")
        if found == name and size <= most_bytes:
            return file.read(size)
        offset += _BLOCK + size + -size % _BLOCK
        pause()
    raise BundleFileError(f"it has no {name}, or one of more than {most_bytes:,} bytes")


def _walked(data: memoryview) -> Iterator[tuple[str, memoryview]]:
    offset = 0
    while data[offset : offset + len(_END)] != _END:
        name, size = _read_header(bytes(data[offset : offset + _BLOCK]), offset)
        start = offset + _BLOCK
        end = start + size
        offset = end + -size % _BLOCK
        if offset > len(data) or any(data[end:offset]):
            raise BundleFileError(f"the member {name!r} is cut off, or followed by something")
        yield name, data[start:end]
    if offset + len(_END) != len(data):
        raise BundleFileError(f"something follows the end, at byte {offset:,}")


def _read_header(block: bytes, offset: int) -> tuple[str, int]:
    try:
        read = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        plain = read.size >= 0 and _header(read.name, read.size) == block
    except (tarfile.HeaderError, UnicodeError, ValueError) as error:
        raise BundleFileError(f"no bundle, or cut off: byte {offset:,}: {error}") from None
    if not plain:
        raise BundleFileError(f"the header at byte {offset:,} is not written as a bundle's is")
    return read.name, read.size


def _header(name: str, size: int) -> bytes:
    if not _is_plain(name):
        raise BundleFileError(f"{name!r} is no path below the bundle")
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    except (ValueError, UnicodeError) as error:
        raise BundleFileError(
            f"{name!r} cannot be in a bundle ({error}): use a shorter path"
        ) from None


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    return "\0" not in name and all(part not in {"", ".", ".."} for part in parts)
