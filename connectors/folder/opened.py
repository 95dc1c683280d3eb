"""The folders below one folder, each opened once: what is done to many files asks for few."""

import contextlib
import os
from collections import OrderedDict
from typing import Final

FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

# More than the parts of two paths have, so that none is closed while it is in use.
_MOST_OPEN: Final = 64


class OpenFolders:
    """Descriptors of folders by their paths, opened part by part; no symbolic link is followed.

    A descriptor is this object's own, and good as long as its folder is among the last that were
    asked for.
    """

    def __init__(self, root: int, *, mode: int) -> None:
        """Below the folder that `root` is open to; what is made gets the rights `mode`."""
        self._root = root
        self._mode = mode
        self._open: OrderedDict[str, int] = OrderedDict()

    def at(self, path: str, *, make: bool = False) -> int:
        """The folder of this path, which has no empty parts; empty: the root.

        Raises:
            FileNotFoundError: it is not there, and was not to be made.
            OSError: it is no folder, or cannot be opened.
        """
        if not path:
            return self._root
        found = self._open.get(path)
        if found is None:
            parent, _, part = path.rpartition("/")
            found = self._open[path] = self._opened(part, self.at(parent, make=make), make=make)
            if len(self._open) > _MOST_OPEN:
                os.close(self._open.popitem(last=False)[1])
        else:
            self._open.move_to_end(path)
        return found

    def forget(self, path: str) -> None:
        """Another folder may have this path from now on, or none."""
        below = f"{path}/"
        for known in [each for each in self._open if each == path or each.startswith(below)]:
            os.close(self._open.pop(known))

    def close(self) -> None:
        """Close all but the root."""
        while self._open:
            os.close(self._open.popitem()[1])

    def _opened(self, part: str, parent: int, *, make: bool) -> int:
        try:
            return os.open(part, FOLDER, dir_fd=parent)
        except FileNotFoundError:
            if not make:
                raise
        made = False
        with contextlib.suppress(FileExistsError):
            os.mkdir(part, 0o700, dir_fd=parent)
            made = True
        folder = os.open(part, FOLDER, dir_fd=parent)
        if made:
            os.fchmod(folder, self._mode)
        return folder
