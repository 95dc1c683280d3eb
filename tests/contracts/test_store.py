"""What the store promises, on SQLite and on a real PostgreSQL server."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Engine, func, insert, select, text

from gateway.audit.activated import newest_activated
from gateway.audit.checkpoint import LogKey
from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.audit.verification import LogVerifier
from gateway.history.keeping import forget
from gateway.store.engines.database import SQLiteFile
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.moments import microseconds
from gateway.store.errors import StoreProblem, StoreVersionError
from gateway.store.files.content import Content, ContentStore, Location
from gateway.store.interfaces import Database
from gateway.store.migrating import migrate, newest_revision, revision_of
from gateway.store.rows.activations import Activation, activated_rows, keep_activation
from gateway.store.rows.approvals import (
    ApprovalReader,
    ApprovalRow,
    ApprovalStatementRow,
    approvals_of,
    put_approval,
    put_concerned,
    put_statement,
    statements_of,
)
from gateway.store.rows.charges import SlotBook
from gateway.store.rows.documents import (
    DocumentReader,
    DocumentRow,
    UsedNonce,
    live_nonces,
    put_document,
    remember_nonce,
    seal_document,
    segment_ends,
)
from gateway.store.rows.freezes import (
    FreezeRow,
    UnfreezeRow,
    end_freeze,
    freeze_row,
    live_freezes,
    put_freeze,
    put_unfreezes,
    unfreeze_rows,
)
from gateway.store.schema import decision, document, metadata
from tests.signing_house import START, FakeClock, SoftSigner

NOON = int(START.timestamp())
HOUR = 3600


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database in which nothing is yet, of each engine."""
    if request.param == "sqlite":
        return SQLiteFile(str(tmp_path / "test.sqlite"))
    made: Database = request.getfixturevalue("postgres").database()
    return made


def row(number: int, **changes: object) -> DocumentRow:
    """An intent's row, with changes."""
    ordinary: dict[str, object] = {
        "id": f"document-{number}",
        "system": "运输管理",
        "idempotency_key": f"key-{number}",
        "request_digest": b"\0" * 32,
        "state": "intent",
        "seal": "receipt-east",
        "document_type": "receipt",
        "business_number": f"运单-{number}",
        "request": b"{}",
        "decision": b"\x00\xff",
        "trace_id": "0" * 32,
        "salt": b"s" * 16,
        "signed_at": START,
        "input_digest": b"i" * 32,
        "to_be_signed_digest": b"t" * 32,
        "intent_index": number,
    }
    return DocumentRow(**{**ordinary, **changes})  # type: ignore[arg-type]  # as above


def sealed(known: DocumentRow, number: int) -> DocumentRow:
    """The row once it is sealed."""
    changes = {name: getattr(known, name) for name in known.__struct_fields__}
    done: dict[str, object] = {
        "state": "sealed",
        "outcome_index": 100 + number,
        "output_digest": b"o" * 32,
        "output_bytes": 10 * number,
        "segment": "day.tar",
        "segment_offset": 512 * number,
    }
    return DocumentRow(**{**changes, **done})


def all_of(*units: Callable[[Transaction], object]) -> Callable[[Transaction], None]:
    """Several units as one."""

    def unit(transaction: Transaction) -> None:
        for each in units:
            each(transaction)

    return unit


# The schema


def test_the_migrations_make_the_very_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        options = {"compare_type": connection.dialect.name != "sqlite"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    assert revision_of(engine) == newest_revision()


def test_a_database_of_a_newer_version_is_left_alone(empty: Database) -> None:
    engine = empty.open_writer()
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreVersionError, match="9999"):
        migrate(engine)
    engine.dispose()


def test_a_database_is_there_once_it_was_migrated(empty: Database) -> None:
    assert not empty.exists()
    engine = empty.open_writer()
    migrate(engine)
    engine.dispose()
    assert empty.exists()


def test_readers_cannot_write(readers: Engine) -> None:
    with readers.connect() as connection, pytest.raises(Exception, match=r"read.?only"):
        connection.execute(text("UPDATE writer SET turn = 7"))


