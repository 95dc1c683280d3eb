"""Bundle files that officers have signed: which of them may come into force, and which is."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.bundles.acceptance import Standing, acceptable, admissible
from gateway.bundles.archive import MOST_BYTES
from gateway.bundles.authority import MOST_ROOT_BYTES, Authority
from gateway.bundles.errors import BundleFileError, BundleFromTheFutureError, BundleRefusedError
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import (
    Heading,
    SealedBundle,
    heading_of,
    opened,
    proved,
)
from gateway.regular_files import opened_regular, read_regular, stat_of
from gateway.seals.errors import SealMaterialError
from gateway.seals.in_force import InForce, make_ready
from gateway.seals.last_good import SUFFIX, LastGood, Refusal
from gateway.seals.letting_go import give_way, let_go, pieces_of
from gateway.seals.registry import files_among
from hsm.interfaces import KeyDescription
from policies.compiled import decompiled

Keys = Callable[[], Iterable[KeyDescription]]
_Entry = tuple[str, int, int, int]
"""A file as the directory has it: name, size, and when content and attributes changed (ns)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A bundle that may come into force, ready for use.

    Attributes:
        data: the file.
        digest: SHA-256 of it, hex.
        sealed: what is in it.
        signed_by: the officers, sorted.
        in_force: its policies and seals.
    """

    data: bytes
    digest: str
    sealed: SealedBundle
    signed_by: tuple[str, ...]
    in_force: InForce

    @property
    def manifest(self) -> Manifest:
        """Which bundle it is."""
        return self.sealed.manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What lies there; no file was opened.

    Attributes:
        state: of the directory.
        root: the first officers' file, while they count.
    """

    state: frozenset[_Entry]
    root: _Entry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at the directory found.

    Attributes:
        refused: what is refused, and was not before.
        found: what may come into force; nothing behind it was looked at.
        state: of the directory.
    """

    refused: Mapping[_Entry, Refusal] = field(default_factory=dict)
    found: Candidate | None = None
    state: frozenset[_Entry] = frozenset()

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The new ones, in the order of the files' names."""
        return tuple(self.refused[entry] for entry in sorted(self.refused))


@dataclass(slots=True)
class _Memory:
    """Of the directory: what was judged is not read again while it stays as it is.

    `state` is the directory's, when all of it was judged; `found` came next and is not in force
    yet, and `found_at` is its file. `root` is the first officers' file, while they count.
    """

    root: _Entry | None = None

    state: frozenset[_Entry] | None = None
    refused: dict[_Entry, Refusal] = field(default_factory=dict)
    found: Look | None = None
    found_at: _Entry | None = None


