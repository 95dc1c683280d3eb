"""What is on disk, as one ZIP to send: the same files give the same bytes, and so the same key."""

import hashlib
import shutil
import stat
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1024 * 1024
_MANIFESTS = (".csv", ".jsonl")
# ZIP knows no earlier day; a file's own would change the key.
_DAY = (1980, 1, 1, 0, 0, 0)


class PackingError(Exception):
    """What was named cannot be sent; the message says why and what to do."""


def given_archive(named: Sequence[Path], manifest: Path | None) -> Path | None:
    """The ZIP file, if it is the one thing that was named.

    Raises:
        PackingError: a ZIP and something else.
    """
    zips = [path for path in named if path.suffix.lower() == ".zip" and path.is_file()]
    if not zips:
        return None
    if len(named) > 1 or manifest is not None:
        raise PackingError(f"{zips[0]} goes alone: put the manifest into it, or unpack it")
    return zips[0]


def found_files(named: Sequence[Path], manifest: Path | None) -> dict[str, Path]:
    """The files to be sent, by their names in the ZIP, sorted.

    One folder is sent with all below it, but for names that begin with a dot; files by their names.

    Raises:
        PackingError: nothing is there, or two would have one name.
    """
    is_folder = len(named) == 1 and named[0].is_dir()
    found = dict(_below(named[0]) if is_folder else _plain(named))
    if manifest is not None:
        found |= _with_manifest(found, manifest)
    if not found:
        raise PackingError("name a folder with files in it, a ZIP, or files")
    return dict(sorted(found.items()))


def manifest_ending(manifest: Path) -> str:
    """Of its name, by which it is read.

    Raises:
        PackingError: it is neither of the two.
    """
    ending = manifest.suffix.lower()
    if ending not in _MANIFESTS:
        raise PackingError(f"{manifest} is neither .csv nor .jsonl: see docs/batches.md")
    return ending


def _with_manifest(found: Mapping[str, Path], manifest: Path) -> dict[str, Path]:
    ending = manifest_ending(manifest)
    others = [found[name] for each in _MANIFESTS if (name := f"manifest{each}") in found]
    if any(not other.samefile(manifest) for other in others):
        raise PackingError(f"there is {others[0]} as well: leave out --manifest, or that file")
    return {f"manifest{ending}": manifest}


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield inside.as_posix(), path


def _plain(named: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    seen: dict[str, Path] = {}
    for path in named:
        if path.name in seen:
            raise PackingError(f"{seen[path.name]} and {path} have one name: send their folder")
        seen[path.name] = path
        yield path.name, path


def pack(files: Mapping[str, Path], into: BinaryIO) -> None:
    """Write the ZIP; nothing is packed, as PDFs are.

    Raises:
        PackingError: a file cannot be read, or is no file.
    """
    with zipfile.ZipFile(into, "w") as archive:
        for name, path in files.items():
            entry = zipfile.ZipInfo(name, _DAY)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            try:
                entry.file_size = path.stat().st_size
                with path.open("rb") as source, archive.open(entry, "w") as member:
                    shutil.copyfileobj(source, member, _CHUNK)
            except OSError as error:
                raise PackingError(f"{path} cannot be read: {error.strerror}") from error


def digest_of(file: BinaryIO) -> bytes:
    """SHA-256 of all of it."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.digest()
