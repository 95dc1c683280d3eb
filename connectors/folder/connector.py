"""A watched folder: of this machine, or a share that is mounted."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.files.arrivals import Wanted
from connectors.files.connector import FileConnector
from connectors.files.intake import FileIntake
from connectors.files.results import FileResults
from connectors.folder.tree import FolderTree
from connectors.interfaces import Time


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSettings:
    """What IT says of it.

    Attributes:
        name: the connector's, for messages.
        path: the folder; `inbox` in it is there already, the others are made.
        settle_seconds: a file is taken when it has not changed for so long; 0: at once, for
            senders that rename files in.
        suffixes: of the documents, in small letters.
        beside: `json`: each document waits for `NAME.json`; `manifest`: for a CSV or JSONL in its
            folder; None: for nothing.
        max_bytes: of a file that is read.
    """

    name: str
    path: Path
    settle_seconds: float = 2.0
    suffixes: tuple[str, ...] = (".pdf",)
    beside: str | None = None
    max_bytes: int = 50 * 1024 * 1024


class FolderConnector(FileConnector):
    """Implements `connectors.interfaces.Connector`. On a share that hangs, its own threads hang."""

    def __init__(self, settings: FolderSettings, *, time: Time) -> None:
        super().__init__(
            settings.name,
            str(settings.path),
            intake=FileIntake(
                Wanted(settings.suffixes, settings.beside),
                settle_seconds=settings.settle_seconds,
                max_bytes=settings.max_bytes,
                time=time,
            ),
            results=FileResults(with_json=settings.beside == "json"),
        )
        self._path = settings.path

    @contextlib.contextmanager
    def tree(self) -> Iterator[FolderTree]:
        """See `FileConnector`."""
        with FolderTree.opened(self._path) as tree:
            yield tree
