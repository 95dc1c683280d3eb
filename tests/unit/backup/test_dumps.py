"""PostgreSQL's own programs: found, new enough, and what they dump is read without a server."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from gateway.backup.dumped_rows import load_dump
from gateway.backup.dumped_schema import is_plain_among_rows, prove_statements
from gateway.backup.errors import BackupFailedError, BackupRefusedError
from gateway.backup.postgresql_dump import PostgreSQLMoment, fitting, restore_dump
from gateway.store.engines.postgresql import PostgreSQL
from gateway.store.migrating import migrate, newest_revision, revision_of
from gateway.store.schema import audit_leaf, event
from tests.postgres_server import Server, postgres

__all__ = ["postgres"]

ODD = "一\t二\n三\\n四\\\\\r\x0b\x08\x0c'\"\\N"


def _program(directory: Path, name: str, says: str) -> None:
    file = directory / name
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(0o755)


def test_without_pg_dump_it_is_told_which_package_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupFailedError, match=r"no pg_dump .* postgresql-client"):
        fitting("pg_dump", 15)


def test_a_pg_dump_that_is_older_than_the_server_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, postgres: Server
) -> None:
    _program(tmp_path, "pg_dump", "pg_dump (PostgreSQL) 12.9 (Debian)")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(BackupFailedError, match="of PostgreSQL 12, and the server is 15"):
        PostgreSQLMoment(postgres.emptied())


def _with_rows(database: PostgreSQL) -> None:
    engine = database.open_writer()
    with engine.begin() as connection:
        connection.execute(
            insert(audit_leaf),
            [
                {"index": number, "leaf": bytes(range(256)) * number, "leaf_hash": b"\\x\t" * 10}
                for number in range(3)
            ],
        )
        connection.execute(insert(event).values(**_event()))
    engine.dispose()


def _event() -> dict[str, object]:
    return {
        column.name: {
            "String": ODD[: getattr(column.type, "length", 0) or 100],
            "Text": ODD,
            "LargeBinary": b"\x00\\\n",
            "Float": 1.5,
        }.get(type(column.type).__name__, 7)
        for column in event.columns
    }


def test_a_dump_is_of_the_moment_that_was_held_and_every_value_comes_back(
    postgres: Server, tmp_path: Path
) -> None:
    database = postgres.emptied()
    _with_rows(database)
    with closing(PostgreSQLMoment(database)) as moment:
        writer = database.open_writer()
        with writer.begin() as connection:
            connection.execute(insert(audit_leaf).values(index=99, leaf=b"later", leaf_hash=b"x"))
        writer.dispose()
        moment.copy_to(tmp_path / "dump")
    load_dump(tmp_path / "dump", tmp_path / "rows.sqlite")
    with closing(sqlite3.connect(tmp_path / "rows.sqlite")) as rows:
        found = rows.execute('SELECT "index", leaf, leaf_hash FROM audit_leaf').fetchall()
        assert found == [(number, bytes(range(256)) * number, b"\\x\t" * 10) for number in range(3)]
        names = [column.name for column in event.columns]
        quoted = ", ".join(f'"{name}"' for name in names)
        (values,) = rows.execute(f"SELECT {quoted} FROM event").fetchall()  # noqa: S608 - our own
        assert dict(zip(names, values, strict=True)) == _event()
    again = postgres.database()
    restore_dump(again, tmp_path / "dump")
    reader = again.open_reader()
    with reader.connect() as connection:
        assert len(connection.execute(select(audit_leaf)).all()) == 3
    assert revision_of(reader) == newest_revision()
    reader.dispose()


def test_a_dump_goes_in_whole_or_not_at_all(postgres: Server, tmp_path: Path) -> None:
    database = postgres.emptied()
    with closing(PostgreSQLMoment(database)) as moment:
        moment.copy_to(tmp_path / "dump")
    occupied = postgres.database()
    writer = occupied.open_writer()
    with writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE writer (id int)")
    writer.dispose()
    with pytest.raises(BackupFailedError, match="pg_restore failed"):
        restore_dump(occupied, tmp_path / "dump")
    assert not occupied.exists()


_FUNCTION = (
    "CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN DELETE FROM event; "
    "RETURN NEW; END$$"
)


_TRIGGER = (
    "CREATE TRIGGER evil BEFORE UPDATE ON audit_leaf FOR EACH ROW EXECUTE FUNCTION "
    "suppress_redundant_updates_trigger()"
)


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        ((_FUNCTION,), "function evil"),
        (
            (_TRIGGER,),
            "trigger audit_leaf",
        ),
        (("CREATE RULE evil AS ON INSERT TO event DO INSTEAD NOTHING",), "rule event"),
        (("CREATE VIEW evil AS SELECT 1",), "view evil"),
        (("CREATE MATERIALIZED VIEW evil AS SELECT 1",), "materialized view evil"),
        (("CREATE TABLE evil (x int)",), "table evil"),
        (("CREATE SCHEMA evil",), "schema evil"),
        (
            (
                "DROP VIEW usage_by_seal",
                "CREATE VIEW usage_by_seal AS SELECT query_to_xml('SELECT 1', true, true, '')",
            ),
            "CREATE VIEW public.usage_by_seal",
        ),
        (("CREATE EXTENSION pg_trgm",), "extension"),
        (("ALTER TABLE event ENABLE ROW LEVEL SECURITY",), "row security event"),
    ],
)
def test_what_would_act_in_the_database_by_itself_is_refused(
    postgres: Server, tmp_path: Path, statements: tuple[str, ...], told: str
) -> None:
    database = postgres.database()
    writer = database.open_writer()
    migrate(writer)
    with writer.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    writer.dispose()
    with closing(PostgreSQLMoment(database)) as moment:
        moment.copy_to(tmp_path / "dump")
    with pytest.raises(BackupRefusedError, match=told) as refused:
        load_dump(tmp_path / "dump", tmp_path / "rows.sqlite")
    assert "tell the security officer" in str(refused.value)


def test_a_statement_that_hides_behind_the_name_of_a_table_is_refused(
    postgres: Server, tmp_path: Path
) -> None:
    with closing(PostgreSQLMoment(postgres.emptied())) as moment:
        moment.copy_to(tmp_path / "dump")
    content = (tmp_path / "dump").read_bytes()
    # Of the same length, so that the file stays one: what it lists is as it was.
    for old, new in (
        (b"CREATE TABLE public.event", b"DROP TABLE public.audi--x"),
        (b"COPY public.event (", b"DROP TABLE x;--    "),
    ):
        assert len(old) == len(new)
        assert old in content
        (tmp_path / "forged").write_bytes(content.replace(old, new))
        with pytest.raises(BackupRefusedError, match="no version of Sealgate makes"):
            load_dump(tmp_path / "forged", tmp_path / "rows.sqlite")


@pytest.mark.parametrize(
    ("line", "is_plain"),
    [
        ("SET statement_timeout = 0;", True),
        ("SET client_encoding = 'UTF8';", True),
        ("SELECT pg_catalog.set_config('search_path', '', false);", True),
        ("SELECT pg_catalog.setval('public.job_id_seq', 12, true);", True),
        ("-- Data for Name: freeze", True),
        ("\\restrict abc123", True),
        ("", True),
        ("SELECT pg_catalog.setval('public.job_id_seq', 12, true); DROP TABLE freeze;", False),
        ("SELECT lo_import('/etc/passwd');", False),
        ("SET a = ';", False),  # it opens a text that the next line would end
        ("SET a = 'b' , c';", False),
        ("COPY public.freeze FROM PROGRAM 'id';", False),
        ("\\! id", False),
    ],
)
def test_lines_between_the_rows_set_numbers_and_nothing_else(line: str, *, is_plain: bool) -> None:
    assert is_plain_among_rows(line) is is_plain


@pytest.mark.parametrize(
    "script",
    [
        "ALTER TABLE x ALTER COLUMN id/**/DROP/**/DEFAULT;x SET DEFAULT nextval('s'::regclass);",
        "ALTER TABLE event\n    ADD CONSTRAINT a/**/CHECK(true);DO$$BEGIN$$;x UNIQUE (a);",
        "CREATE TABLE public.event (a text DEFAULT 'x\n--');\nDROP TABLE freeze; SELECT ('\n');",
        "CREATE TABLE public.event (\n    a text DEFAULT lo_import('/etc/passwd')\n);",
        "CREATE TABLE public.event (\n    a text\n)\nINHERITS (public.audit_leaf);",
        "ALTER TABLE ONLY public.event\n    ADD CONSTRAINT a CHECK ((pg_sleep(9) IS NULL));",
        "CREATE INDEX a ON public.event USING btree (lo_import(id));",
        "CREATE INDEX a ON public.event USING btree (id) -- x",
        "CREATE TABLE public.event (\n    a text DEFAULT $$x$$\n);",
    ],
)
def test_a_statement_that_looks_like_one_of_ours_is_refused(script: str) -> None:
    prove_statements(
        "CREATE TABLE public.event (\n    id character varying(36)\n);", {"event"}, set()
    )
    with pytest.raises(BackupRefusedError, match="no version of Sealgate makes"):
        prove_statements(script, {"event"}, set())


def test_what_is_no_dump_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(b"PGDMP and nothing")
    with pytest.raises((BackupFailedError, BackupRefusedError)):
        load_dump(tmp_path / "dump", tmp_path / "rows.sqlite")


def test_a_password_goes_by_a_file_and_by_no_word(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    real = shutil.which("pg_dump")
    assert real is not None
    file = tmp_path / "pg_dump"
    file.write_text(
        f'#!/bin/sh\necho "$@" >> {told}\nenv >> {told}\n'
        f'[ -n "$PGPASSFILE" ] && cat "$PGPASSFILE" > {tmp_path}/pass\nexec {real} "$@"\n'
    )
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    database = PostgreSQL(url=postgres.emptied().url, password="se:c\\ret")  # noqa: S106 - a test's
    with closing(PostgreSQLMoment(database)) as moment:
        moment.copy_to(tmp_path / "dump")
    assert (tmp_path / "pass").read_text() == "*:*:*:*:se\\:c\\\\ret\n"
    assert "se:c" not in told.read_text()
