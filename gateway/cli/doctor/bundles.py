"""Bundle files: which is in force, and what would become of those that lie there."""

from collections.abc import Iterator
from pathlib import Path

from gateway.bundles.reading import SealedBundle
from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.cli.policy.bundles_here import in_force_here
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.seals.bundle_source import BundleSource, Look
from gateway.seals.errors import SealMaterialError
from gateway.seals.last_good import LastGood
from hsm.interfaces import KeyDescription

_PUBLISH = "sealgate policy activate FILE, with a bundle that enough officers have signed."


class BundlesCheck:
    """Looks as the gateway would. `sealed` is what is in force, or None while that is not known."""

    def __init__(self, config: Config, *, keys: tuple[KeyDescription, ...] | None) -> None:
        self._config = config
        self._keys = keys
        self.sealed: SealedBundle | None = None

    def findings(self) -> Iterator[Finding]:
        """The bundle in force, damaged copies, and the files of the directory."""
        last = in_force_here(self._config)
        self.sealed = last.sealed
        for each in last.refusals:
            yield failed("policies", f"{each.file}: {each.why}", cure=_PUBLISH)
        if last.standing is None:
            told = "no bundle was ever in force, so everything is denied"
            yield failed("policies", told, cure=_PUBLISH, owner="officer")
        else:
            manifest = last.standing.manifest
            told = f"number {manifest.sequence} is in force, {manifest.content[:19]}…"
            yield ok("policies", told)
        bundles, root = self._config.policies.bundles, self._config.policies.root
        if self._keys is not None and bundles is not None and root is not None:
            yield from self._waiting(bundles, root, last)

    def _waiting(self, bundles: Path, root: Path, last: LastGood) -> Iterator[Finding]:
        try:
            source = BundleSource(bundles, root=root, keys=lambda: self._keys or (), first=last)
        except SealMaterialError as error:
            cure = "Bring the key back, or name it in hsm.keys: no start works before."
            yield failed("policies", f"what is in force cannot be used: {error}", cure=cure)
            return
        try:
            look = source.look(source.listed(), at=SystemClock().now())
        except OSError as error:
            told = f"{bundles} cannot be read ({error.strerror}), so nothing new comes into force"
            cure = "Make it a directory that the gateway's user may read, or correct the setting."
            yield failed("bundle files", told, cure=cure)
            return
        yield from _of_look(look, bundles)


def _of_look(look: Look, bundles: Path) -> Iterator[Finding]:
    for each in look.refusals:
        told = f"{each.file} does not come into force: {each.why}"
        cure = "Do what the line says, or remove the file."
        yield failed("bundle files", told, cure=cure, owner="officer")
    if look.found is not None:
        told = f"number {look.found.manifest.sequence} may come into force and has not yet"
        cure = "Start the gateway; if it runs, look at its log."
        yield warning("bundle files", told, cure=cure)
    elif not look.refusals:
        yield ok("bundle files", f"nothing in {bundles} is refused")
