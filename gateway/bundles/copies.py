"""The gateway's own copies of what was in force: a file that IT deletes stops nobody."""

import os
from pathlib import Path

from gateway.bundles.archive import MOST_BYTES
from gateway.bundles.errors import BundleFileError
from gateway.bundles.manifest import Manifest
from gateway.durable import sync_directory
from gateway.regular_files import read_regular


class BundleCopies:
    """A directory below the state directory, one file for each bundle that came into force."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, data: bytes, manifest: Manifest) -> None:
        """Write it; when this returns, it would survive a power cut.

        Raises:
            OSError: it cannot be written.
        """
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.path_of(manifest)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
        sync_directory(self._directory)

    def load(self, manifest: Manifest) -> bytes:
        """The file's bytes; what they are is for `reading` to say.

        Raises:
            BundleFileError: there is no such copy, or it cannot be read.
        """
        path = self.path_of(manifest)
        try:
            return read_regular(path, most_bytes=MOST_BYTES)
        except OSError as error:
            raise BundleFileError(f"{path} cannot be read: {error.strerror}") from error

    def path_of(self, manifest: Manifest) -> Path:
        """Where the copy of that bundle is."""
        name = f"{manifest.sequence:06}-{manifest.digest.removeprefix('sha256:')[:16]}.sealbundle"
        return self._directory / name
