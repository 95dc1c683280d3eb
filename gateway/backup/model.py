"""What a backup says of itself."""

from datetime import datetime
from typing import Final, Literal

import msgspec

MANIFEST: Final = "manifest.json"
"""The last member of a backup: one that was cut off has none."""

SQLITE_COPY: Final = "database.sqlite"
POSTGRESQL_DUMP: Final = "database.pgdump"
"""The database, by its engine."""


class FileEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A member: SHA-256 of its content, hex, and how many bytes it has."""

    sha256: str
    size: int


class LogState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The audit log at the moment of the backup.

    Attributes:
        size: how many records there are.
        root: of the tree over all of them (RFC 6962), hex.
        signed_size: how many the newest signed tree head covers.
        newest: when the last record was made; None: there is none.
    """

    size: int
    root: str
    signed_size: int
    newest: datetime | None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the operator must keep himself, and why it is not in the backup."""

    what: str
    why: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All that is in a backup.

    Attributes:
        version: of the program that made it.
        created_at: the moment that the backup shows.
        finished_at: when the last file had been copied.
        node: the gateway's name among those of its database.
        revision: of the database's schema.
        log_key: the audit log's verifier key (`origin+id+base64`).
        documents: how many sealed documents the database knows.
        files: every member but the manifest, by name.
    """

    format: Literal[1] = 1
    version: str
    created_at: datetime
    finished_at: datetime
    node: str
    engine: Literal["sqlite", "postgresql"]
    revision: str
    log_key: str
    log: LogState
    documents: int
    files: dict[str, FileEntry]
    left_out: tuple[LeftOut, ...]


class RestoredFrom(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which backup the state comes from, for the record of the next start."""

    backup: str
    manifest: str
    created_at: datetime
    records: int