# The writer lane


async def test_what_was_written_is_read_when_write_returns(
    lane: WriterLane, readers: Engine
) -> None:
    await lane.write(lambda unit: put_document(unit, row(1)))
    reader = DocumentReader(readers)
    assert await reader.by_id("document-1") == row(1)
    assert await reader.by_key("运输管理", "key-1") == row(1)
    assert await reader.by_key("运输管理", "key-2") is None
    await reader.close()


async def test_many_at_once_share_commits_and_keep_their_order(
    lane: WriterLane, engine: Engine
) -> None:
    book, order = SlotBook(), list[int]()

    def unit(transaction: Transaction, number: int) -> None:
        order.append(number)
        book.add(transaction, f"seal:{number % 7}", NOON)
        put_document(transaction, row(number))

    await asyncio.gather(*(lane.write(lambda u, n=n: unit(u, n)) for n in range(300)))
    assert order == list(range(300))
    assert (lane.units, lane.commits < 300) == (300, True)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(document)).scalar_one() == 300


async def test_a_unit_that_raises_leaves_nothing_and_hurts_nobody(
    lane: WriterLane, engine: Engine
) -> None:
    def refuse(unit: Transaction) -> None:
        put_document(unit, row(2))
        raise LookupError("no")

    results = await asyncio.gather(
        lane.write(lambda unit: put_document(unit, row(1))),
        lane.write(refuse),
        lane.write(lambda unit: put_document(unit, row(3))),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [type(None), LookupError, type(None)]
    assert ids_in(engine) == ["document-1", "document-3"]


@pytest.mark.parametrize("number", ["运单-\ud800", None])
async def test_what_no_database_can_write_fails_alone(
    lane: WriterLane, engine: Engine, number: object
) -> None:
    results = await asyncio.gather(
        lane.write(lambda unit: put_document(unit, row(1))),
        lane.write(lambda unit: put_document(unit, row(2, business_number=number))),
        lane.write(lambda unit: put_document(unit, row(3))),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [type(None), StoreProblem, type(None)]
    assert ids_in(engine) == ["document-1", "document-3"]


async def test_a_document_is_kept_with_the_unit_that_counts_it(
    lane: WriterLane, content: ContentStore, engine: Engine
) -> None:
    await lane.write(lambda unit: put_document(unit, row(1)))

    def unit(transaction: Transaction, location: Location) -> Location:
        changes = {"segment": location.segment, "segment_offset": location.offset}
        done = {"outcome_index": 2, "output_digest": b"o" * 32, "output_bytes": 5}
        seal_document(transaction, row(1, **done, **changes))
        return location

    location = await lane.write_with(Content("a.pdf", START, (b"12", b"345")), unit)
    assert await content.get(location, 5) == b"12345"
    with engine.connect() as connection:
        assert segment_ends(connection) == {location.segment: location.offset + 5}


async def test_work_that_needs_no_turn_is_durable_as_well(lane: WriterLane, engine: Engine) -> None:
    await lane.write(lambda unit: put_document(unit, row(1)), exclusive=False)
    assert ids_in(engine) == ["document-1"]


def ids_in(engine: Engine) -> Sequence[str]:
    with engine.connect() as connection:
        return connection.execute(select(document.c.id).order_by(document.c.id)).scalars().all()


# Documents and nonces


async def test_a_repeat_and_a_seal_change_the_row_that_is_there(
    lane: WriterLane, readers: Engine
) -> None:
    known = [row(number) for number in range(70)]
    await lane.write(all_of(*(lambda unit, r=r: put_document(unit, r) for r in known)))
    again = [row(number, intent_index=1000 + number) for number in range(70)]
    # Twice in one transaction: the later one stands.
    await lane.write(all_of(*(lambda unit, r=r: put_document(unit, r) for r in known + again)))
    done = [sealed(each, number) for number, each in enumerate(again)]
    await lane.write(all_of(*(lambda unit, r=r: seal_document(unit, r) for r in done)))
    reader = DocumentReader(readers)
    assert [await reader.by_id(each.id) for each in done] == done
    await reader.close()


async def test_the_parts_of_an_act_are_found_in_order(lane: WriterLane, readers: Engine) -> None:
    parts = [
        row(number, act="document-3", part=number, parts=3, idempotency_key="k")
        for number in (3, 1, 2)
    ]
    await lane.write(all_of(*(lambda unit, r=r: put_document(unit, r) for r in parts)))
    reader = DocumentReader(readers)
    assert [each.part for each in await reader.by_act("document-3")] == [1, 2, 3]
    newest = await reader.by_key("运输管理", "k")
    assert newest is not None
    assert newest.part == 3
    await reader.close()


async def test_nonces_are_remembered_as_long_as_a_replay_could_come(lane: WriterLane) -> None:
    short, long = UsedNonce("k", "short", 10.5), UsedNonce("k", "long", 20.25)
    await lane.write(
        all_of(*(lambda unit, n=n: remember_nonce(unit, n) for n in (short, long, long)))
    )
    assert await lane.write(lambda unit: live_nonces(unit.connection, now=11.0)) == [long]


# Charges


async def test_uses_are_counted_exactly_and_windows_are_sums(lane: WriterLane) -> None:
    book = SlotBook()
    moments = [NOON - 1, NOON, NOON, NOON, NOON + HOUR - 1, NOON + HOUR]
    await lane.write(all_of(*(lambda unit, at=at: book.add(unit, "seal:x", at) for at in moments)))
    await lane.write(lambda unit: book.add(unit, "seal:x", NOON))
    for each in (book, SlotBook()):  # by what it remembers, and by what is committed

        def used(unit: Transaction, each: SlotBook = each) -> int:
            return each.used(unit, "seal:x", starts_at=NOON, ends_at=NOON + HOUR)

        assert await lane.write(used) == 5


# Approvals


def approval(number: int, **changes: object) -> ApprovalRow:
    ordinary: dict[str, object] = {
        "id": f"approval-{number}",
        "state": "pending",
        "created_at": START,
        "expires_at": START + timedelta(days=1),
        "system": "tms",
        "request_digest": b"r" * 32,
        "document_digest": b"d" * 32,
        "seal": "合同章",
        "document_type": "contract",
        "rule": "p/r",
        "bundle": "sha256:x",
        "asked": b"{}",
    }
    return ApprovalRow(**{**ordinary, **changes})  # type: ignore[arg-type]  # as above


async def test_approvals_are_found_by_request_person_and_state(
    lane: WriterLane, readers: Engine
) -> None:
    def ask(unit: Transaction, number: int) -> None:
        put_approval(unit, approval(number))
        put_concerned(unit, approval(number).id, {"person:王", "role:lawyer"})

    await lane.write(all_of(*(lambda unit, n=n: ask(unit, n) for n in range(5))))

    def use(unit: Transaction) -> tuple[str, ...]:
        put_approval(unit, approval(3, state="rejected"))
        put_approval(unit, approval(3, state="used", used_by="document-1"))
        found = approvals_of(unit, request_digest=b"r" * 32, seal="合同章")
        return tuple(each.state for each in found)

    assert await lane.write(use) == ("pending", "pending", "pending", "used", "pending")
    reader = ApprovalReader(readers)
    assert await reader.by_id("approval-3") == approval(3, state="used", used_by="document-1")
    assert [each.id for each in await reader.newest(most=2)] == ["approval-4", "approval-3"]
    assert [each.id for each in await reader.newest(most=1, state="used")] == ["approval-3"]
    concerning = await reader.concerning(["person:王", "role:x"], most=9, state="pending")
    assert [each.id[-1] for each in concerning] == ["4", "2", "1", "0"]
    assert len(await reader.concerning(["role:lawyer"], most=9)) == 5
    reader.close()


async def test_the_last_word_of_a_person_stands(lane: WriterLane, engine: Engine) -> None:
    def said(act: str, index: int) -> ApprovalStatementRow:
        return ApprovalStatementRow(
            approval="a", subject="王", act=act, statement=act, at=START, audit_index=index  # type: ignore[arg-type]  # a word
        )  # fmt: skip

    first, last = said("approve", 1), said("reject", 2)
    await lane.write(all_of(*(lambda unit, s=s: put_statement(unit, s) for s in (first, last))))
    with engine.connect() as connection:
        assert statements_of(connection, "a") == (last,)


# Freezes and activations


async def test_freezes_are_seen_by_the_next_unit_and_end(lane: WriterLane) -> None:
    frozen = FreezeRow(
        id="f", kind="seal", name="合同章", reason="丢失", statement="s", at=5, audit_index=1
    )
    said = UnfreezeRow(freeze="f", person="li-na", statement="t", at=6, audit_index=2)
    await lane.write(lambda unit: put_freeze(unit.connection, frozen))
    assert await lane.write(lambda unit: live_freezes(unit.connection)) == [frozen]

    def end(unit: Transaction) -> None:
        put_unfreezes(unit.connection, [said])
        end_freeze(unit.connection, "f", at=7, audit_index=3)

    await lane.write(end)
    assert await lane.write(lambda unit: live_freezes(unit.connection)) == []
    ended = await lane.write(lambda unit: freeze_row(unit.connection, "f"))
    assert ended is not None
    assert (ended.ended_at, ended.end_index) == (7, 3)
    assert await lane.write(lambda unit: unfreeze_rows(unit.connection, "f")) == [said]


async def test_bundles_in_force_are_known_newest_first(lane: WriterLane, engine: Engine) -> None:
    def kept(sequence: int, digest: str) -> Activation:
        manifest = f"清单 {digest}"
        return Activation(
            sequence=sequence, digest=digest, manifest=manifest, at=START, audit_index=sequence
        )

    for sequence, digest in ((1, "a"), (2, "b"), (1, "c")):
        await lane.write(lambda unit, s=sequence, d=digest: keep_activation(unit, kept(s, d)))
    with engine.connect() as connection:
        assert [each.statement for each in activated_rows(connection)] == ["清单 b", "清单 c"]


# The history


async def test_old_decisions_are_forgotten_a_little_at_a_time(
    lane: WriterLane, engine: Engine
) -> None:
    values = {"audit_index": 1, "outcome": "allowed", "bundle": "b", "seal": "s", "system": "t"}
    at = microseconds(START)
    rows = [{**values, "at": at + number, "kept": b"\0"} for number in range(1100)]
    await lane.write(lambda unit: unit.connection.execute(insert(decision), rows))
    gone = await forget(lane, before=START + timedelta(microseconds=1050))
    assert gone == 1050
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(decision)).scalar_one() == 50


# The audit log


async def test_the_audit_log_is_whole_and_goes_on_after_a_restart(
    lane: WriterLane, readers: Engine, tmp_path: Path
) -> None:
    signer = SoftSigner(FakeClock())
    raw = signer.log_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = LogKey("test.example/audit", raw)
    file = tmp_path / "checkpoint"

    def log() -> AuditLog:
        return AuditLog(lane=lane, key=key, signer=signer, checkpoint_file=file)

    def record(number: int) -> Record:
        return Record(kind="start", at=START, content={"version": "测试", "number": number})

    async with log() as audit:
        indexes = await asyncio.gather(*(audit.record(record(n)) for n in range(100)))
        assert sorted(indexes) == list(range(100))
    async with log() as audit:
        policy = {"bundle": "sha256:x", "previous_bundle": "", "sequence": 4}
        named = {**policy, "signed_by": ("li-na",), "materials": {}}
        assert await audit.record(Record(kind="policy", at=START, content=named)) == 100
    with readers.connect() as connection:
        verdict = LogVerifier(connection, key=key, published={"file": file.read_text()}).verify()
    assert (verdict.records, verdict.signed) == (101, 101)
    with readers.connect() as connection:
        newest = newest_activated(connection)
    assert newest is not None
    assert newest.signed_by == ("li-na",)
