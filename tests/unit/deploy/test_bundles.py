"""A bundle is unpacked only as its maker signed it: whole, unchanged, by the key IT expects."""

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VERIFY = Path(__file__).parents[3] / "deploy/bundle/verify.py"
FILES = {"wheels/sealgate.whl": b"a wheel", "ansible/site.yml": b"--- {}"}


@dataclass(frozen=True)
class Desk:
    """Where a bundle is made and verified."""

    directory: Path
    key: Ed25519PrivateKey

    @property
    def target(self) -> Path:
        return self.directory / "target"

    def bundle(
        self, files: Mapping[str, bytes] = FILES, *, version: str = "0.1.0", **named: bytes
    ) -> Path:
        """One with these files; `named` take the place of what the manifest speaks of."""
        digests = {name: sha256(content).hexdigest() for name, content in files.items()}
        manifest = json.dumps({"format": 1, "version": version, "files": digests}).encode()
        signed = {"manifest.json": manifest, "manifest.sig": self.key.sign(manifest)}
        return self.tar({**files, **signed, **named})

    def tar(self, files: Mapping[str, bytes]) -> Path:
        path = self.directory / "bundle.tar"
        with tarfile.open(path, "w") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(f"sealgate-0.1.0/{name}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return path

    def verify(self, bundle: Path, *more: str) -> "subprocess.CompletedProcess[str]":
        public = self.directory / "public.pem"
        public.write_bytes(
            self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        return subprocess.run(
            [sys.executable, VERIFY, bundle, public, self.target, *more],
            capture_output=True,
            text=True,
            check=False,
        )

    def again(self, place: Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, VERIFY, place, self.directory / "public.pem"],
            capture_output=True,
            text=True,
            check=False,
        )

    def refusal(self, bundle: Path, *more: str) -> str:
        done = self.verify(bundle, *more)
        assert done.returncode == 1, done
        assert list(self.target.iterdir()) == [], "something was unpacked into place"
        return done.stderr


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, Ed25519PrivateKey.generate())


def test_a_bundle_as_it_was_signed_is_unpacked_and_so_once_more(desk: Desk) -> None:
    for _ in range(2):
        done = desk.verify(desk.bundle(), "--installed", "0.1.0")
        assert done.returncode == 0, done.stderr
        place = Path(done.stdout.strip())
        assert {name: (place / name).read_bytes() for name in FILES} == FILES


def test_a_bundle_that_somebody_else_signed_is_refused(desk: Desk) -> None:
    theirs = Desk(desk.directory, Ed25519PrivateKey.generate()).bundle()
    assert "was not signed with the key" in desk.refusal(theirs)


def test_an_unsigned_bundle_is_refused(desk: Desk) -> None:
    assert "is not signed" in desk.refusal(desk.tar(FILES))


def test_a_changed_file_is_named(desk: Desk) -> None:
    bundle = desk.bundle(**{"wheels/sealgate.whl": b"another"})
    assert "wheels/sealgate.whl was changed" in desk.refusal(bundle)


def test_a_file_that_was_added_is_named(desk: Desk) -> None:
    bundle = desk.bundle(**{"wheels/more.whl": b"unasked"})
    assert "wheels/more.whl" in desk.refusal(bundle)


@pytest.mark.parametrize(
    "name", ["packages/a__pycache__b.deb", "wheels/__pycache__/more.whl", "wheels/__pycache__.whl"]
)
def test_no_name_is_spared_from_the_manifest(desk: Desk, name: str) -> None:
    assert name in desk.refusal(desk.bundle(**{name: b"unsigned, and root would install it"}))


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig", "wheels/sealgate.whl"])
def test_what_was_unpacked_before_must_be_the_same(desk: Desk, name: str) -> None:
    bundle = desk.bundle()
    place = Path(desk.verify(bundle).stdout.strip())
    (place / name).write_bytes((place / name).read_bytes() + b" ")
    done = desk.verify(bundle)
    assert done.returncode == 1
    assert "changed" in done.stderr


def test_what_was_unpacked_can_be_verified_again(desk: Desk) -> None:
    place = Path(desk.verify(desk.bundle()).stdout.strip())
    assert desk.again(place).returncode == 0
    (place / "ansible/site.yml").write_bytes(b"--- {hosts: all}")
    assert "ansible/site.yml was changed" in desk.again(place).stderr


def test_a_link_among_what_was_unpacked_is_refused(desk: Desk) -> None:
    place = Path(desk.verify(desk.bundle()).stdout.strip())
    moved = (place / "ansible/site.yml").rename(desk.directory / "elsewhere.yml")
    (place / "ansible/site.yml").symlink_to(moved)
    assert "is a link" in desk.again(place).stderr


def test_an_archive_is_not_verified_without_a_place_for_it(desk: Desk) -> None:
    bundle = desk.bundle()
    desk.verify(bundle)
    assert "say where to unpack it" in desk.again(bundle).stderr


def test_an_older_bundle_than_what_runs_is_refused(desk: Desk) -> None:
    told = desk.refusal(desk.bundle(version="0.9.9"), "--installed", "0.10.0")
    assert "rollback.yml" in told


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside"])
def test_a_bundle_that_would_write_outside_is_refused(desk: Desk, name: str) -> None:
    path = desk.directory / "bundle.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    assert "outside its directory" in desk.refusal(path)


def test_a_bundle_with_links_is_refused(desk: Desk) -> None:
    path = desk.directory / "bundle.tar"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("sealgate-0.1.0/manifest.json")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    assert "links or devices" in desk.refusal(path)


def test_what_is_no_archive_is_refused(desk: Desk) -> None:
    path = desk.directory / "bundle.tar"
    path.write_bytes(b"half a downl")
    assert "cannot be read" in desk.refusal(path)
