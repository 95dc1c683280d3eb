"""Whoever made a bundle and the machine that it is for say what they are in the same words."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.bundle import target
from deploy.bundle.target import system, vendor

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nID=debian\n'
UBUNTU = 'NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'
OPEN_EULER = 'NAME="openEuler"\nVERSION="24.03 (LTS)"\nID="openEuler"\nVERSION_ID="24.03"\n'
ROCKY = 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'


@pytest.mark.parametrize(
    ("release", "name"),
    [
        (DEBIAN, "debian13"),
        (UBUNTU, "ubuntu24.04"),
        (OPEN_EULER, "openeuler24.03"),
        (ROCKY, "rocky9"),
        ("ID=debian\n# of no number\n\n", "debian"),
    ],
)
def test_a_system_is_named_by_what_it_says_of_itself(release: str, name: str) -> None:
    assert system(release) == name


def test_packages_are_their_vendors() -> None:
    assert vendor(UBUNTU) == "ubuntu"


def test_the_file_alone_says_on_a_machine_what_the_maker_says() -> None:
    told = subprocess.run(
        [sys.executable, "-I", "-S", str(Path(target.__file__))],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert told == target.target()
    number = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert told.endswith(f"-{platform.machine()}-{number}")
