"""A ZIP of documents, with or without a manifest inside, as items."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from gateway.batches.model import ReadItem, RefusedItem
from gateway.batches.reading.errors import (
    ArchiveTooLargeProblem,
    ItemMalformedProblem,
    ManifestUnreadableProblem,
    MemberKindProblem,
    MemberNameTakenProblem,
)
from gateway.batches.reading.manifest import ManifestForm, joined, read_item, read_manifest
from gateway.batches.reading.model import Defaults, Files, Limits
from gateway.batches.reading.names import decoded, folded, shown, sound, twins
from gateway.batches.reading.rows import Row, default_request
from gateway.batches.reading.zip_directory import Member, members
from gateway.batches.reading.zip_member import content_of
from gateway.errors import Problem

_MANIFESTS: Mapping[str, ManifestForm] = {"manifest.csv": "csv", "manifest.jsonl": "jsonl"}
# What macOS and Windows put beside files of their own accord.
_LITTER = {".ds_store", "thumbs.db", "desktop.ini"}
_LITTER_FOLDER = "__MACOSX/"
_DENSE_FROM = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Content:
    """What the archive holds: files by their sound names, and what has no such name."""

    files: dict[str, Member]
    refused: tuple[RefusedItem, ...]


def read_zip(
    file: BinaryIO,
    *,
    defaults: Defaults,
    limits: Limits | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Iterator[ReadItem]:
    """An item for every file of the archive, one at a time as they are asked for.

    With `manifest.csv` or `manifest.jsonl` at the top, or at the top of the only folder, its rows
    come first, in order; names in it are counted from its folder. Folders, and what macOS and
    Windows put beside files, are no items.

    Args:
        file: the archive, seekable; it is not read as a whole, and stays open until the end.
        defaults: for what no manifest says.
        limits: how much is taken.
        mapping: see `read_manifest`.

    Raises:
        ArchiveUnreadableProblem, ArchiveTooLargeProblem, ManifestUnreadableProblem: at once, before
            the first item.
        Problem: as it is for one item: the manifest itself cannot be unpacked.
        OSError: the archive cannot be read.
    """
    limits = limits or Limits()
    content = _content(members(file, most=limits.members))
    _check_total(content, limits, packed_bytes=file.seek(0, os.SEEK_END))
    manifest = _manifest(content)
    files: Files = {
        name: partial(content_of, file, member, limits, most_bytes=limits.document_bytes)
        for name, member in content.files.items()
        if name != manifest
    }
    if manifest is None:
        return _plain_items(files, content.refused, defaults)
    rows = read_manifest(
        content_of(file, content.files[manifest], limits, most_bytes=limits.manifest_bytes),
        _MANIFESTS[_base(manifest)],
        defaults=defaults,
        mapping=mapping,
        name=manifest,
        limits=limits,
    )
    return _with(joined(rows, _below(manifest, files)), content.refused)


def _check_total(content: _Content, limits: Limits, *, packed_bytes: int) -> None:
    total = sum(member.size for member in content.files.values())
    most = min(limits.total_bytes, max(_DENSE_FROM, limits.archive_ratio * packed_bytes))
    if total > most:
        raise ArchiveTooLargeProblem(
            f"its files would have {total:,} bytes unpacked; {most:,} are taken from an archive of "
            f"{packed_bytes:,}"
        )


def _content(found: Sequence[Member]) -> _Content:
    files: dict[str, Member] = {}
    refused: list[RefusedItem] = []
    named = [
        (name, member)
        for name, member in zip(decoded(found), found, strict=True)
        if not _is_no_file(name, member)
    ]
    taken = twins(name for name, _ in named if name is not None)
    for name, member in named:
        told = shown(name, member.raw_name)
        try:
            if name is not None and name.endswith("/"):
                raise MemberKindProblem("it is a folder and has content")
            plain = sound(name)
            if folded(plain) in taken:
                raise MemberNameTakenProblem(f"{told} comes more than once")
        except Problem as problem:
            refused.append(RefusedItem(name=told, problem=problem))
        else:
            files[plain] = member
    return _Content(files, tuple(refused))


def _is_no_file(name: str | None, member: Member) -> bool:
    if name is None:
        return False
    is_folder = name.endswith("/") and not member.size and not member.fault
    is_litter = name.startswith(_LITTER_FOLDER) or _base(name) in _LITTER
    return is_folder or is_litter


def _base(name: str) -> str:
    return name.rpartition("/")[2].lower()


def _manifest(content: _Content) -> str | None:
    """The one manifest, where it counts; one elsewhere must not be passed over.

    Raises:
        ManifestUnreadableProblem: there are several, or it lies elsewhere, or has no sound name.
    """
    refused = [each.name for each in content.refused if _base(each.name) in _MANIFESTS]
    found = [name for name in content.files if _base(name) in _MANIFESTS]
    if not found and not refused:
        return None
    tops = {name.partition("/")[0] for name in content.files}
    depth = 1 if len(tops) == 1 and not tops & content.files.keys() else 0
    if len(found) != 1 or refused or found[0].count("/") > depth:
        raise ManifestUnreadableProblem(
            f"{', '.join([*found, *refused][:5])}: there may be one manifest, at the top of the "
            "archive or of its only folder"
        )
    return found[0]


def _below(manifest: str, files: Files) -> Files:
    folder = manifest[: len(manifest) - len(_base(manifest))]
    return {name.removeprefix(folder): content for name, content in files.items()}


def _plain_items(
    files: Files, refused: Sequence[RefusedItem], defaults: Defaults
) -> Iterator[ReadItem]:
    for name in files:
        try:
            row = Row(file=name, request=default_request(name, defaults))
        except ItemMalformedProblem as problem:
            yield RefusedItem(name=name, problem=problem)
        else:
            yield read_item(row, files, name)
    yield from refused


def _with(items: Iterator[ReadItem], refused: Sequence[RefusedItem]) -> Iterator[ReadItem]:
    yield from items
    yield from refused
