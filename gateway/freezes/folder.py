"""Freezes by file: the folder `freezes` where policies arrive, for when HTTP does not answer.

`NAME.freeze.jws` and `NAME.unfreeze.jws` have signed statements, one a line, that are one order.
`NAME.freeze.json` is a freeze that nobody signed, which counts where the policies name no officers.
Files are never changed or deleted.
"""

import asyncio
import contextlib
import os
from pathlib import Path

import structlog

from gateway.errors import Problem
from gateway.freezes.errors import FreezeStatementRefusedProblem
from gateway.freezes.file_names import FOLDER, FREEZE, MOST_BYTES, UNFREEZE, UNSIGNED
from gateway.freezes.service import FreezeService
from gateway.regular_files import read_regular, stat_of

_State = tuple[int, int, int]
"""Size, and when content and attributes changed (ns)."""

_log = structlog.get_logger("freezes")


class FreezeFolder:
    """Looks for new files.

    Attributes:
        refused: what is wrong with a file, by its name.
    """

    def __init__(self, directory: Path, service: FreezeService) -> None:
        """`directory` is the policies'."""
        self._folder = directory / FOLDER
        self._service = service
        self._seen: dict[Path, tuple[_State, object]] = {}
        self.refused: dict[str, str] = {}

    async def look(self) -> None:
        """Take every file that is new or was changed, and what was refused in other circumstances.

        One that cannot be kept keeps none of the others waiting.

        Raises:
            Exception: a freeze could not be kept; its file is taken again the next time.
            OSError: the folder cannot be read.
        """
        found = await asyncio.to_thread(self._states)
        self._seen = {path: self._seen[path] for path in self._seen.keys() & found.keys()}
        for name in [name for name in self.refused if self._folder / name not in found]:
            del self.refused[name]
        failure: Exception | None = None
        for path, state in found.items():
            if not self._is_done(path, state):
                circumstances = self._service.circumstances
                try:
                    await self._take(path)
                except Exception as error:  # noqa: BLE001 - it is raised, once all have been taken
                    failure = error
                else:
                    self._seen[path] = state, circumstances
        if failure is not None:
            raise failure

    def _is_done(self, path: Path, state: _State) -> bool:
        """Whether it was taken as it is, or was refused and nothing is otherwise since."""
        seen = self._seen.get(path)
        if seen is None or seen[0] != state:
            return False
        return path.name not in self.refused or seen[1] == self._service.circumstances

    def _states(self) -> dict[Path, _State]:
        if not self._folder.is_dir():
            return {}
        # Not by glob, which finds nothing, and says nothing, where it may not look.
        with os.scandir(self._folder) as entries:
            names = sorted(entry.name for entry in entries)
        found: dict[Path, _State] = {}
        for kind in (FREEZE, UNSIGNED, UNFREEZE):  # a freeze comes before what unfreezes it
            for path in (self._folder / name for name in names if name.endswith(kind)):
                with contextlib.suppress(FileNotFoundError):
                    state = stat_of(path)
                    found[path] = (state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        return found

    async def _take(self, path: Path) -> None:
        before = self.refused.pop(path.name, None)
        try:
            text = await asyncio.to_thread(_read, path)
            if path.name.endswith(UNSIGNED):
                await self._service.freeze_unsigned(text)
            elif path.name.endswith(FREEZE):
                await self._service.freeze(text.split())
            else:
                await self._service.unfreeze(text.split())
        except Problem as problem:
            if problem.owner == "it":  # the store's; it is no fault of the file
                raise
            self.refused[path.name] = problem.detail
            if problem.detail != before:
                _log.error(
                    "freeze_file_refused", file=str(path), why=problem.detail, cure=problem.cure
                )


def _read(path: Path) -> str:
    try:
        return read_regular(path, most_bytes=MOST_BYTES).decode()
    except OSError as error:
        raise FreezeStatementRefusedProblem(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise FreezeStatementRefusedProblem(f"it cannot be read: {error}") from None
