"""Bundle files that officers have signed: which of them may come into force, and which is."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.bundles.acceptance import Standing, acceptable
from gateway.bundles.archive import MOST_BYTES
from gateway.bundles.authority import Authority
from gateway.bundles.copies import BundleCopies
from gateway.bundles.errors import BundleFileError, BundleRefusedError
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import SealedBundle, manifest_of, peek, read
from gateway.seals.errors import SealMaterialError
from gateway.seals.in_force import InForce, make_ready
from gateway.seals.registry import files_among
from hsm.interfaces import KeyDescription
from policies.compiled import decompiled

SUFFIX = ".sealbundle"

Keys = Callable[[], Iterable[KeyDescription]]
_State = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file that does not come into force.

    Attributes:
        file: its name.
        digest: SHA-256 of its bytes, hex; empty where they could not be read.
        sequence: its number, where it says one.
        why: what is wrong, and what to do.
    """

    file: str
    digest: str
    sequence: int | None = None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A bundle that may come into force, ready for use.

    Attributes:
        data: the file.
        sealed: what is in it.
        signed_by: the officers, sorted.
        in_force: its policies and seals.
    """

    data: bytes
    sealed: SealedBundle
    signed_by: tuple[str, ...]
    in_force: InForce

    @property
    def manifest(self) -> Manifest:
        """Which bundle it is."""
        return self.sealed.manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at the directory found. `refusals` are new ones; `state` is the directory's."""

    refusals: tuple[Refusal, ...] = ()
    found: Candidate | None = None
    state: _State = frozenset()


@dataclass(frozen=True, slots=True)
class LastGood:
    """What a start begins with.

    Attributes:
        sealed: the newest bundle that was in force and whose copy is whole; None: nothing was.
        standing: which it is; None: nothing was.
        refusals: newer copies, which are damaged.
    """

    sealed: SealedBundle | None = None
    standing: Standing | None = None
    refusals: tuple[Refusal, ...] = ()


def last_good(manifests: Sequence[str], *, copies: BundleCopies) -> LastGood:
    """The newest copy that is whole.

    Args:
        manifests: signed, of all that came into force, the newest first.
        copies: where the bundles are kept.

    Raises:
        BundleFileError: what is on record is no manifest.
    """
    refusals: list[Refusal] = []
    known = frozenset(manifest_of(each).content for each in manifests)
    for statement in manifests:
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


@dataclass(slots=True)
class _Memory:
    """Of the directory: nothing is refused twice, and nothing is read twice.

    `judged` are SHA-256 of files; `refused` those of them that stand in the way, with the reason.
    """

    state: _State | None = None
    judged: set[str] = field(default_factory=set)
    refused: dict[str, Refusal] = field(default_factory=dict)


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
        self.current = _nothing() if first.sealed is None else _ready(first.sealed, keys)
        self.standing = first.standing

    @property
    def refused(self) -> str | None:
        """What is wrong with the files as they are now, if anything."""
        told = [f"{each.file}: {each.why}" for each in self._memory.refused.values()]
        return "; ".join(told) or None

    def look(self) -> Look:
        """Read what is new in the directory; do it beside the event loop.

        What it gives is forgotten unless the caller `settle`s it, once refusals are on record.

        Raises:
            OSError: the directory cannot be read.
        """
        state = _state_of(self._directory)
        if state == self._memory.state:
            return Look(state=state)
        refusals: list[Refusal] = []
        for path, data in self._in_order(refusals):
            judged = self._judged(path, data)
            if isinstance(judged, Candidate):
                return Look(refusals=tuple(refusals), found=judged)
            if judged is not None:
                refusals.append(judged)
        return Look(refusals=tuple(refusals), state=state)

    def settle(self, look: Look) -> None:
        """Its refusals are on record: say no more of these files while they stay as they are."""
        for refusal in look.refusals:
            self._memory.judged.add(refusal.digest)
            self._memory.refused[refusal.digest] = refusal
        present = {path for path, _, _ in look.state}
        if look.found is None:
            self._has_settled = True
            self._memory.state = look.state
            self._memory.refused = {
                digest: each
                for digest, each in self._memory.refused.items()
                if str(self._directory / each.file) in present
            }

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
        self._left_over.add(_print(found.data))
        # Another bundle may follow this one, and what was refused is judged by other officers.
        self._memory = _Memory()

    def _in_order(self, refusals: list[Refusal]) -> Iterator[tuple[Path, bytes]]:
        """The files that were not judged yet, by their numbers; what has none is refused."""
        numbered: list[tuple[int, Path, bytes]] = []
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            data = b""
            try:
                data = _read(path)
                if _print(data) not in self._memory.judged:
                    numbered.append((peek(data).sequence, path, data))
            except (OSError, BundleFileError) as error:
                refusals.append(Refusal(file=path.name, digest=_print(data), why=str(error)))
        for _, path, data in sorted(numbered, key=lambda each: each[:2]):
            yield path, data

    def _judged(self, path: Path, data: bytes) -> Candidate | Refusal | None:
        """None: it is in force, or has lain there since it was."""
        sequence: int | None = None
        try:
            sealed = read(data, pause=_give_way)
            sequence = sealed.manifest.sequence
            if self._is_left_over(sealed.manifest, _print(data)):
                return None
            signed_by = acceptable(sealed, standing=self.standing, root=self._first_officers())
            ready = _ready(sealed, self._keys)
        except (BundleFileError, BundleRefusedError, SealMaterialError) as error:
            return Refusal(file=path.name, digest=_print(data), sequence=sequence, why=str(error))
        return Candidate(data=data, sealed=sealed, signed_by=signed_by, in_force=ready)

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
            return Authority.read(self._root.read_bytes())
        except OSError as error:
            raise BundleRefusedError(
                f"the first officers' file {self._root} cannot be read ({error.strerror})",
                cure="write it with `sealgate policy root`, and name it in policies.root",
            ) from error


def _ready(sealed: SealedBundle, keys: Keys) -> InForce:
    return make_ready(sealed.bundle, files=files_among(sealed.files), keys=keys(), pause=_give_way)


def _nothing() -> InForce:
    return make_ready(decompiled({}, files={}), files=files_among({}), keys=())


def _give_way() -> None:
    # The event loop has the interpreter as soon as it wants it.
    time.sleep(0)


def _read(path: Path) -> bytes:
    # Once, into memory: what is judged is what comes into force, whatever the file becomes.
    with path.open("rb") as opened:
        data = opened.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BundleFileError(f"it has more than {MOST_BYTES:,} bytes")
    return data


def _print(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _damaged(path: Path, manifest: Manifest, error: Exception) -> Refusal:
    return Refusal(
        file=path.name,
        digest="",
        sequence=manifest.sequence,
        why=f"the copy of what was in force is damaged ({error}): put its bundle file into "
        "policies.bundles again",
    )


def _state_of(directory: Path) -> _State:
    states = ((path, path.stat()) for path in directory.glob(f"*{SUFFIX}"))
    return frozenset((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in states)
