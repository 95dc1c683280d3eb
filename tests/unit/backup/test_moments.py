"""The copy is of one moment, whatever is written, deleted or erased while it is made."""

import io
import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert

import gateway.store
from gateway.audit.merkle import EMPTY_ROOT
from gateway.backup.documents import SegmentGoneError, Segments
from gateway.backup.errors import BackupRefusedError
from gateway.backup.shelf import Shelf
from gateway.backup.sqlite_copy import SQLiteMoment
from gateway.backup.verifying import verify
from gateway.backup.writing import BackupWriter
from gateway.clock import SystemClock
from gateway.store.engines.database import SQLiteFile, open_writer
from gateway.store.schema import batch_item, document
from tests.backed_up_house import BackedUp, with_receipts
from tests.fresh_databases import put_gateway_database
from tests.running_gateway import copy_of
from tests.unit.backup.test_backups import packed

_BEFORE = "0061"


@pytest.fixture
def database(tmp_path: Path) -> SQLiteFile:
    put_gateway_database(tmp_path / "test.sqlite")
    return SQLiteFile(str(tmp_path / "test.sqlite"))


def _row(table: object, **values: object) -> dict[str, object]:
    columns = table.columns  # type: ignore[attr-defined]  # a table
    made = {}
    for column in columns:
        kind = type(column.type).__name__
        if not column.nullable and column.server_default is None:
            made[column.name] = {"LargeBinary": b"x", "String": "x", "Text": "x"}.get(kind, 1)
    return {**made, **values}


def _point_at(connection: Connection, segment: str, end: int) -> None:
    place = {"segment": segment, "segment_offset": 0}
    if segment.startswith("incoming/"):
        row = _row(batch_item, batch=segment, input_bytes=end, **place)
        connection.execute(insert(batch_item).values(row))
    else:
        row = _row(
            document, id=f"{segment}{end}", idempotency_key=f"{segment}{end}", output_bytes=end
        )
        connection.execute(insert(document).values(**{**row, **place, "state": "sealed"}))


def _copied(segments: Segments) -> dict[str, int]:
    writer = BackupWriter(io.BytesIO(), moment=SystemClock().now())
    segments.copy_to(writer)
    return {name: entry.size for name, entry in writer.files.items()}


def test_what_is_written_after_the_moment_is_in_neither_copy(
    database: SQLiteFile, tmp_path: Path
) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.tar").write_bytes(bytes(1024))
    writer = database.open_writer()
    with writer.begin() as connection:
        _point_at(connection, "a.tar", 700)
    with closing(SQLiteMoment(database)) as moment:
        (documents / "a.tar").write_bytes(bytes(4096))
        (documents / "b.tar").write_bytes(bytes(4096))
        with writer.begin() as connection:
            _point_at(connection, "a.tar", 4096)
            _point_at(connection, "b.tar", 4096)
        with Segments.of(moment.connection, documents) as segments:
            assert _copied(segments) == {"documents/a.tar": 1024}
        moment.copy_to(tmp_path / "copy.sqlite")
    writer.dispose()
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as rows:
        assert rows.execute("SELECT segment, output_bytes FROM document").fetchall() == [
            ("a.tar", 700)
        ]
        assert rows.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert not (tmp_path / "copy.sqlite-wal").exists()


def test_inputs_that_are_dropped_while_it_is_copied_are_in_it(
    database: SQLiteFile, tmp_path: Path
) -> None:
    inputs = tmp_path / "documents/incoming"
    inputs.mkdir(parents=True)
    (inputs / "a.tar").write_bytes(bytes(512))
    writer = database.open_writer()
    with writer.begin() as connection:
        _point_at(connection, "incoming/a.tar", 512)
    writer.dispose()
    with (
        closing(SQLiteMoment(database)) as moment,
        Segments.of(moment.connection, tmp_path / "documents") as segments,
    ):
        (inputs / "a.tar").unlink()
        assert _copied(segments) == {"documents/incoming/a.tar": 512}
        with pytest.raises(SegmentGoneError):
            Segments.of(moment.connection, tmp_path / "documents")


@pytest.fixture(scope="module")
def house(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> BackedUp:
    return with_receipts(trial_template, tmp_path_factory.mktemp("moments") / "var", count=1)


@pytest.mark.parametrize("is_over", [True, False])
def test_content_whose_time_was_over_may_be_gone_and_no_other(
    house: BackedUp, tmp_path: Path, *, is_over: bool
) -> None:
    trial = copy_of(house.trial.directory, tmp_path / "var", signed=True)
    erased = BackedUp(trial, Shelf(tmp_path / "backups"))
    with closing(sqlite3.connect(trial.directory / "state/sealgate.sqlite")) as rows:
        ((segment, offset, length),) = rows.execute(
            "SELECT segment, segment_offset, output_bytes FROM document"
        ).fetchall()
        rows.execute("UPDATE document SET keep_until = ?", (1 if is_over else 2**40,))
        rows.commit()
    with (trial.directory / "state/documents" / segment).open("r+b") as file:
        file.seek(offset)
        file.write(bytes(length))
    if is_over:
        assert erased.back_up().verified.manifest.documents == 1
    else:
        with pytest.raises(BackupRefusedError, match="is not what was sealed"):
            erased.back_up()


def test_a_backup_of_an_older_version_verifies_by_its_own_revision(
    house: BackedUp, tmp_path: Path
) -> None:
    engine = open_writer(tmp_path / "old.sqlite")
    config = Config()
    place = Path(gateway.store.__file__).parent / "migrations"
    config.set_main_option("script_location", str(place))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, _BEFORE)
    engine.dispose()
    key = house.config.log_key_file.read_bytes()
    files = {
        "database.sqlite": (tmp_path / "old.sqlite").read_bytes(),
        "audit/log-key.txt": key,
        "configuration/config.yaml": b"",
    }
    moment = SystemClock().now().isoformat()
    manifest = {
        "format": 1, "version": "0.0.9", "createdAt": moment, "finishedAt": moment,
        "node": "old", "engine": "sqlite", "revision": _BEFORE, "logKey": key.decode().strip(),
        "log": {"size": 0, "root": EMPTY_ROOT.hex(), "signedSize": 0, "newest": None},
        "documents": 0, "leftOut": [],
        "files": {
            name: {"sha256": sha256(content).hexdigest(), "size": len(content)}
            for name, content in files.items()
        },
    }  # fmt: skip
    path = packed(tmp_path / "old.tar", {**files, "manifest.json": json.dumps(manifest).encode()})
    assert verify(path, scratch=tmp_path).manifest.revision == _BEFORE
