"""The content of one member of a ZIP file: bounded, and exactly what the directory says."""

import stat
import struct
import zlib
from typing import BinaryIO

from gateway.batches.reading.errors import (
    MemberCompressionProblem,
    MemberDamagedProblem,
    MemberEncryptedProblem,
    MemberKindProblem,
    MemberTooDenseProblem,
    MemberTooLargeProblem,
)
from gateway.batches.reading.model import Limits
from gateway.batches.reading.zip_directory import Member

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\x03\x04"
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_SIZES_FOLLOW = 1 << 3
_IN_EXTRA = 0xFFFFFFFF
_CHUNK = 256 * 1024
_DENSE_FROM = 1024 * 1024
_PLAIN_KINDS = (0, stat.S_IFREG)


def content_of(file: BinaryIO, member: Member, limits: Limits, *, most_bytes: int) -> bytes:
    """The member's bytes; nothing is unpacked beyond what the directory declares.

    Args:
        file: the archive.
        member: from its directory.
        limits: of which `ratio` is looked at.
        most_bytes: it may have.

    Raises:
        MemberKindProblem: it is a link, a device or a pipe.
        MemberEncryptedProblem: a password protects it.
        MemberCompressionProblem: it is neither stored nor deflated.
        MemberTooLargeProblem: more than `most_bytes`.
        MemberTooDenseProblem: more for each packed byte than the limits allow.
        MemberDamagedProblem: lengths, checksum or local header are not as the directory has them,
            or its data are those of another member, too.
        OSError: the archive cannot be read.
    """
    _check(member, limits, most_bytes)
    _seek_data(file, member)
    content = _unpacked(file, member)
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise MemberDamagedProblem("its length or checksum is not what the archive says")
    return content


def _check(member: Member, limits: Limits, most_bytes: int) -> None:
    if member.fault:
        raise MemberDamagedProblem(member.fault)
    if stat.S_IFMT(member.mode) not in _PLAIN_KINDS:
        raise MemberKindProblem(f"its mode is {stat.filemode(member.mode)}")
    if member.flags & _ENCRYPTED:
        raise MemberEncryptedProblem(f"its flags are {member.flags:#06x}")
    if member.method not in {_STORED, _DEFLATED}:
        raise MemberCompressionProblem(f"its method has the number {member.method}")
    if member.size > most_bytes:
        raise MemberTooLargeProblem(f"it has {member.size:,} bytes; {most_bytes:,} are taken")
    if member.size > max(_DENSE_FROM, limits.ratio * member.packed_bytes):
        raise MemberTooDenseProblem(
            f"{member.packed_bytes:,} bytes would become {member.size:,}, more than "
            f"{limits.ratio} for each"
        )


def _seek_data(file: BinaryIO, member: Member) -> None:
    """Go to the member's first byte, past its local header (APPNOTE §4.3.7)."""
    file.seek(member.offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MARK):
        raise MemberDamagedProblem("no member begins where the directory says")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(header)
    end = member.offset + _LOCAL.size + name_length + extra_length + member.packed_bytes
    if end > member.until:
        raise MemberDamagedProblem("its data reach into the next member, as in a ZIP bomb")
    said = (crc, packed, size)
    differs = (
        not flags & _SIZES_FOLLOW
        and _IN_EXTRA not in said
        and (said != (member.crc, member.packed_bytes, member.size))
    )
    if differs or method != member.method or (flags ^ member.flags) & _ENCRYPTED:
        raise MemberDamagedProblem("the directory and its own header contradict one another")
    if file.read(name_length) != member.raw_name:
        raise MemberDamagedProblem("its own header has another name than the directory")
    file.seek(extra_length, 1)


def _unpacked(file: BinaryIO, member: Member) -> bytes:
    if member.method == _STORED:
        if member.packed_bytes != member.size:
            raise MemberDamagedProblem("it is stored, and has two lengths")
        return file.read(member.size)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    parts: list[bytes] = []
    left, room = member.packed_bytes, member.size + 1
    try:
        while left and not inflater.eof:
            chunk = file.read(min(left, _CHUNK))
            left -= len(chunk)
            parts.append(inflater.decompress(chunk, room))
            room -= len(parts[-1])
            if not chunk or not room:
                raise MemberDamagedProblem("it is cut off, or unpacks to more than it declares")
    except zlib.error as error:
        raise MemberDamagedProblem(f"it cannot be unpacked: {error}") from None
    if left or not inflater.eof or inflater.unused_data:
        raise MemberDamagedProblem("its packed data end before or after the length it declares")
    return b"".join(parts)
