"""A database of an earlier version is brought up to date, and says the same as before."""

import json
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, text

import gateway.store
from gateway.store.engines.database import open_reader, open_writer
from gateway.store.migrating import migrate
from gateway.store.rows.documents import DocumentReader
from gateway.store.rows.freezes import freeze_row, live_freezes, unfreeze_rows

_BEFORE_ACTS = "0002"
_VALUES = {
    **dict.fromkeys(("id", "system", "idempotency_key", "state", "seal"), "x"),
    **dict.fromkeys(("document_type", "business_number", "trace_id"), "x"),
    **dict.fromkeys(("request_digest", "request", "decision", "salt"), b""),
    **dict.fromkeys(("input_digest", "to_be_signed_digest"), b""),
    "signed_at": 1_795_000_000,
    "intent_index": 0,
}


def _bring_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option(
        "script_location", str(Path(gateway.store.__file__).parent / "migrations")
    )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


async def test_a_document_from_before_acts_is_the_only_part_of_its_own(tmp_path: Path) -> None:
    engine = open_writer(tmp_path / "test.sqlite")
    _bring_to(engine, _BEFORE_ACTS)
    with engine.begin() as connection:
        names = ", ".join(_VALUES)
        values = ", ".join(f":{name}" for name in _VALUES)
        connection.execute(text(f"INSERT INTO document ({names}) VALUES ({values})"), _VALUES)  # noqa: S608 - our own names

    migrate(engine)

    reader = DocumentReader(open_reader(tmp_path / "test.sqlite"))
    row = await reader.by_key("x", "x")
    assert row is not None
    assert (row.act, row.part, row.parts) == (None, 1, 1)
    assert row.is_last
    assert row.signed_at == datetime.fromtimestamp(_VALUES["signed_at"], UTC)  # type: ignore[arg-type]  # it is a number
    indexes = {each["name"]: each for each in inspect(engine).get_indexes("document")}
    assert indexes["document_by_key"]["unique"]
    await reader.close()
    engine.dispose()


def test_uses_that_were_counted_by_time_zone_are_forgotten(tmp_path: Path) -> None:
    engine = open_writer(tmp_path / "test.sqlite")
    _bring_to(engine, "0003")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO charge VALUES ('p/r/perDay', '2026-11-22', 3)"))

    migrate(engine)

    assert "charge" not in inspect(engine).get_table_names()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM charge_slot")).all() == []
    engine.dispose()


def test_approvals_from_before_are_found_by_whom_they_concern(tmp_path: Path) -> None:
    engine = open_writer(tmp_path / "test.sqlite")
    _bring_to(engine, "0004")
    asked = {
        "request": {"caller": {"system": "person:li", "person": "li"}, "requested_by": "sun"},
        "rule": {"approvals": {"stages": [{"count": 1, "roles": ["head", "lawyer"]}]}},
    }
    values: dict[str, object] = {
        **dict.fromkeys(("id", "state", "seal", "document_type", "rule", "bundle"), "x"),
        **dict.fromkeys(("request_digest", "document_digest"), b""),
        **dict.fromkeys(("created_at", "expires_at"), 0),
        "system": "person:li",
        "asked": json.dumps(asked).encode(),
    }
    with engine.begin() as connection:
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        connection.execute(text(f"INSERT INTO approval ({names}) VALUES ({marks})"), values)  # noqa: S608 - our own names
    migrate(engine)
    with engine.connect() as connection:
        found = set(connection.execute(text("SELECT who FROM approval_concern")).scalars())
    assert found == {"system:person:li", "person:li", "person:sun", "role:head", "role:lawyer"}
    engine.dispose()


def test_rows_of_freezes_are_kept_under_their_new_names(tmp_path: Path) -> None:
    engine = open_writer(tmp_path / "test.sqlite")
    _bring_to(engine, "0005")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO stop VALUES ('a', 'gateway', '', 'lost', 's', 5, 1, NULL, NULL)")
        )
        connection.execute(
            text("INSERT INTO stop VALUES ('b', 'seal', 'x', 'lost', 's', 6, 2, 7, 3)")
        )
        connection.execute(text("INSERT INTO stop_lift VALUES ('b', 'li-na', 't', 7, 3)"))

    migrate(engine)

    with engine.connect() as connection:
        assert [row.id for row in live_freezes(connection)] == ["a"]
        ended = freeze_row(connection, "b")
        assert ended is not None
        assert (ended.ended_at, ended.end_index) == (7, 3)
        assert [(row.freeze, row.person) for row in unfreeze_rows(connection, "b")] == [
            ("b", "li-na")
        ]
    engine.dispose()
