"""Write an export: a new file, whole or not at all."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Engine
from sqlite_utils import Database

from gateway import __version__
from gateway.export import rows
from gateway.export.rows import Row

_INDEXES: Final = {
    "document": ("business_number", "company", "signed_at", "output_sha256"),
    "decision": ("record",),
    "record": ("document",),
    "egress": ("envelope",),
}


class _Part(NamedTuple):
    table: str
    key: str | tuple[str, ...] | None
    rows: Iterator[Row]


def write_export(
    engine: Engine,
    target: Path,
    *,
    since: datetime,
    until: datetime,
    origin: str,
    at: datetime,
    tell: Callable[[str, int], None],
) -> None:
    """Write documents, decisions, the audit log, what left and usage as tables of one SQLite file.

    Args:
        engine: of the store, to read.
        target: of the new file.
        since: documents, decisions and what left from here on.
        until: until before this moment.
        origin: the audit log's name.
        at: when this is.
        tell: is told each table and how many rows it has.

    Raises:
        FileExistsError: the file is there already.
        OSError: it cannot be written.
    """
    if target.exists():
        raise FileExistsError(17, "is there already; name a new file", str(target))
    partial = target.with_name(f".{target.name}.part")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        database = Database(partial)
        for part in _parts(engine, since, until):
            tell(part.table, _fill(database, part))
        database["about"].insert(  # type: ignore[union-attr]  # it is a table
            {
                "product": f"Sealgate {__version__}",
                "log": origin,
                "exported_at": at.isoformat(),
                "since": since.isoformat(),
                "until": until.isoformat(),
            }
        )
        database.vacuum()
        database.close()
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _parts(engine: Engine, since: datetime, until: datetime) -> Iterator[_Part]:
    yield _Part("document", "id", rows.documents(engine, since, until))
    yield _Part("decision", None, rows.decisions(engine, since, until))
    yield _Part("record", "record", rows.records(engine))
    yield _Part("checkpoint", "size", rows.checkpoints(engine))
    yield _Part("egress", "id", rows.egress(engine, since, until))
    yield _Part("usage", None, rows.usage(engine, since, until))


def _fill(database: Database, part: _Part) -> int:
    table = database.table(part.table, pk=part.key)
    table.insert_all(part.rows)
    if not table.exists():
        return 0
    for column in _INDEXES.get(part.table, ()):
        table.create_index([column])
    return table.count
