"""Whoever must answer for a machine finds in the SBOM all that a bundle puts there."""

import subprocess
import zipfile
from hashlib import sha256
from pathlib import Path

from deploy.bundle.sbom import sbom

CONTROL = """Package: stamp-font
Version: 1:0.2-3+deb12u1
Architecture: all
Maintainer: Nobody <nobody@example.com>
Description: a font
"""


def test_wheels_and_debian_packages_are_named_with_version_and_digest(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    wheel = tmp_path / "wheels/some_library-2.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        told = "Name: Some_Library\nVersion: 2.1\nLicense-Expression: MIT\n"
        archive.writestr("some_library-2.1.dist-info/METADATA", told)
    (tmp_path / "root/DEBIAN").mkdir(parents=True)
    (tmp_path / "root/DEBIAN/control").write_text(CONTROL)
    (tmp_path / "packages").mkdir()
    package = tmp_path / "packages/stamp-font.deb"
    build: list[str | Path] = [
        "dpkg-deb",
        "--root-owner-group",
        "--build",
        tmp_path / "root",
        package,
    ]
    subprocess.run(build, check=True, capture_output=True)

    parts = sbom(tmp_path, "0.1.0", "debian")["components"]

    assert [each["purl"] for each in parts] == [
        "pkg:pypi/some-library@2.1",
        "pkg:deb/debian/stamp-font@1%3A0.2-3%2Bdeb12u1?arch=all",
    ]
    digests = [each["hashes"][0]["content"] for each in parts]
    assert digests == [sha256(each.read_bytes()).hexdigest() for each in (wheel, package)]


def test_a_bundle_without_packages_has_wheels_alone(tmp_path: Path) -> None:
    assert sbom(tmp_path, "0.1.0", "debian")["components"] == []
