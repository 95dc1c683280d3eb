"""A seal in the officers' directory, for the commands that change its files."""

from pathlib import Path

from gateway.cli.policy.where import policies_in
from gateway.cli.terminal import fail, told_errors
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.seals.errors import SealMaterialError
from policies.objects.seals import Seal
from strictyaml import MistakesError


def seal_here(name: str, named: Path | None, config: Path) -> tuple[Path, PolicyFiles, Seal]:
    """The directory, what is in it, and the seal; leaves with 2 when there is none.

    Args:
        name: the seal's.
        named: a directory that was named, if one was.
        config: config.yaml.
    """
    with told_errors(NothingToReadError, SealMaterialError, MistakesError):
        place = policies_in(named, config)
        if place.is_file():
            raise fail(
                f"{place} is a bundle, which only its officers' signatures can change: name the "
                "directory of YAML that bundles are built from with --directory"
            )
        files = PolicyFiles.read(place)
    seal = files.bundle.seals.get(name)
    if seal is None:
        known = ", ".join(files.bundle.seals) or "none"
        raise fail(f"no seal is called {name!r} below {place} (there are: {known})")
    return place, files, seal
