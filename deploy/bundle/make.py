"""`make bundle`: one signed archive with all that a target needs, for machines without a network.

    python -m deploy.bundle.make --key SIGNING-KEY.pem --output dist

Wheels are those of requirements/runtime.txt, by hash, for this machine's Python and architecture;
the target must have the same. The same sources, key and SOURCE_DATE_EPOCH give the same bytes.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.bundle.packages import PURPOSES, needed
from deploy.bundle.sbom import sbom, sha256_of
from deploy.bundle.target import target, vendor
from gateway import __version__

ROOT = Path(__file__).parents[2]
# Besides docs/, which leads to them.
PAPERS = (
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "README.zh-CN.md",
    "SECURITY.md",
    "bench/results/latest.json",
    "config.example.yaml",
    "onboarding.example.yaml",
)
_EPOCH_1980 = 315_532_800  # the earliest that a zip knows


def make(*, key: Ed25519PrivateKey, output: Path, packages: bool, version: str) -> Path:
    """Make the bundle; gives its path.

    Args:
        key: signs the manifest.
        output: the directory for it.
        packages: with Debian's packages, as this machine's sources have them.
        version: of the program, as it is called on the target.

    Raises:
        subprocess.CalledProcessError: something could not be fetched.
    """
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, f"sealgate-{version}")
        _fill(tree, packages=packages, version=version)
        here = target()
        manifest = _manifest(tree, version, here)
        (tree / "manifest.json").write_bytes(manifest)
        (tree / "manifest.sig").write_bytes(key.sign(manifest))
        bundle = output / f"sealgate-{version}-{here}.tar"
        _pack(tree, bundle)
    return bundle


def _fill(tree: Path, *, packages: bool, version: str) -> None:
    wheels = tree / "wheels"
    _pip("download", "--require-hashes", "-r", ROOT / "requirements/runtime.txt", "-d", wheels)
    _pip("download", "pip", "-d", wheels)
    _own_wheel(wheels, version)
    for each in ("ansible", "monitoring", "systemd"):
        shutil.copytree(ROOT / "deploy" / each, tree / each)
    for name in ("target.py", "verify.py"):
        shutil.copy(ROOT / "deploy/bundle" / name, tree / name)
    add_papers(tree)
    if packages:
        for place, names in needed(PURPOSES).items():
            (tree / place).mkdir()
            fetch = ["apt-get", "download", "-qq", *names]
            subprocess.run(fetch, cwd=tree / place, check=True)
    whose = vendor(Path("/etc/os-release").read_text())
    (tree / "sbom.json").write_text(json.dumps(sbom(tree, version, whose), indent=1) + "\n")


def add_papers(tree: Path) -> None:
    """What is read and filled in where there is no network: documentation and examples."""
    shutil.copytree(
        ROOT / "docs", tree / "docs", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    for name in PAPERS:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)


def _pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", arguments[0], "--quiet", "--no-deps"]
    binary = ["--only-binary", ":all:"] if arguments[0] == "download" else []
    subprocess.run([*command, *binary, *arguments[1:]], check=True)


def _own_wheel(wheels: Path, version: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "source")
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
        ).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, source / name)
        for name in ("pyproject.toml", "gateway/__init__.py"):
            text = (source / name).read_text().replace(f'"{__version__}"', f'"{version}"', 1)
            (source / name).write_text(text)
        _pip("wheel", "--no-build-isolation", "-w", wheels, source)


def _manifest(tree: Path, version: str, here: str) -> bytes:
    files = {str(each.relative_to(tree)): sha256_of(each) for each in _files(tree)}
    content = {"format": 1, "version": version, "target": here, "files": files}
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"


def _files(tree: Path) -> Iterator[Path]:
    return (each for each in sorted(tree.rglob("*")) if each.is_file())


def _pack(tree: Path, bundle: Path) -> None:
    moment = int(os.environ.get("SOURCE_DATE_EPOCH", _EPOCH_1980))

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = moment, 0, 0, "", ""
        entry.mode = 0o755 if entry.isdir() else 0o644
        return entry

    with tarfile.open(bundle, "w") as archive:
        for each in _files(tree):
            archive.add(each, f"{tree.name}/{each.relative_to(tree)}", filter=plain)


def main() -> int:
    """Make a bundle as the arguments say."""
    parser = argparse.ArgumentParser(description="Make a signed bundle for offline installation.")
    parser.add_argument("--key", type=Path, required=True, help="Ed25519 private key, PEM")
    parser.add_argument("--output", type=Path, default=Path("dist"))
    parser.add_argument("--version", default=__version__, help="what the target calls it")
    parser.add_argument("--without-packages", action="store_true", help="without Debian's packages")
    given = parser.parse_args()
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(_EPOCH_1980))
    key = load_pem_private_key(given.key.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        parser.error(f"{given.key} is no Ed25519 key: openssl genpkey -algorithm ed25519")
    bundle = make(
        key=key, output=given.output, packages=not given.without_packages, version=given.version
    )
    print(bundle)
    return 0


if __name__ == "__main__":
    sys.exit(main())
