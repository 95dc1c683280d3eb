"""Bundles of several versions, made and verified as their maker and IT do."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.commands import run

ROOT = Path(__file__).parents[2]
FIRST, SECOND, BROKEN = "0.1.0", "0.1.1", "0.1.2"


@dataclass(frozen=True)
class Bundles:
    """Bundles of several versions, signed with one key, and where they are verified.

    Attributes:
        cache: the directory of all that.
    """

    cache: Path

    @property
    def key(self) -> Path:
        return self.cache / "bundle.key.pem"

    @property
    def public(self) -> Path:
        return self.cache / "bundle.pub.pem"

    def begin(self) -> None:
        """None is left of those that were made before, and they are signed with a new key."""
        for each in ("dist", "unpacked"):
            shutil.rmtree(self.cache / each, ignore_errors=True)
        (self.cache / "dist").mkdir(parents=True)
        self.make_key()

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
