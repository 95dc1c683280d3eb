"""The rows of a dump in an SQLite file, so that what verifies the one verifies the other.

`pg_restore` gives a dump's rows in the text format of COPY without any server:
https://www.postgresql.org/docs/current/sql-copy.html.
"""

import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Final

from gateway.backup.dumped_schema import is_plain_among_rows, prove_plain, refused
from gateway.backup.errors import BackupRefusedError
from gateway.backup.postgresql_dump import fitting, run
from gateway.store.engines.database import open_writer
from gateway.store.migrating import known_revisions, migrate_to

_COPY = re.compile(r"COPY (?:\w+\.)?\"?(\w+)\"? \((.*)\) FROM stdin;\n")
_REVISION = re.compile(r"^(\w+)$", re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)")
_MARKS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_AT_ONCE: Final = 1000

_Value = str | int | float | bytes | None


def load_dump(dump: Path, target: Path) -> None:
    """Make an SQLite file of the dump's revision with its rows.

    Raises:
        BackupRefusedError: the dump cannot be read, its revision is not known, or it has more than
            our tables and their rows.
        BackupFailedError: there is no `pg_restore` here.
    """
    program = fitting("pg_restore")
    engine = open_writer(target)
    try:
        migrate_to(engine, _revision(program, dump))
    finally:
        engine.dispose()
    prove_plain(program, dump, target)
    words = [program, "--data-only", "--file=-", str(dump)]
    with (
        closing(sqlite3.connect(target)) as rows,
        subprocess.Popen(  # noqa: S603 - a program that `fitting` found, no shell
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as told,
    ):
        rows.execute("PRAGMA synchronous=OFF").close()
        rows.execute("PRAGMA journal_mode=DELETE").close()
        try:
            _load(told, rows)
        finally:
            told.kill()  # one that has ended takes no notice
        rows.commit()


def _revision(program: str, dump: Path) -> str:
    said = run([program, "--data-only", "--table=alembic_version", "--file=-", str(dump)], {})
    body = said.partition("FROM stdin;\n")[2].partition("\\.")[0]
    found = _REVISION.search(body)
    if found is None or found[1] not in known_revisions():
        raise BackupRefusedError(
            f"the database is at revision {found[1] if found else 'none'}, which this version does "
            "not know: take the version that made the backup, or a newer one"
        )
    return found[1]


def _load(told: "subprocess.Popen[bytes]", rows: sqlite3.Connection) -> None:
    if told.stdout is None:
        raise ValueError("its standard output is a pipe")
    try:
        with TextIOWrapper(told.stdout, encoding="utf-8", newline="\n") as lines:
            for line in lines:
                if (begun := _COPY.fullmatch(line)) is not None:
                    names = [name.strip().strip('"') for name in begun[2].split(",")]
                    _load_table(rows, begun[1], names, lines)
                elif not is_plain_among_rows(line):
                    raise refused(line)
    except (sqlite3.Error, ValueError, IndexError) as error:
        raise BackupRefusedError(f"the dump does not hold what it says: {error}") from error
    if told.wait():
        raise BackupRefusedError("pg_restore cannot read the dump: take another backup")


def _load_table(rows: sqlite3.Connection, table: str, names: list[str], lines: IO[str]) -> None:
    kinds = {row[1]: row[2] for row in rows.execute(f'PRAGMA table_info("{table}")')}
    readers = [_reader(kinds[name]) if name in kinds else None for name in names]
    if None in readers:
        raise ValueError(f"table {table} has columns of no version that this one knows")
    marks = ", ".join("?" * len(names))
    quoted = ", ".join(f'"{name}"' for name in names)
    rows.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names of our own schema, see above
    found = _values(lines, [each for each in readers if each is not None])
    while some := list(islice(found, _AT_ONCE)):
        rows.executemany(f'INSERT INTO "{table}" ({quoted}) VALUES ({marks})', some)  # noqa: S608 - as above


def _values(lines: IO[str], readers: list[Callable[[str], _Value]]) -> Iterator[list[_Value]]:
    for line in lines:
        text = line.removesuffix("\n")
        if text == "\\.":
            return
        fields = zip(readers, text.split("\t"), strict=True)
        yield [None if field == "\\N" else read(_plain(field)) for read, field in fields]
    raise ValueError("its rows have no end")


def _plain(field: str) -> str:
    if "\\" not in field:
        return field
    return _ESCAPED.sub(lambda found: _MARKS.get(found[1], found[1]), field)


def _reader(kind: str) -> Callable[[str], _Value]:
    kind = kind.upper()
    if kind == "BLOB":
        return lambda text: bytes.fromhex(text.removeprefix("\\x"))
    if kind.endswith("INT") or kind == "INTEGER":
        return int
    return float if kind == "FLOAT" else str
