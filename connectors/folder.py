"""A watched folder: of this machine, or a share that is mounted."""

from dataclasses import dataclass
from pathlib import Path


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
