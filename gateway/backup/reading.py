"""Read a backup as if a stranger had made it: nothing is unpacked before all was looked at."""

import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Self

import msgspec

from gateway.backup.errors import BackupRefusedError
from gateway.backup.model import MANIFEST, POSTGRESQL_DUMP, SQLITE_COPY, Manifest
from gateway.backup.places import (
    CHECKPOINT_MEMBER,
    CONFIG_MEMBER,
    COPIES,
    DOCUMENTS,
    LOG_KEY_MEMBER,
)
from gateway.backup.writing import BLOCK, CHUNK
from gateway.regular_files import opened_regular

_MOST_MEMBERS: Final = 1_000_000
_MOST_MANIFEST_BYTES: Final = 512 * 1024 * 1024
_MOST_NAME_BYTES: Final = 1000
_LONGEST_END: Final = tarfile.RECORDSIZE + 2 * BLOCK
_ROOTS: Final = (DOCUMENTS, COPIES, "configuration/")
_SINGLE: Final = frozenset(
    {CHECKPOINT_MEMBER, LOG_KEY_MEMBER, POSTGRESQL_DUMP, SQLITE_COPY, MANIFEST}
)
_CURE: Final = "take another backup (`sealgate backup list`)"


@dataclass(frozen=True, slots=True)
class Member:
    """Where a member's bytes are in the file."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class BackupFile:
    """An opened backup whose members and manifest agree in names and sizes."""

    name: str
    manifest: Manifest
    manifest_digest: str
    _file: BinaryIO
    _members: dict[str, Member]

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Self]:
        """Read its headers and its manifest; no content yet.

        Raises:
            BackupRefusedError: it is no backup, not a whole one, or more than one.
            OSError: it cannot be read.
        """
        with opened_regular(path) as file:
            members = _members(file)
            place = members.pop(MANIFEST)
            if place.size > _MOST_MANIFEST_BYTES:
                raise BackupRefusedError(f"its manifest is too large to be one: {_CURE}")
            content = os.pread(file.fileno(), place.size, place.offset)
            manifest = _manifest(content)
            _prove_same(manifest, members)
            yield cls(path.name, manifest, sha256(content).hexdigest(), file, members)

    def __contains__(self, name: str) -> bool:
        """Whether it has that member."""
        return name in self._members

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's content, piece by piece; the last one comes only when all fits its digest.

        Raises:
            BackupRefusedError: it is not what the manifest says.
            OSError: it cannot be read.
        """
        member, digest, done, held = self._members[name], sha256(), 0, b""
        while done < member.size:
            chunk = self.part(name, done, min(CHUNK, member.size - done))
            digest.update(chunk)
            done += len(chunk)
            if held:
                yield held
            held = chunk
        if digest.hexdigest() != self.manifest.files[name].sha256:
            raise BackupRefusedError(f"{name} was changed or damaged: {_CURE}")
        yield held

    def read(self, name: str) -> bytes:
        """All of a small member.

        Raises:
            BackupRefusedError: it is not what the manifest says.
        """
        return b"".join(self.chunks(name))

    def part(self, name: str, offset: int, length: int) -> bytes:
        """Some bytes of a member.

        Raises:
            BackupRefusedError: the member has no such bytes.
        """
        member = self._members[name]
        if offset < 0 or offset + length > member.size:
            raise BackupRefusedError(f"{name} is shorter than the database says: {_CURE}")
        found = os.pread(self._file.fileno(), length, member.offset + offset)
        if len(found) != length:
            raise BackupRefusedError(f"the file was cut off in {name}: {_CURE}")
        return found

    def prove_digests(self) -> None:
        """Read all of it once.

        Raises:
            BackupRefusedError: names the first member that is not what the manifest says.
        """
        for name in self._members:
            for _ in self.chunks(name):
                pass


def _members(file: BinaryIO) -> dict[str, Member]:
    found: dict[str, Member] = {}
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for each in archive:
                if MANIFEST in found or len(found) >= _MOST_MEMBERS:
                    raise BackupRefusedError(f"{each.name!r} comes after its end: {_CURE}")
                _prove_plain(each)
                if each.name in found:
                    raise BackupRefusedError(f"{each.name!r} is in it twice: {_CURE}")
                found[each.name] = Member(each.offset_data, each.size)
    except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
        raise BackupRefusedError(f"it is no backup, or was cut off ({error}): {_CURE}") from error
    if MANIFEST not in found:
        raise BackupRefusedError(f"it was cut off, or is no backup: it has no manifest; {_CURE}")
    _prove_end(file, found[MANIFEST])
    return found


def _prove_plain(entry: tarfile.TarInfo) -> None:
    """Of its kind and name: what `gateway.backup.writing` makes, and nothing else."""
    name = entry.name
    if entry.type != tarfile.REGTYPE or entry.pax_headers:
        raise BackupRefusedError(f"{name!r} is a link, a device or no plain file: {_CURE}")
    parts = name.split("/")
    if (
        str(PurePosixPath(name)) != name
        or not {"", ".", ".."}.isdisjoint(parts)
        or "\\" in name
        or not name.isprintable()
        or len(name.encode()) > _MOST_NAME_BYTES
    ):
        raise BackupRefusedError(f"{name!r} would be written outside its directory: {_CURE}")
    if name not in _SINGLE and not name.startswith(_ROOTS):
        raise BackupRefusedError(f"{name!r} belongs into no backup: {_CURE}")


def _prove_end(file: BinaryIO, manifest: Member) -> None:
    end = manifest.offset + manifest.size + (-manifest.size % BLOCK)
    file.seek(end)
    rest = file.read(_LONGEST_END + 1)
    if len(rest) > _LONGEST_END or len(rest) < 2 * BLOCK or rest.strip(b"\0"):
        raise BackupRefusedError(f"after its manifest there is not the end of a backup: {_CURE}")


def _manifest(content: bytes) -> Manifest:
    try:
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupRefusedError(
            f"its manifest cannot be read ({error}): it is damaged, or of a version that this one "
            "does not know; take the version that made it, or another backup"
        ) from error


def _prove_same(manifest: Manifest, members: dict[str, Member]) -> None:
    for name in sorted(manifest.files.keys() ^ members.keys()):
        what = "is not in it" if name in manifest.files else "is in it, and not in its manifest"
        raise BackupRefusedError(f"{name!r} {what}: {_CURE}")
    for name, entry in manifest.files.items():
        if members[name].size != entry.size:
            raise BackupRefusedError(f"{name} has another size than its manifest says: {_CURE}")
    database = SQLITE_COPY if manifest.engine == "sqlite" else POSTGRESQL_DUMP
    needed = {database, LOG_KEY_MEMBER, CHECKPOINT_MEMBER, CONFIG_MEMBER}
    if manifest.log.signed_size == 0:
        needed.remove(CHECKPOINT_MEMBER)
    for name in sorted(needed - members.keys()):
        raise BackupRefusedError(f"{name!r} is missing: {_CURE}")
