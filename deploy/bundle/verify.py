"""Verify a bundle and unpack it: needs Python's own library and the `openssl` command, no more.

    python3 verify.py BUNDLE.tar PUBLIC-KEY.pem TARGET-DIRECTORY [--installed VERSION]
    python3 verify.py UNPACKED-DIRECTORY PUBLIC-KEY.pem

PUBLIC-KEY.pem must have come another way than the bundle: whoever could change the bundle could
change a key that lies in it. Nothing is unpacked into place unless all of it verifies. Prints the
directory that it unpacked. The second form looks again at what was unpacked before, where others
could have written since; run it with a verify.py that they could not. Exits 1 with what is wrong
and what to do.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

_MOST_BYTES = 4 << 30
_SIGNED = ("manifest.json", "manifest.sig")


class BundleRefusedError(Exception):
    """The bundle is not what its maker signed, or must not be installed here."""


def verified(bundle: Path, key: Path, target: Path, *, installed: str | None) -> Path:
    """Verify, unpack and give the directory.

    Args:
        bundle: the archive.
        key: the maker's Ed25519 public key, PEM.
        target: where its directory is put.
        installed: the version that runs; an older bundle is refused.

    Raises:
        BundleRefusedError: it says why.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".unpacking-") as scratch:
        root = _unpacked(bundle, Path(scratch))
        _check_signature(root, key)
        manifest = json.loads((root / "manifest.json").read_bytes())
        _check_files(root, manifest["files"])
        _check_age(manifest["version"], installed)
        place = target / root.name
        if place.exists():
            _check_same(place, root)
            _check_files(place, manifest["files"])
        else:
            root.rename(place)
    return place


def verified_again(place: Path, key: Path) -> Path:
    """Verify what was unpacked before; gives its directory.

    Raises:
        BundleRefusedError: it says why.
    """
    if not all((place / each).is_file() for each in _SIGNED):
        raise BundleRefusedError(f"{place} is no unpacked bundle: it has no manifest.sig")
    links = sorted(str(each) for each in place.rglob("*") if each.is_symlink())
    if links:
        raise BundleRefusedError(f"{links[0]} is a link; remove {place} and unpack it anew")
    _check_signature(place, key)
    _check_files(place, json.loads((place / "manifest.json").read_bytes())["files"])
    return place


def _unpacked(bundle: Path, scratch: Path) -> Path:
    try:
        with tarfile.open(bundle) as archive:
            members = archive.getmembers()
            if sum(each.size for each in members) > _MOST_BYTES:
                raise BundleRefusedError(f"{bundle} is larger than any bundle")
            if not all(each.isreg() for each in members):
                raise BundleRefusedError(f"{bundle} holds links or devices")
            if any(each.name.startswith("/") or ".." in each.name.split("/") for each in members):
                raise BundleRefusedError(f"{bundle} would write outside its directory")
            archive.extractall(scratch)
    except (tarfile.TarError, OSError) as error:
        raise BundleRefusedError(f"{bundle} cannot be read: {error}; copy it anew") from error
    roots = list(scratch.iterdir())
    if len(roots) != 1 or not all((roots[0] / each).is_file() for each in _SIGNED):
        raise BundleRefusedError(f"{bundle} is not signed: it has no manifest.sig")
    return roots[0]


def _check_signature(root: Path, key: Path) -> None:
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(key)]
    files = ["-in", str(root / _SIGNED[0]), "-sigfile", str(root / _SIGNED[1])]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleRefusedError(
            f"the bundle was not signed with the key {key}. Do not install it; ask whoever gave it "
            f"to you. openssl says: {(done.stderr or done.stdout).strip().splitlines()[-1:]}"
        )


def _check_files(root: Path, files: dict) -> None:
    there = {str(each.relative_to(root)) for each in root.rglob("*") if each.is_file()} - set(
        _SIGNED
    )
    if there != set(files):
        wrong = sorted(there ^ set(files))[:3]
        raise BundleRefusedError(f"files are missing or were added: {', '.join(wrong)}")
    for name, digest in files.items():
        with (root / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise BundleRefusedError(f"{name} was changed; copy the bundle anew")


def _check_same(place: Path, root: Path) -> None:
    for name in _SIGNED:
        there = place / name
        if not there.is_file() or there.read_bytes() != (root / name).read_bytes():
            raise BundleRefusedError(
                f"{there} was changed since it was unpacked; remove {place} and unpack it anew"
            )


def _check_age(version: str, installed: str | None) -> None:
    if installed is not None and _numbers(version) < _numbers(installed):
        raise BundleRefusedError(
            f"the bundle has version {version}, and {installed} runs here: an older version does "
            "not know the newer one's database. To go back, run rollback.yml"
        )


def _numbers(version: str) -> tuple:
    return tuple(int(each) for each in re.findall(r"[0-9]+", version)[:3])


def main() -> int:
    """Verify as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path, help="the archive, or where it was unpacked before")
    parser.add_argument("key", type=Path, help="the maker's public key, PEM")
    parser.add_argument("target", type=Path, nargs="?", help="where to unpack an archive")
    parser.add_argument("--installed", help="the version that runs here")
    given = parser.parse_args()
    if given.target is None and not given.bundle.is_dir():
        parser.error("say where to unpack it: verify.py BUNDLE.tar PUBLIC-KEY.pem TARGET-DIRECTORY")
    try:
        if given.bundle.is_dir():
            place = verified_again(given.bundle, given.key)
        else:
            place = verified(given.bundle, given.key, given.target, installed=given.installed)
    except BundleRefusedError as error:
        sys.stderr.write(f"refused: {error}\n")
        return 1
    sys.stdout.write(f"{place}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
