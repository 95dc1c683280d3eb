"""Freezes by file: `stops/` in the policy directory, for when nobody gets through by HTTP.

`NAME.freeze.jws` and `NAME.lift.jws` have signed statements, one a line, that are one order.
`NAME.freeze.json` is a freeze that nobody signed, which counts where the policies name no officers.
Files are never changed or deleted.
"""

import asyncio
from pathlib import Path

import structlog

from gateway.errors import Problem
from gateway.stops.errors import StopStatementRefusedProblem
from gateway.stops.file_names import FOLDER, FREEZE, LIFT, UNSIGNED
from gateway.stops.room import StopRoom

_MOST_BYTES = 1024 * 1024

_State = tuple[int, int]
"""Size and time of change (ns)."""

_log = structlog.get_logger("stops")


class StopFolder:
    """Looks for new files.

    Attributes:
        refused: what is wrong with a file, by its name.
    """

    def __init__(self, directory: Path, room: StopRoom) -> None:
        """`directory` is the policies'."""
        self._folder = directory / FOLDER
        self._room = room
        self._seen: dict[Path, _State] = {}
        self.refused: dict[str, str] = {}

    async def look(self) -> None:
        """Take every file that is new or was changed.

        Raises:
            Problem: the freeze could not be kept; the file is taken again the next time.
            OSError: the folder cannot be read.
        """
        found = await asyncio.to_thread(self._states)
        for name in [name for name in self.refused if self._folder / name not in found]:
            del self.refused[name]
        for path, state in found.items():
            if self._seen.get(path) != state:
                await self._take(path)
                self._seen[path] = state

    def _states(self) -> dict[Path, _State]:
        if not self._folder.is_dir():
            return {}
        found: dict[Path, _State] = {}
        for kind in (FREEZE, UNSIGNED, LIFT):  # a freeze comes before what lifts it
            for path in self._folder.glob(f"*{kind}"):
                state = path.stat()
                found[path] = (state.st_size, state.st_mtime_ns)
        return found

    async def _take(self, path: Path) -> None:
        self.refused.pop(path.name, None)
        try:
            text = await asyncio.to_thread(_read, path)
            if path.name.endswith(UNSIGNED):
                await self._room.freeze_unsigned(text)
            elif path.name.endswith(FREEZE):
                await self._room.freeze(text.split())
            else:
                await self._room.lift(text.split())
        except Problem as problem:
            if problem.owner == "it":  # the store's; it is no fault of the file
                raise
            self.refused[path.name] = problem.detail
            _log.error("stop_file_refused", file=str(path), why=problem.detail, cure=problem.cure)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise StopStatementRefusedProblem(f"it is longer than {_MOST_BYTES} bytes")
        return data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise StopStatementRefusedProblem(f"it cannot be read: {error}") from None
