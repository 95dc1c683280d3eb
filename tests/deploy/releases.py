"""The releases that machines are made of, and a base of each, made once."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.commands import run

_PACKAGES = "systemd,systemd-sysv,dbus,python3,iproute2,procps,ca-certificates,openssh-server"


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a distribution.

    Attributes:
        name: with its number, as parts are called.
        title: for people.
        suite: what its mirror and debootstrap call it.
        needs_groups_of_version_2: its systemd starts with these control groups and no others.
    """

    name: str
    title: str
    suite: str
    needs_groups_of_version_2: bool = False


BOOKWORM = Release("debian-12", "Debian 12", "bookworm")
_TRIXIE = Release("debian-13", "Debian 13", "trixie", needs_groups_of_version_2=True)
OTHERS = {each.name: each for each in (_TRIXIE,)}
"""Those that are tried besides Debian 12, by name."""


def base(cache: Path, release: Release) -> Path:
    """A system of the least, made once; needs the mirror, and no machine that is booted does."""
    place = cache / f"base-{release.suite}"
    if not (place / ".whole").exists():
        shutil.rmtree(place, ignore_errors=True)
        cache.mkdir(parents=True, exist_ok=True)
        include = f"--include={_PACKAGES}"
        run("debootstrap", "--variant=minbase", include, release.suite, str(place))
        (place / "etc/resolv.conf").unlink(missing_ok=True)
        (place / ".whole").touch()
    return place


def copy_of_base(cache: Path, release: Release, place: Path) -> None:
    """A directory of its own with all that the base has."""
    shutil.rmtree(place, ignore_errors=True)
    run("cp", "--archive", "--reflink=auto", str(base(cache, release)), str(place))
