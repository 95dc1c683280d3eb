"""Files of contents that no row names: a node has died between the two, or lost its database.

A body is on the disk before its row's transaction begins. What is known not to have been written
takes its file along (`Contents`); what is left is found here, by its age. Nodes that share a folder
may do so side by side: none has a file under way for an hour.
"""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection, bindparam, select

from cloud_bridge.network.contents import files as content_files
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.store.schema import content

AT_ONCE: Final = 500
"""Names that are looked up together."""
MOST: Final = 5000
"""Files that are removed in one go: what is left over is kept in mind until all are known."""
FEW: Final = 100
"""So many are removed whatever the database names besides."""

_OLD_SECONDS: Final = 3600.0
_NAMED: Final = select(content.c.file).where(
    content.c.envelope.in_(bindparam("envelopes", expanding=True)),
    content.c.file.in_(bindparam("files", expanding=True)),
)

_log = structlog.get_logger("network")


class Leftovers:
    """Sweeps the directory of the contents.

    Args:
        lane: knows which files have rows.
        directory: of the bodies.
    """

    def __init__(self, lane: Lane, directory: Path) -> None:
        self._lane = lane
        self._directory = directory

    async def sweep(self) -> int:
        """Remove files that are older than an hour and that no row names; gives how many.

        Where the database names fewer files than it does not, it is not the one that belongs to
        them, or has been put back to a day long ago: then nothing is removed, and the log says so.

        Raises:
            OSError: the directory cannot be read.
            StoreProblem: the database could not say.
        """
        named, idle = await self._looked()
        if not idle:
            return 0
        if len(idle) > max(named, FEW):
            _log.error(
                "contents_unnamed",
                files=len(idle),
                named=named,
                cure="nothing was removed: see whether store names the database of these contents",
            )
            return 0
        await asyncio.to_thread(content_files.forget, self._directory, idle)
        _log.info("contents_left_over", files=len(idle))
        return len(idle)

    async def _looked(self) -> tuple[int, list[str]]:
        """How many files have rows, and those that should have one by now and have none."""
        try:
            now = await asyncio.to_thread(content_files.present, self._directory)
        except FileNotFoundError:  # nobody has brought anything yet
            return 0, []
        files = content_files.all_of(self._directory)
        named, idle = 0, list[str]()
        while len(idle) < MOST and (some := await asyncio.to_thread(_next, files)):
            rows = await self._lane.read(partial(_with_rows, some))
            named += len(rows)
            others = [file for file in some if file not in rows]
            # In this order: a row that came after it was listed is seen, or its file is young.
            idle += await asyncio.to_thread(
                content_files.written_before,
                self._directory,
                others,
                moment=now - _OLD_SECONDS,
            )
        return named, idle[:MOST]


def _next(files: Iterator[str]) -> list[str]:
    return list(islice(files, AT_ONCE))


def _with_rows(files: Sequence[str], connection: Connection) -> set[str]:
    envelopes = sorted({file.partition("/")[0] for file in files})
    return set(connection.scalars(_NAMED, {"envelopes": envelopes, "files": list(files)}))
