"""What a bundle is made of, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/)."""

import hashlib
import subprocess
import zipfile
from collections.abc import Mapping
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from urllib.parse import quote


def sbom(tree: Path, version: str, vendor: str) -> Mapping[str, Any]:
    """CycloneDX 1.6 of wheels and Debian's packages: name, version, digest; licence of wheels.

    Args:
        tree: with `wheels/` and, where they are part of the bundle, `packages*/`.
        version: of the program.
        vendor: whose packages they are: `debian`, `ubuntu`.

    Raises:
        subprocess.CalledProcessError: a package cannot be read.
    """
    wheels = sorted((tree / "wheels").glob("*.whl"))
    packages = sorted(tree.glob("packages*/*.deb"))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "sealgate", "version": version}},
        "components": [*map(_wheel, wheels), *(_package(each, vendor) for each in packages)],
    }


def _wheel(wheel: Path) -> Mapping[str, Any]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        said = HeaderParser().parsestr(archive.read(name).decode())
    licence = said["License-Expression"] or said["License"] or ""
    return {
        "type": "library",
        "name": said["Name"],
        "version": said["Version"],
        "purl": f"pkg:pypi/{said['Name'].lower().replace('_', '-')}@{said['Version']}",
        "hashes": [{"alg": "SHA-256", "content": sha256_of(wheel)}],
        **({"licenses": [{"license": {"name": licence.splitlines()[0]}}]} if licence else {}),
    }


def _package(package: Path, vendor: str) -> Mapping[str, Any]:
    form = r"--showformat=${Package}\n${Version}\n${Architecture}\n"
    command = ["dpkg-deb", form, "--show"]
    told = subprocess.run([*command, package], capture_output=True, text=True, check=True).stdout
    name, version, architecture = told.splitlines()
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:deb/{vendor}/{name}@{quote(version)}?arch={architecture}",
        "hashes": [{"alg": "SHA-256", "content": sha256_of(package)}],
    }


def sha256_of(path: Path) -> str:
    """The digest of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
