"""Parts of the state directory on small file systems of their own, which can be filled."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Volume:
    """A tmpfs."""

    path: Path

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self) -> None:
        """Leave not a block free."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (_CHUNK, 1):
                with contextlib.suppress(OSError):
                    while True:
                        ballast.write(bytes(size))

    def empty(self) -> None:
        """Give all of it back."""
        self._ballast.unlink()


def can_mount() -> bool:
    """Whether this process may: it takes root with CAP_SYS_ADMIN."""
    return (
        os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0
    )


@contextlib.contextmanager
def volumes_at(*directories: Path, mebibytes: int) -> Iterator[tuple[Volume, ...]]:
    """Put each directory, with all that is in it, on a tmpfs of its own; outer ones first.

    What is written there is gone afterwards. The gateway wants 64 MiB of each to be free.
    """
    with contextlib.ExitStack() as stack:
        yield tuple(
            stack.enter_context(_mounted(directory, mebibytes)) for directory in directories
        )


@contextlib.contextmanager
def _mounted(directory: Path, mebibytes: int) -> Iterator[Volume]:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = f"size={mebibytes}m,mode=700"
    with tempfile.TemporaryDirectory() as before:
        shutil.copytree(directory, before, dirs_exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "sealgate", directory], check=True)
        try:
            shutil.copytree(before, directory, dirs_exist_ok=True)
            yield Volume(directory)
        finally:
            subprocess.run(["umount", "--lazy", directory], check=True)
