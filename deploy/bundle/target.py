"""What system this is: distribution, architecture, Python, as bundles are named after them.

    python3 target.py

Lies in the bundle, too: the playbooks run it on the target with the Python that is to run the
program, so that whoever made the bundle and the target say it in the same words. Needs Python's own
library alone, of any version: one that is too old must be able to say so.
"""

import platform
import sys
from pathlib import Path


def target() -> str:
    """Such as `debian12-x86_64-python3.11`, `ubuntu24.04-…`."""
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    return f"{system(release)}-{platform.machine()}-{python}"


def system(release: str) -> str:
    """Distribution and release in one word, from os-release(5).

    What is of Red Hat's kin says its minor release there, and a bundle is for all of a major one.
    """
    said = _read(release)
    number = said.get("VERSION_ID", "")
    kin = (said["ID"], *said.get("ID_LIKE", "").split())
    if "fedora" in kin:
        number = number.split(".")[0]
    return said["ID"].lower() + number


def vendor(release: str) -> str:
    """Whose packages they are, as package URLs say it."""
    return _read(release)["ID"].lower()


def _read(release: str) -> "dict[str, str]":
    lines = (each.split("=", 1) for each in release.splitlines() if "=" in each)
    return {name.strip(): value.strip().strip("\"'") for name, value in lines}


if __name__ == "__main__":
    sys.stdout.write(target() + "\n")
