"""Whether a dump makes only what our migrations make: `pg_restore` runs whatever stands in it.

A trigger, a rule or a view with a function would act in the database that is put back, with the
gateway's rights, and no digest of a row shows it. Both the list of what a dump says that it has and
the statements themselves are looked at, since the one need not fit the other.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from gateway.backup.errors import BackupRefusedError
from gateway.backup.postgresql_dump import run

_LISTED = re.compile(r"\d+; \d+ \d+ (?P<kind>[A-Z][A-Z ]*[A-Z]) (?P<schema>\S+) (?P<name>.+)")
_KINDS: Final = frozenset(
    {
        "TABLE",
        "TABLE DATA",
        "VIEW",
        "INDEX",
        "CONSTRAINT",
        "FK CONSTRAINT",
        "SEQUENCE",
        "SEQUENCE OWNED BY",
        "SEQUENCE SET",
        "DEFAULT",
    }
)
_NAME: Final = r"(?:public\.)?\"?(?P<name>\w+)\"?"
_TABLE: Final = rf"ALTER TABLE(?: ONLY)? {_NAME}"
_SETTING: Final = (
    r"SET \w+ = (?:\w+|'[\w-]*')|SELECT pg_catalog\.set_config\('search_path', '', false\)"
)
_STATEMENTS: Final = tuple(
    re.compile(each, re.DOTALL)
    for each in (
        _SETTING,
        rf"CREATE TABLE {_NAME} \([^;]*\)",
        rf"CREATE VIEW {_NAME} AS\s[^;]*",
        rf"CREATE (?:UNIQUE )?INDEX {_NAME} ON [^;]*",
        rf"CREATE SEQUENCE {_NAME}\s[^;]*",
        rf"ALTER SEQUENCE {_NAME} OWNED BY [\w.\"]+",
        rf"{_TABLE} ALTER COLUMN [\w\"]+ SET DEFAULT nextval\('[\w.\"]+'::regclass\)",
        rf"{_TABLE}\s+ADD CONSTRAINT [\w\"]+ (?:PRIMARY KEY|UNIQUE|FOREIGN KEY|CHECK) [^;]*",
    )
)
_AMONG_ROWS = re.compile(
    rf"(?:{_SETTING}|SELECT pg_catalog\.setval\('[\w.\"]+', \d+, (?:true|false)\));"
)
_FOR_PSQL = re.compile(r"\\(?:un)?restrict \w+")
"""What newer programs write around all of it."""
_CALLED = re.compile(r"([\w.\"]+)\s*\(")
_HIDING: Final = ("/*", "--", "$")
"""What no statement of ours has: the beginnings of comments and of quoted bodies."""
_CALLED_IN_TABLES: Final = frozenset(
    {"varying", "key", "unique", "check", "btree", "where", "and", "or", "nextval"}
)
"""What stands before a bracket in our tables, constraints and indexes, besides names of tables."""
_CALLED_IN_VIEWS: Final = frozenset({"substr", "sum", "by", "as", "select"})
"""The functions that our views call, and the words that stand before a bracket."""
_CURE: Final = "somebody has changed it. Take another backup, and tell the security officer"


def prove_plain(program: str, dump: Path, fresh: Path) -> None:
    """Raise for a dump with anything that no version of Sealgate makes.

    Args:
        program: `pg_restore`.
        dump: the file.
        fresh: an SQLite file with the tables and views of the dump's revision.

    Raises:
        BackupRefusedError: names the first such thing.
        BackupFailedError: the dump cannot be read.
    """
    with closing(sqlite3.connect(fresh)) as made:
        named = made.execute("SELECT type, name FROM sqlite_master").fetchall()
    tables = {name for kind, name in named if kind == "table"}
    views = {name for kind, name in named if kind == "view"}
    for line in run([program, "--list", str(dump)], {}).splitlines():
        if line.strip() and not line.startswith(";"):
            _prove_listed(line, tables, views)
    words = [program, "--schema-only", "--no-owner", "--no-privileges", "--file=-", str(dump)]
    prove_statements(run(words, {}), tables, views)


def prove_statements(script: str, tables: set[str], views: set[str]) -> None:
    """Raise for a statement that is none of ours.

    Args:
        script: as `pg_restore --schema-only` writes it.
        tables: the names of ours.
        views: the same.

    Raises:
        BackupRefusedError: shows its beginning.
    """
    for statement in _statements(script):
        _prove_statement(statement, tables, views)


def is_plain_among_rows(line: str) -> bool:
    """Whether a line between the rows of tables does nothing but set numbers and settings."""
    line = line.strip()
    return (
        not line
        or line.startswith("--")
        or _AMONG_ROWS.fullmatch(line) is not None
        or _FOR_PSQL.fullmatch(line) is not None
    )


def refused(what: str) -> BackupRefusedError:
    """The same words for each."""
    shown = " ".join(what.split())[:80]
    return BackupRefusedError(
        f"its database has {shown!r}, which no version of Sealgate makes: {_CURE}"
    )


def _prove_listed(line: str, tables: set[str], views: set[str]) -> None:
    found = _LISTED.fullmatch(line)
    if found is None:
        raise refused(line)
    # The owner stands last, and of what belongs to a table, the table first.
    name = found["name"].split(" ")[0]
    if (
        found["kind"] not in _KINDS
        or found["schema"] != "public"
        or (found["kind"] in {"TABLE", "TABLE DATA"} and name not in tables | {"alembic_version"})
        or (found["kind"] == "VIEW" and name not in views)
    ):
        raise refused(f"{found['kind'].lower()} {name}")


def _statements(script: str) -> Iterator[str]:
    """One by one; comments are left out between them alone, as within one they may be its text."""
    lines: list[str] = []
    for line in script.split("\n"):
        if not lines and (
            not line.strip() or line.startswith("--") or _FOR_PSQL.fullmatch(line) is not None
        ):
            continue
        lines.append(line)
        if line.endswith(";"):
            yield "\n".join(lines).removesuffix(";")
            lines = []
    if lines:
        yield "\n".join(lines)


def _prove_statement(statement: str, tables: set[str], views: set[str]) -> None:
    found = next(filter(None, (each.fullmatch(statement) for each in _STATEMENTS)), None)
    if found is None or any(each in statement for each in _HIDING):
        raise refused(statement)
    name = found.groupdict().get("name")
    called = {each.replace('"', "").lower() for each in _CALLED.findall(statement)}
    if statement.startswith("CREATE TABLE") and name not in tables | {"alembic_version"}:
        raise refused(f"table {name}")
    if statement.startswith("CREATE VIEW"):
        if name not in views or not called <= _CALLED_IN_VIEWS:
            raise refused(statement)
    elif statement.startswith(("CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE", "ALTER TABLE")):
        named = {f"public.{each}" for each in tables} | tables | {"public.alembic_version"}
        if not called <= _CALLED_IN_TABLES | named:
            raise refused(statement)
