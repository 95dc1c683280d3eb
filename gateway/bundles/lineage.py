"""Whether what is on record as activated goes back to the first officers, step by step.

The database and the copies lie where the gateway writes. Whoever writes there, too, could record a
bundle of their own, with officers of their own who have signed it, or an older one once more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.bundles.authority import Authority
from gateway.bundles.copies import BundleCopies
from gateway.bundles.errors import BundleFileError, BundleRefusedError
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import manifest_of, opened, ruled_by


@dataclass(frozen=True, slots=True)
class ActivatedRow:
    """What the database has of a bundle that came into force.

    Attributes:
        sequence: its number, as the row has it.
        statement: the signed manifest; empty where the row has something that is no text.
    """

    sequence: int
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationRecord:
    """What the audit log says of the bundle that came into force last.

    Attributes:
        sequence: its number.
        content: digest of its content, as decisions name it.
        at: when; None where the record does not say.
        signed_by: the officers, sorted.
    """

    sequence: int
    content: str
    at: datetime | None = None
    signed_by: tuple[str, ...] = ()

    def names(self, manifest: Manifest) -> bool:
        """Whether it speaks of this one."""
        return (self.sequence, self.content) == (manifest.sequence, manifest.content)


@dataclass(frozen=True, slots=True)
class Stray:
    """A row that does not count.

    Attributes:
        sequence: its number.
        manifest: what officers, or others, have signed; None: it cannot be read.
        why: what is wrong.
    """

    sequence: int
    manifest: Manifest | None
    why: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is on record.

    Attributes:
        traced: the signed manifests that officers before them have signed, the newest first.
        strays: the rows after them that do not count, the oldest first.
    """

    traced: tuple[str, ...]
    strays: tuple[Stray, ...]


@dataclass(slots=True)
class _Line:
    """Those that were traced: the newest, and its officers while it is known who they are."""

    authority: Authority | None
    newest: Manifest | None = None
    is_broken: bool = False

    def objection(self, row: ActivatedRow, manifest: Manifest) -> str | None:
        """Why it is not the next one."""
        if manifest.sequence != row.sequence:
            return f"its row has number {row.sequence}, and number {manifest.sequence} was signed"
        if self.newest is not None and manifest.previous != self.newest.digest:
            return f"it does not follow number {self.newest.sequence}, which was in force before it"
        if self.newest is not None and self.is_broken:
            # Officers whom that bundle removed could have signed what is on record after it.
            number = self.newest.sequence
            return f"the copy of number {number} is damaged, so nobody knows who may have signed it"
        if self.authority is None:
            return None
        if len(self.authority.signers(row.statement)) < self.authority.signatures:
            return "the officers before it have not signed it"
        return None

    def add(self, manifest: Manifest, copies: BundleCopies) -> None:
        self.newest = manifest
        try:
            self.authority = _officers_of(copies, manifest)
        except (BundleFileError, BundleRefusedError):
            self.is_broken = True


def lineage(
    rows: Sequence[ActivatedRow], *, copies: BundleCopies, root: Authority | None
) -> Lineage:
    """Trace them: each follows the one before, whose officers have signed it.

    Where a copy is damaged, who its officers were is not known, and nothing after it counts.

    Args:
        rows: of all that came into force, the newest first.
        copies: where the bundles are kept.
        root: the first officers; None where their file is gone: the oldest bundle is believed.
    """
    line = _Line(root)
    traced: list[str] = []
    strays: list[Stray] = []
    for row in reversed(rows):
        try:
            manifest = manifest_of(row.statement)
        except BundleFileError as error:
            strays.append(Stray(row.sequence, None, f"its row cannot be read ({error})"))
            continue
        objection = line.objection(row, manifest)
        if objection is not None:
            strays.append(Stray(row.sequence, manifest, objection))
            continue
        traced.insert(0, row.statement)
        strays.clear()
        line.add(manifest, copies)
    return Lineage(tuple(traced), tuple(strays))


def legible(rows: Sequence[ActivatedRow]) -> Iterator[Manifest]:
    """The manifests of those rows that have one, in the same order."""
    for row in rows:
        try:
            yield manifest_of(row.statement)
        except BundleFileError:
            continue  # the start and the doctor tell of it


def _officers_of(copies: BundleCopies, manifest: Manifest) -> Authority:
    file = opened(copies.load(manifest))
    if file.manifest != manifest:
        raise BundleFileError("it is not the one whose manifest is on record")
    return Authority.of(ruled_by(file))
