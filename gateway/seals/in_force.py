"""What is in force: one bundle of policies with its seals, swapped as a whole or not at all."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.regular_files import read_regular, stat_of
from gateway.seals.errors import SealMaterialError
from gateway.seals.model import SealMaterial
from gateway.seals.registry import NamedFiles, files_below, material_of
from hsm.interfaces import KeyDescription
from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.interfaces import PolicyEngine
from policies.loader import load_bundle
from policies.objects.people import Person, PersonKey
from policies.objects.systems import System, SystemKey
from strictyaml import MistakesError

_State = frozenset[tuple[str, int, int]]

_MOST_BYTES = 16 * 1024 * 1024
"""Of a YAML file; of fewer than these, its reader says how many are too many."""

_log = structlog.get_logger("seals")


@dataclass(frozen=True, slots=True)
class InForce:
    """A good bundle, its engine, its seals ready for use, and who proves itself with what.

    `keys` finds a system or person by the id of a request key, `certificates` a system by the
    SHA-256 of its client certificate (hex).
    """

    bundle: Bundle
    engine: PolicyEngine
    seals: Mapping[str, SealMaterial]
    keys: Mapping[str, tuple[System | Person, SystemKey | PersonKey]]
    certificates: Mapping[str, System]


def read_sources(directory: Path) -> dict[str, str]:
    """Every YAML file below the directory, by its path relative to it.

    Raises:
        SealMaterialError: a file cannot be read or is not UTF-8.
    """
    sources: dict[str, str] = {}
    for path in sorted([*directory.rglob("*.yaml"), *directory.rglob("*.yml")]):
        try:
            text = read_regular(path, most_bytes=_MOST_BYTES).decode()
            # A line that ends by a carriage return alone stays as it is, and is refused.
            sources[str(path.relative_to(directory))] = text.replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SealMaterialError(f"{path} cannot be read: {error}") from error
    return sources


def bring_into_force(directory: Path, *, keys: Iterable[KeyDescription]) -> InForce:
    """Load the directory's policies, run their tests, and make their seals ready.

    Raises:
        MistakesError: the YAML is wrong, or one of its own tests fails.
        SealMaterialError: a seal's files or key cannot be used.
    """
    bundle = load_bundle(read_sources(directory))
    return make_ready(bundle, files=files_below(directory), keys=keys)


def make_ready(
    bundle: Bundle,
    *,
    files: NamedFiles,
    keys: Iterable[KeyDescription],
    pause: Callable[[], None] = lambda: None,
) -> InForce:
    """The bundle with its engine, and its seals ready for use.

    Args:
        bundle: has passed its own tests.
        files: reads what its seals name.
        keys: the signer's.
        pause: called between seals and between conditions, for whoever must let others work.

    Raises:
        SealMaterialError: a seal's files or key cannot be used.
    """
    by_id = {key.id: key for key in keys}
    seals = {}
    for name, seal in bundle.seals.items():
        seals[name] = material_of(seal, files=files, keys=by_id)
        pause()
    systems = bundle.systems.values()
    return InForce(
        bundle=bundle,
        engine=CELPolicyEngine(bundle, pause=pause),
        seals=seals,
        keys=keys_of(bundle),
        certificates={print_: system for system in systems for print_ in system.certificates},
    )


def keys_of(bundle: Bundle) -> dict[str, tuple[System | Person, SystemKey | PersonKey]]:
    """Who proves themselves with which request key, by its id."""
    owners: tuple[System | Person, ...] = (*bundle.persons.values(), *bundle.systems.values())
    return {key.id: (owner, key) for owner in owners for key in owner.keys}


class PolicySource:
    """Watches the officers' directory. A broken file never replaces a good bundle.

    A certificate or picture that was replaced in place counts as a change as much as a YAML file.
    `refused` says what is wrong with the files as they are now, if anything.
    """

    def __init__(
        self, directory: Path, *, keys: Callable[[], Iterable[KeyDescription]], first: InForce
    ) -> None:
        self._directory = directory
        self._keys = keys
        self._looked_at = self._found_at = self._state()
        self.current = first
        self.refused: str | None = None

    def look(self) -> InForce | None:
        """Read the directory again; gives a good bundle that is not in force yet, if there is one.

        Loading runs the bundle's own tests; do it beside the event loop.
        """
        state: _State = frozenset()
        try:
            state = self._state()
            if state == self._looked_at:
                return None
            found = bring_into_force(self._directory, keys=self._keys())
        except (MistakesError, SealMaterialError, OSError) as error:
            self._looked_at = state
            self.refused = str(error)
            _log.error(
                "policies_refused", still_in_force=self.current.bundle.digest, mistakes=str(error)
            )
            return None
        self.refused = None
        if _same(found, self.current):
            self._looked_at = state
            return None
        self._found_at = state
        return found

    def _state(self) -> _State:
        """Of the files, and of the signer's keys: a seal that was refused may have its key now."""
        keys = ((f"key {key.id}", 0, hash(key.public_key)) for key in self._keys())
        return _state_of(self._directory) | frozenset(keys)

    def put_in_force(self, found: InForce) -> None:
        """From now on the new bundle decides. The caller has recorded it in the audit log."""
        self.current = found
        self._looked_at = self._found_at
        _log.info("policies_in_force", bundle=found.bundle.digest)


def _state_of(directory: Path) -> _State:
    """Name, size and time of change of everything below the directory: cheap to compare."""
    states = ((path, stat_of(path)) for path in directory.rglob("*"))
    return frozenset((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in states)


def _same(one: InForce, other: InForce) -> bool:
    return one.bundle.digest == other.bundle.digest and one.seals == other.seals
