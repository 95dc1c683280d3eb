"""Bundles of several versions, made and verified as their maker and IT do."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIRST, SECOND, BROKEN = "0.1.0", "0.1.1", "0.1.2"


@dataclass(frozen=True)
class Bundles:
    """Bundles of several versions, signed with one key, and where they are verified."""

    cache: Path

    @property
    def key(self) -> Path:
        return self.cache / "bundle.key.pem"

    @property
    def public(self) -> Path:
        return self.cache / "bundle.pub.pem"

    def make_key(self) -> None:
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(self.key))
        run("openssl", "pkey", "-in", str(self.key), "-pubout", "-out", str(self.public))

    def make(self, version: str) -> Path:
        command = [sys.executable, "-m", "deploy.bundle.make", "--version", version]
        where = ["--key", str(self.key), "--output", str(self.cache / "dist")]
        told = run(*command, *where, cwd=ROOT)
        return Path(told.splitlines()[-1])

    def verify(self, bundle: Path, *more: str) -> Path:
        verifier = str(ROOT / "deploy/bundle/verify.py")
        place = str(self.cache / "unpacked")
        told = run("/usr/bin/python3", verifier, str(bundle), str(self.public), place, *more)
        return Path(told.strip())


def run(*command: str, cwd: Path | None = None) -> str:
    """Run it here; gives what it printed, RuntimeError with its last words where it failed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} …: {(done.stderr or done.stdout).strip()[-1000:]}")
    return done.stdout