class BundleSource:
    """Watches a directory of bundle files. What is refused never replaces what is in force."""

    def __init__(self, directory: Path, *, root: Path, keys: Keys, first: LastGood) -> None:
        """Begin with what was in force last.

        Args:
            directory: where officers' bundles arrive.
            root: the first officers; read only while nothing was ever in force.
            keys: the signer's.
            first: see `last_good`. While there is nothing, everything is denied.

        Raises:
            SealMaterialError: a seal's key is gone: older policies would not bring it back.
        """
        self._directory = directory
        self._root = root
        self._keys = keys
        self._memory = _Memory()
        self._has_settled = False
        self._left_over: set[str] = set()
        self._skipped: set[_Entry] = set()
        self._prints: dict[_Entry, str] = {}
        self.current = _nothing() if first.sealed is None else _ready(first.sealed, keys)
        self.standing = first.standing

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The files as they are now that do not come into force, by name."""
        return tuple(self._memory.refused[entry] for entry in sorted(self._memory.refused))

    @property
    def refused(self) -> str | None:
        """The same as a sentence, if there are any."""
        return "; ".join(f"{each.file}: {each.why}" for each in self.refusals) or None

    def listed(self) -> Listed:
        """List the directory; do it beside the event loop.

        Raises:
            OSError: the directory cannot be read.
        """
        root = None if self.standing is not None else _entry_of(self._root)
        return Listed(state=_state_of(self._directory), root=root)

    def look(self, listed: Listed, *, at: datetime) -> Look:
        """Read what is new in the directory; do it beside the event loop.

        What it gives is forgotten unless the caller `settle`s it, once refusals are on record.

        Args:
            listed: what lies there now.
            at: now.
        """
        state = listed.state
        if listed.root != self._memory.root:
            self._memory = _Memory(root=listed.root)  # other officers judge anew
        early = {
            entry
            for entry, each in self._memory.refused.items()
            if each.not_before is not None and each.not_before <= at
        }
        if state == self._memory.state and not early:
            return Look(state=state)
        if self._memory.found is not None and self._memory.found.state == state:
            return self._memory.found
        self._forget_found()
        refused: dict[_Entry, Refusal] = {}
        for entry, heading in self._in_order(state - self._judged() | early & state, refused):
            judged = self._judge(entry, heading, at)
            if isinstance(judged, Candidate):
                # Kept until it is in force: a full disk must not have it loaded every two seconds.
                self._memory.found = Look(found=judged, state=state)
                self._memory.found_at = entry
                return Look(refused=refused, found=judged, state=state)
            if judged is not None:
                refused[entry] = judged
        return Look(refused=refused, state=state)

    def settle(self, look: Look) -> None:
        """Its refusals are on record: say no more of these files while they stay as they are."""
        self._skipped &= look.state
        kept = {**self._memory.refused, **look.refused}
        self._memory.refused = {
            entry: kept[entry] for entry in kept.keys() & look.state - self._skipped
        }
        self._prints = {entry: self._prints[entry] for entry in self._prints.keys() & look.state}
        if look.found is None:
            self._has_settled = True
            self._memory.state = look.state

    def put_in_force(self, found: Candidate) -> None:
        """From now on the new bundle decides. The caller has recorded it, and kept a copy."""
        earlier = self.standing.contents if self.standing else frozenset()
        self.standing = Standing(
            manifest=found.manifest,
            bundle=found.sealed.bundle,
            authority=Authority.of(found.sealed.bundle),
            contents=earlier | {found.manifest.content},
        )
        self.current = found.in_force
        self._left_over.add(found.digest)
        if self._memory.found_at is not None:
            self._skipped.add(self._memory.found_at)
        # Another bundle may follow this one, and what was refused is judged by other officers.
        self._memory = _Memory()

    def _forget_found(self) -> None:
        """Its file is gone, or another one came before it."""
        if self._memory.found is not None:
            pieces = pieces_of(self._memory.found)
            self._memory.found = self._memory.found_at = None
            let_go(pieces, pause=give_way)

    def _judged(self) -> AbstractSet[_Entry]:
        return self._memory.refused.keys() | self._skipped

    def _in_order(
        self, entries: AbstractSet[_Entry], refused: dict[_Entry, Refusal]
    ) -> Iterator[tuple[_Entry, Heading]]:
        """These files by their numbers; what has none is refused. Only headings are in memory."""
        numbered: list[tuple[int, _Entry, Heading]] = []
        for entry in sorted(entries):
            try:
                with opened_regular(self._directory / entry[0]) as file:
                    heading = heading_of(file, pause=give_way)
            except Exception as error:  # noqa: BLE001 - one file stops no other, whatever is in it
                refused[entry] = self._refusal(entry, why=_told(error))
            else:
                numbered.append((heading.manifest.sequence, entry, heading))
        for _, entry, heading in sorted(numbered, key=lambda each: each[:2]):
            yield entry, heading

    def _judge(self, entry: _Entry, heading: Heading, at: datetime) -> Candidate | Refusal | None:
        """None: it is in force, or has lain there since it was."""
        sealed: SealedBundle | None = None
        not_before: datetime | None = None
        try:
            if self._is_left_over(heading.manifest, self._print_of(entry)):
                self._skipped.add(entry)
                return None
            root = self._first_officers()
            # First what the manifest tells: nothing else that strangers wrote is read.
            admissible(
                heading.statement, heading.manifest, standing=self.standing, root=root, at=at
            )
            data = read_regular(self._directory / entry[0], most_bytes=MOST_BYTES)
            sealed = _proved(data, heading)
            return Candidate(
                data=data,
                digest=_print(data),
                sealed=sealed,
                signed_by=acceptable(sealed, standing=self.standing, root=root, at=at),
                in_force=_ready(sealed, self._keys),
            )
        except BundleFromTheFutureError as error:
            why, not_before = str(error), error.not_before
        except (BundleRefusedError, SealMaterialError) as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - one file stops no other, whatever is in it
            why = _told(error)
        if sealed is not None:
            pieces = pieces_of(sealed)
            del sealed
            let_go(pieces, pause=give_way)
        return self._refusal(
            entry, why=why, sequence=heading.manifest.sequence, not_before=not_before
        )

    def _refusal(
        self,
        entry: _Entry,
        *,
        why: str,
        sequence: int | None = None,
        not_before: datetime | None = None,
    ) -> Refusal:
        digest = ""
        with contextlib.suppress(OSError, BundleFileError):
            digest = self._print_of(entry)
        return Refusal(
            file=entry[0], digest=digest, sequence=sequence, why=why, not_before=not_before
        )

    def _print_of(self, entry: _Entry) -> str:
        """SHA-256 of the file, hex; read piece by piece, and once.

        Raises:
            BundleFileError: it is larger than any bundle.
            OSError: it cannot be read.
        """
        known = self._prints.get(entry)
        if known is None:
            if entry[1] > MOST_BYTES:
                raise BundleFileError(f"it has more than {MOST_BYTES:,} bytes")
            with opened_regular(self._directory / entry[0]) as file:
                known = hashlib.file_digest(file, "sha256").hexdigest()
            self._prints[entry] = known
        return known

    def _is_left_over(self, manifest: Manifest, digest: str) -> bool:
        standing = self.standing
        if standing is None:
            return False
        if manifest == standing.manifest:
            self._left_over.add(digest)
        elif not self._has_settled:
            # At a start nobody can tell what was put there meanwhile from what was left.
            older = manifest.sequence < standing.manifest.sequence
            if older and manifest.content in standing.contents:
                self._left_over.add(digest)
        return digest in self._left_over

    def _first_officers(self) -> Authority:
        if self.standing is not None:
            return self.standing.authority
        try:
            return Authority.read(read_regular(self._root, most_bytes=MOST_ROOT_BYTES))
        except OSError as error:
            raise BundleRefusedError(
                f"the first officers' file {self._root} cannot be read ({error.strerror})",
                cure="write it with `sealgate policy root`, and name it in policies.root",
            ) from error


def _proved(data: bytes, heading: Heading) -> SealedBundle:
    file = opened(data)
    if file.statement != heading.statement:
        raise BundleFileError("it changed while it was read")
    return proved(file, pause=give_way)


def _ready(sealed: SealedBundle, keys: Keys) -> InForce:
    return make_ready(sealed.bundle, files=files_among(sealed.files), keys=keys(), pause=give_way)


def _nothing() -> InForce:
    return make_ready(decompiled({}, files={}), files=files_among({}), keys=())


def _print(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _told(error: Exception) -> str:
    match error:
        case OSError():
            return f"it cannot be read ({error.strerror}): let the gateway's user read it"
        case BundleFileError():
            return f"{error}: copy it here once more, from where it was signed"
        case _:
            kind = type(error).__name__
            return f"it cannot be judged ({kind}: {error}): remove it, and ask who put it here"


def _state_of(directory: Path) -> frozenset[_Entry]:
    # Not by `glob`, which takes a directory that is gone for an empty one.
    entries = [
        _entry_of(directory / name)
        for name in os.listdir(directory)  # noqa: PTH208 - `iterdir` makes an object for each
        if name.endswith(SUFFIX) and not name.startswith(".")
    ]
    return frozenset(entry for entry in entries if entry is not None)


def _entry_of(path: Path) -> _Entry | None:
    """None: it is not there, or just went."""
    try:
        found = stat_of(path)
    except OSError:
        return None
    return path.name, found.st_size, found.st_mtime_ns, found.st_ctime_ns
