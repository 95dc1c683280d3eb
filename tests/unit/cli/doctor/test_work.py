"""What the doctor says of jobs, deliveries and limits, and of the end of the audit log."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection, Delete, Table, Update, delete, insert, update

from gateway.audit.checkpoint import LogKey, TreeHead, checkpoint_text, signed_checkpoint
from gateway.audit.merkle import Frontier, leaf_hash
from gateway.audit.record import Record, leaf_bytes
from gateway.cli.doctor.chain import check_chain
from gateway.cli.doctor.model import Finding
from gateway.cli.doctor.work import check_deliveries, check_jobs, check_limits
from gateway.config import Config
from gateway.store.engines.database import SQLiteFile, open_writer
from gateway.store.engines.moments import microseconds
from gateway.store.migrating import migrate
from gateway.store.schema import (
    audit_checkpoint,
    audit_leaf,
    charge_slot,
    decision,
    delivery,
    job,
    stopped_target,
)
from policies.conditions.windows import SLOT_SECONDS
from tests.unit.cli.conftest import CommandLine

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
JOB: dict[str, Any] = {
    "id": 7,
    "kind": "seal",
    "key": "batch/1",
    "state": "waiting",
    "share": "east/tms",
    "priority": 5,
    "subject": "batch",
    "payload": b"",
    "not_before": 0,
    "created_at": microseconds(NOW),
}
DELIVERY: dict[str, Any] = {
    "event": "e1",
    "target": "tms-events",
    "state": "failing",
    "tries": 9,
    "at": microseconds(NOW),
    "answer": "HTTP 401",
}


@contextmanager
def rows(folder: Path, *given: tuple[Table, Mapping[str, Any]]) -> Iterator[Connection]:
    """A database with these rows."""
    file = folder / "test.sqlite"
    engine = open_writer(file)
    migrate(engine)
    with engine.begin() as connection:
        for table, values in given:
            connection.execute(insert(table), dict(values))
    engine.dispose()
    reader = SQLiteFile(str(file)).open_reader()
    with reader.connect() as connection:
        yield connection
    reader.dispose()


def only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


def test_an_empty_queue_is_well(tmp_path: Path) -> None:
    with rows(tmp_path, (job, JOB)) as connection:
        assert only(check_jobs(connection, NOW)).state == "ok"
        assert only(check_deliveries(connection)).state == "ok"
        assert only(check_limits(connection, NOW)).state == "ok"


def test_a_dead_job_is_found(tmp_path: Path) -> None:
    with rows(tmp_path, (job, {**JOB, "state": "dead"})) as connection:
        found = only(check_jobs(connection, NOW))
    assert (found.part, found.state, found.owner) == ("dead jobs", "warning", "it")
    assert "sealgate jobs show 7" in (found.cure or "")


@pytest.mark.parametrize(("minutes", "state"), [(5, "ok"), (11, "failed")])
def test_a_job_whose_lease_ran_out_and_that_nobody_took_is_found(
    tmp_path: Path, minutes: int, state: str
) -> None:
    until = microseconds(NOW - timedelta(minutes=minutes))
    leased = {**JOB, "state": "leased", "holder": "gone", "lease_until": until}
    with rows(tmp_path, (job, leased)) as connection:
        assert only(check_jobs(connection, NOW)).state == state


def test_a_job_that_waits_for_long_is_found_and_one_that_waits_for_its_moment_is_not(
    tmp_path: Path,
) -> None:
    old = {**JOB, "created_at": microseconds(NOW - timedelta(hours=2))}
    later = {**old, "id": 8, "key": "batch/2", "not_before": microseconds(NOW)}
    with rows(tmp_path, (job, old), (job, later)) as connection:
        found = only(check_jobs(connection, NOW))
    assert (found.part, found.state) == ("waiting jobs", "warning")
    assert found.message.startswith("1 of kind seal")


def test_a_webhook_that_fails_is_found_with_what_it_said(tmp_path: Path) -> None:
    given_up = {**DELIVERY, "event": "e2", "state": "given-up"}
    with rows(tmp_path, (delivery, DELIVERY), (delivery, given_up)) as connection:
        found = list(check_deliveries(connection))
    assert {(each.state, each.owner) for each in found} == {
        ("failed", "caller"),
        ("warning", "caller"),
    }
    assert all("HTTP 401" in each.message for each in found)


def test_a_webhook_that_wants_nothing_more_is_found(tmp_path: Path) -> None:
    stopped = {
        "name": "tms-events",
        "url": "https://x",
        "at": microseconds(NOW),
        "after": 3,
        "reason": "HTTP 410",
    }
    with rows(tmp_path, (stopped_target, stopped)) as connection:
        found = only(check_deliveries(connection))
    assert (found.part, found.state) == ("delivery tms-events", "failed")


def charged(*, used: int, at: datetime) -> list[tuple[Table, Mapping[str, Any]]]:
    """A decision that was counted against a limit of ten a day, and how often that was."""
    midnight = int(at.replace(hour=0, minute=0).timestamp())
    charge = {
        "rule": "receipts/auto",
        "counter": "rule:receipts/auto",
        "starts_at": midnight,
        "ends_at": midnight + 86400,
        "limit": 10,
        "window": "2026-11-27",
    }
    intent = Record(kind="intent", at=at, content={"decision": {"charges": [charge]}})
    leaf = leaf_bytes(intent, index=0, previous=bytes(32))
    decided = {
        "id": 1,
        "at": microseconds(at),
        "audit_index": 0,
        "outcome": "allowed",
        "bundle": "sha256:0",
        "seal": "s",
        "system": "tms",
        "kept": b"",
    }
    slot = int(at.timestamp()) // SLOT_SECONDS
    return [
        (audit_leaf, {"index": 0, "leaf": leaf, "leaf_hash": leaf_hash(leaf)}),
        (decision, decided),
        (charge_slot, {"counter": charge["counter"], "slot": slot, "used": used}),
    ]


@pytest.mark.parametrize(("used", "state"), [(7, "ok"), (8, "warning"), (10, "failed")])
def test_a_limit_that_is_nearly_used_is_found(tmp_path: Path, used: int, state: str) -> None:
    with rows(tmp_path, *charged(used=used, at=NOW - timedelta(hours=1))) as connection:
        found = only(check_limits(connection, NOW))
    assert found.state == state
    if state != "ok":
        assert (found.part, found.owner) == ("limit receipts/auto", "officer")


def test_a_limit_of_yesterday_is_over(tmp_path: Path) -> None:
    with rows(tmp_path, *charged(used=10, at=NOW - timedelta(days=1))) as connection:
        assert only(check_limits(connection, NOW)).state == "ok"


# The audit chain.

LOG = Ed25519PrivateKey.generate()
KEY = LogKey("log.example", LOG.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def chain(count: int, *, signed: Iterable[int]) -> list[tuple[Table, Mapping[str, Any]]]:
    """Records that follow each other, with tree heads of these sizes."""
    given: list[tuple[Table, Mapping[str, Any]]] = []
    previous, edge = bytes(32), Frontier()
    for index in range(count):
        record = Record(kind="stop", at=NOW, content={})
        leaf = leaf_bytes(record, index=index, previous=previous)
        previous = leaf_hash(leaf)
        edge.append(previous)
        given.append((audit_leaf, {"index": index, "leaf": leaf, "leaf_hash": previous}))
        if edge.size in signed:
            head = TreeHead(edge.size, edge.root())
            note = signed_checkpoint(KEY, head, LOG.sign(checkpoint_text(KEY.origin, head)))
            row = {"size": edge.size, "note": note, "frontier": edge.to_bytes(), "newest": 0.0}
            given.append((audit_checkpoint, row))
    return given


@pytest.fixture
def config(sealgate: CommandLine) -> Config:
    """A configuration whose log key is the test's."""
    sealgate.config.log_key_file.write_text(KEY.encoded())
    return sealgate.config


