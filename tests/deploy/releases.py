"""The releases that machines are made of, and a base of each, made once."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.commands import run
from tests.deploy.containers import run_with_a_way_out

_PACKAGES = "systemd,systemd-sysv,dbus,python3,iproute2,procps,ca-certificates,openssh-server"


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a distribution.

    Attributes:
        name: with its number, as parts are called.
        title: for people.
        suite: what its mirror and debootstrap call it.
        components: of the mirror.
        needs_groups_of_version_2: its systemd starts with these control groups and no others.
        known_to: a release that has a debootstrap which knows this one, and its mirror's key.
    """

    name: str
    title: str
    suite: str
    components: str = "main"
    needs_groups_of_version_2: bool = False
    known_to: "Release | None" = None


BOOKWORM = Release("debian-12", "Debian 12", "bookworm")
_TRIXIE = Release("debian-13", "Debian 13", "trixie", needs_groups_of_version_2=True)
# SoftHSM is in Ubuntu's universe.
_NOBLE = Release("ubuntu-24.04", "Ubuntu 24.04", "noble", "main,universe", known_to=_TRIXIE)
OTHERS = {each.name: each for each in (_TRIXIE, _NOBLE)}
"""Those that are tried besides Debian 12, by name."""


def base(cache: Path, release: Release) -> Path:
    """A system of the least, made once; needs the mirror, and no machine that is booted does."""
    place = cache / f"base-{release.suite}"
    if not (place / ".whole").exists():
        shutil.rmtree(place, ignore_errors=True)
        cache.mkdir(parents=True, exist_ok=True)
        if release.known_to is None:
            run("debootstrap", *_told(release), str(place))
        else:
            tools = _tools(cache, release.known_to)
            shutil.rmtree(tools / "srv" / release.suite, ignore_errors=True)
            # Ubuntu's scripts leave /proc mounted; it goes with the room that they run in, or a
            # copy of the base would be one of /proc, too, which has no end.
            inside = ("unshare", "--mount", "chroot", str(tools))
            run(*inside, "debootstrap", *_told(release), f"/srv/{release.suite}")
            (tools / "srv" / release.suite).rename(place)
        (place / "etc/resolv.conf").unlink(missing_ok=True)
        (place / ".whole").touch()
    return place


def _told(release: Release) -> tuple[str, ...]:
    parts = f"--components={release.components}"
    return "--variant=minbase", parts, f"--include={_PACKAGES}", release.suite


def copy_of_base(cache: Path, release: Release, place: Path) -> None:
    """A directory of its own with all that the base has."""
    shutil.rmtree(place, ignore_errors=True)
    run("cp", "--archive", "--reflink=auto", str(base(cache, release)), str(place))


def _tools(cache: Path, release: Release) -> Path:
    """A system of that release with a debootstrap that knows Ubuntu, its mirror and its key."""
    tools = cache / f"tools-{release.suite}"
    if not (tools / ".ready").exists():
        copy_of_base(cache, release, tools)
        wanted = "debootstrap distro-info ubuntu-keyring"
        script = f"apt-get update -qq; apt-get install -y -qq --no-install-recommends {wanted}"
        run_with_a_way_out(f"tl-{release.suite}", tools, script)
        (tools / ".ready").touch()
    return tools
