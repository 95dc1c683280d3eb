"""Which bundle decides after a start: the newest copy that is whole, and goes back to the root."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.bundles.acceptance import Standing
from gateway.bundles.authority import MOST_ROOT_BYTES, Authority
from gateway.bundles.copies import BundleCopies
from gateway.bundles.errors import BundleFileError, BundleRefusedError
from gateway.bundles.lineage import ActivatedRow, ActivationRecord, Stray, lineage
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import (
    SealedBundle,
    manifest_of,
    read,
)
from gateway.regular_files import read_regular

SUFFIX = ".sealbundle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file that does not come into force.

    Attributes:
        file: its name.
        digest: SHA-256 of its bytes, hex; empty where they could not be read.
        sequence: its number, where it says one.
        why: what is wrong, and what to do.
        not_before: when it may be judged again though nothing changes; None: never.
    """

    file: str
    digest: str
    sequence: int | None = None
    why: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class LastGood:
    """What a start begins with.

    Attributes:
        sealed: the newest bundle that was in force and whose copy is whole; None: nothing was.
        standing: which it is; None: nothing was.
        refusals: newer copies, which are damaged, rows that do not count, and what the log names
            and is not there.
    """

    sealed: SealedBundle | None = None
    standing: Standing | None = None
    refusals: tuple[Refusal, ...] = ()


def last_good(
    rows: Sequence[ActivatedRow],
    *,
    copies: BundleCopies,
    root: Path,
    recorded: ActivationRecord | None = None,
) -> LastGood:
    """The newest copy that is whole, and goes back to the first officers.

    Args:
        rows: of all that came into force, the newest first.
        copies: where the bundles are kept.
        root: the first officers; where their file cannot be read, the oldest bundle is believed.
        recorded: which one the audit log names as the last. An older one decides only loudly.
    """
    found = _last_whole(rows, copies=copies, root=root)
    if recorded is None or _is_reached(recorded, found):
        return found
    missing = _missing(recorded, found.standing)
    return LastGood(found.sealed, found.standing, (*found.refusals, missing))


def _is_reached(recorded: ActivationRecord, found: LastGood) -> bool:
    """Or it is told already why it was not."""
    if any(each.sequence == recorded.sequence for each in found.refusals):
        return True
    if found.standing is None:
        return False
    newest = found.standing.manifest
    return newest.sequence > recorded.sequence or recorded.names(newest)


def _last_whole(rows: Sequence[ActivatedRow], *, copies: BundleCopies, root: Path) -> LastGood:
    first: Authority | None = None
    with contextlib.suppress(OSError, BundleRefusedError):
        first = Authority.read(read_regular(root, most_bytes=MOST_ROOT_BYTES))
    found = lineage(rows, copies=copies, root=first)
    refusals = [_stray(each, copies) for each in found.strays]
    known = frozenset(manifest_of(each).content for each in found.traced)
    for statement in found.traced:
        manifest = manifest_of(statement)
        try:
            sealed = read(copies.load(manifest))
            if sealed.statement != statement:
                raise BundleFileError("it is not the one whose manifest is on record")  # noqa: TRY301 - as the others
            authority = Authority.of(sealed.bundle)
            if len(authority.signers(statement)) < authority.signatures:
                raise BundleFileError("its officers have not signed it")  # noqa: TRY301 - as the others
        except (BundleFileError, BundleRefusedError) as error:
            refusals.append(_damaged(copies.path_of(manifest), manifest, error))
            continue
        standing = Standing(
            manifest=manifest, bundle=sealed.bundle, authority=authority, contents=known
        )
        return LastGood(sealed, standing, tuple(refusals))
    return LastGood(refusals=tuple(refusals))


def _stray(stray: Stray, copies: BundleCopies) -> Refusal:
    manifest = stray.manifest
    return Refusal(
        file=_numbered(stray.sequence) if manifest is None else copies.path_of(manifest).name,
        digest="",
        sequence=stray.sequence,
        why=f"it is on record as activated, but {stray.why}: find out who writes to the state "
        "directory, and put the bundle files from there on into policies.bundles again",
    )


def _missing(recorded: ActivationRecord, standing: Standing | None) -> Refusal:
    instead = "nothing" if standing is None else f"number {standing.manifest.sequence}"
    return Refusal(
        file=_numbered(recorded.sequence),
        digest="",
        sequence=recorded.sequence,
        why=f"the audit log says that number {recorded.sequence} ({recorded.content[:19]}…) came "
        f"into force last, but its row is gone or another one, and {instead} decides: find out who "
        "writes to the state directory (sealgate audit verify), and put its bundle file into "
        "policies.bundles again",
    )


def _numbered(sequence: int) -> str:
    return f"{sequence:06}{SUFFIX}"


def _damaged(path: Path, manifest: Manifest, error: Exception) -> Refusal:
    return Refusal(
        file=path.name,
        digest="",
        sequence=manifest.sequence,
        why=f"the copy of what was in force is damaged ({error}): put its bundle file into "
        "policies.bundles again",
    )