@pytest.mark.parametrize(("most", "first"), [(100, "0"), (3, "4")])
def test_a_chain_that_is_whole_is_well(
    tmp_path: Path, config: Config, most: int, first: str
) -> None:
    with rows(tmp_path, *chain(9, signed=(4, 8))) as connection:
        found = only(check_chain(connection, config, most=most))
    assert (found.state, found.message.split()[1]) == ("ok", first)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (update(audit_leaf).where(audit_leaf.c.index == 5).values(leaf=b"{}"), "5 was changed"),
        (
            update(audit_leaf)
            .where(audit_leaf.c.index == 5)
            .values(leaf=b"{}", leaf_hash=leaf_hash(b"{}")),
            "5 is not in its place",
        ),
        (delete(audit_leaf).where(audit_leaf.c.index == 5), "5 is missing"),
        (delete(audit_leaf).where(audit_leaf.c.index >= 7), "7 and all after it are missing"),
        (update(audit_checkpoint).values(note="none"), "is not ours"),
        (
            update(audit_checkpoint).where(audit_checkpoint.c.size == 4).values(frontier=bytes(32)),
            "is not what was signed",
        ),
    ],
)
def test_a_broken_chain_is_found(
    tmp_path: Path,
    config: Config,
    change: Update | Delete,
    told: str,
) -> None:
    given = chain(9, signed=(4, 8))
    with rows(tmp_path, *given):
        pass
    engine = open_writer(tmp_path / "test.sqlite")
    with engine.begin() as connection:
        connection.execute(change)
    with engine.connect() as connection:
        found = only(check_chain(connection, config, most=3))
    engine.dispose()
    assert found.state == "failed"
    assert told in found.message
    assert "sealgate audit verify" in (found.cure or "")


def test_records_that_were_all_rewritten_are_not_those_that_were_signed(
    tmp_path: Path, config: Config
) -> None:
    given = chain(9, signed=(4, 8))
    forged = [(table, values) for table, values in chain(9, signed=()) if table is audit_leaf]
    leaves = []
    previous = bytes(32)
    for _, values in forged:
        said = msgspec.json.decode(values["leaf"])
        record = Record(kind="start", at=NOW, content={"version": "9"})
        leaf = leaf_bytes(record, index=said["index"], previous=previous)
        previous = leaf_hash(leaf)
        leaves.append((audit_leaf, {"index": said["index"], "leaf": leaf, "leaf_hash": previous}))
    heads = [each for each in given if each[0] is audit_checkpoint]
    with rows(tmp_path, *leaves, *heads) as connection:
        found = only(check_chain(connection, config))
    assert found.state == "failed"
    assert "not those that were signed" in found.message
