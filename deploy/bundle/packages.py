"""Which of Debian's packages a target lacks, as apt reckons it from this machine's sources."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

PURPOSES: Mapping[str, Sequence[str]] = {
    # What the trial needs beyond python3; with a vendor's HSM, the font alone.
    "packages": ("fonts-arphic-uming", "openssl", "softhsm2"),
    "packages-balancer": ("haproxy",),
    "packages-database": ("postgresql",),
}
"""What is asked for, by the directory of the bundle."""
# What is taken to be on a target: a Debian of the least that systemd boots, with an ssh server.
_LEAST = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "openssh-server",
    "procps",
    "python3",
    "systemd-sysv",
)
_INSTALLED = re.compile(r"^Inst (\S+)", re.MULTILINE)
_EXACTLY = re.compile(r"([a-z0-9][a-z0-9.+-]+)(?::\w+)? \(= ")


def needed(purposes: Mapping[str, Sequence[str]]) -> Mapping[str, list[str]]:
    """By purpose what is asked for, and what it depends on that a Debian of the least lacks.

    Raises:
        subprocess.CalledProcessError: apt knows no such package; its sources or lists are missing.
    """
    with tempfile.TemporaryDirectory() as scratch:
        status = Path(scratch, "status")
        status.touch()
        disk = _EmptyDisk(status)
        least = (*_LEAST, *disk.required())
        there = disk.all_of(least)
        return {
            purpose: disk.beyond(there, disk.all_of((*least, *names)))
            for purpose, names in purposes.items()
        }


@dataclass(frozen=True, slots=True)
class _EmptyDisk:
    """Apt with this machine's sources, to which nothing is installed.

    Attributes:
        status: dpkg's, an empty file.
    """

    status: Path

    def all_of(self, names: Iterable[str]) -> set[str]:
        """What apt would install for these."""
        without = ("-o", "APT::Install-Recommends=false")
        told = self._told("apt-get", "--simulate", *without, "install", *names)
        return set(_INSTALLED.findall(told))

    def required(self) -> Iterator[str]:
        """What no Debian is without (Debian Policy 2.5), and how its installer merges /usr.

        On an empty disk apt would choose the other way to merge it, and perl with that.
        """
        name = ""
        for line in self._told("apt-cache", "dumpavail").splitlines():
            if line.startswith("Package: "):
                name = line.removeprefix("Package: ")
                if name == "usr-is-merged":
                    yield name
            elif line == "Priority: required":
                yield name

    def beyond(self, there: AbstractSet[str], wanted: AbstractSet[str]) -> list[str]:
        """What is wanted and is not there.

        What must be of the very version comes along: a target may be of an older point release.
        """
        more = wanted - there
        return sorted(more | (self._tied(more) & there))

    def _tied(self, names: Iterable[str]) -> set[str]:
        """What these depend on in one version and no other."""
        told = self._told("apt-cache", "show", "--no-all-versions", *sorted(names))
        fields = (line for line in told.splitlines() if line.startswith(("Depends:", "Pre-Dep")))
        return {name for line in fields for name in _EXACTLY.findall(line)}

    def _told(self, program: str, *words: str) -> str:
        settings = (f"Dir::State::status={self.status}", "Dir::Cache::pkgcache=")
        given = [word for each in settings for word in ("-o", each)]
        done = subprocess.run(
            [program, *given, *words],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        return done.stdout
