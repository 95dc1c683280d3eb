"""`audit verify` names the first record that was changed, removed, put in, reordered or cut off."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.audit.checkpoint import LogKey
from gateway.audit.errors import AuditLogDamagedError
from gateway.audit.merkle import leaf_hash
from gateway.audit.verification import LogVerdict, LogVerifier
from gateway.store.engines.database import open_reader
from tests.running_gateway import until
from tests.signing_house import FakeClock, SoftSigner, signing_house

RECORDS = 6  # three receipts: intent, outcome each
Tamper = Callable[[sqlite3.Connection], object]


def _rewrite(connection: sqlite3.Connection, index: int, old: bytes, new: bytes) -> None:
    """Change a record and its stored hash, as a careful forger would."""
    (leaf,) = connection.execute('select leaf from audit_leaf where "index"=?', [index]).fetchone()
    assert old in leaf
    forged = leaf.replace(old, new)
    connection.execute(
        'update audit_leaf set leaf=?, leaf_hash=? where "index"=?',
        [forged, leaf_hash(forged), index],
    )


def _swap(connection: sqlite3.Connection, one: int, other: int) -> None:
    for old, new in ((one, -1), (other, one), (-1, other)):
        connection.execute('update audit_leaf set "index"=? where "index"=?', [new, old])


def _rechain(connection: sqlite3.Connection, start: int) -> None:
    """Change a record and re-chain all after it, which only a signed tree head gives away."""
    rows = connection.execute('select "index", leaf from audit_leaf order by "index"').fetchall()
    previous = bytes(32)
    for index, leaf in rows:
        forged = leaf
        if index == start:
            forged = leaf.replace(b"tms", b"wms")
        if index > start:
            at = forged.index(b'"previous":"') + len(b'"previous":"')
            forged = forged[:at] + previous.hex().encode() + forged[at + 64 :]
        previous = leaf_hash(forged)
        connection.execute(
            'update audit_leaf set leaf=?, leaf_hash=? where "index"=?', [forged, previous, index]
        )


TAMPERINGS: dict[str, tuple[Tamper, int]] = {
    "a byte of a record": (
        lambda db: db.execute(
            "update audit_leaf set leaf=replace(leaf, 'tms', 'wms') where \"index\"=2"
        ),
        2,
    ),
    "a record and its stored hash": (lambda db: _rewrite(db, 2, b"tms", b"wms"), 2),
    "a record and all that follows": (lambda db: _rechain(db, 2), 0),
    "a record removed": (lambda db: db.execute('delete from audit_leaf where "index"=3'), 3),
    "two records exchanged": (lambda db: _swap(db, 2, 4), 2),
    "the tail cut off": (lambda db: db.execute('delete from audit_leaf where "index">=4'), 4),
    "an outcome emptied, all re-chained": (
        lambda db: _rewrite(db, 5, b'"intent":4', b'"tentin":4'),
        5,
    ),
    "everything gone": (lambda db: db.execute("delete from audit_leaf"), 0),
    "a document's business number": (
        lambda db: db.execute("update document set business_number='FORGED' where rowid=2"),
        3,
    ),
    "a document's decision": (
        lambda db: db.execute("update document set decision=replace(decision, 'auto', 'otto')"),
        1,
    ),
    "a digest of a normalised document that is none": (
        lambda db: db.execute("update document set normalized_digest=zeroblob(32) where rowid=1"),
        1,
    ),
    "a sealed document's digest": (
        lambda db: db.execute("update document set output_digest=zeroblob(32) where rowid=1"),
        1,
    ),
}


@pytest.fixture
def sealed_three(tmp_path: Path) -> Path:
    async def seal_three() -> str:
        async with signing_house(tmp_path) as house:
            for number in range(3):
                await house.seal(f"k{number}")
        return house.log_key.encoded()

    (tmp_path / "key").write_text(asyncio.run(seal_three()))
    return tmp_path


def verify(directory: Path) -> LogVerdict:
    engine = open_reader(directory / "test.sqlite")
    with engine.connect() as connection:
        verdict = LogVerifier(
            connection,
            key=LogKey.parse((directory / "key").read_text()),
            published={"checkpoint": (directory / "checkpoint").read_text()},
        ).verify()
    engine.dispose()
    return verdict


def test_an_untouched_log_is_whole(sealed_three: Path) -> None:
    verdict = verify(sealed_three)
    assert verdict.is_good
    assert (verdict.records, verdict.sealed, verdict.signed) == (RECORDS, 3, RECORDS)


@pytest.mark.parametrize(("tamper", "first"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_tampering_is_found_and_its_first_record_named(
    sealed_three: Path, tamper: Tamper, first: int
) -> None:
    with sqlite3.connect(sealed_three / "test.sqlite") as db:
        tamper(db)
    db.close()

    verdict = verify(sealed_three)

    assert [finding.index for finding in verdict.findings] == [first]
    assert verdict.findings[0].what


def test_a_forged_checkpoint_is_found(sealed_three: Path) -> None:
    note = sealed_three / "checkpoint"
    note.write_text(note.read_text().replace(f"\n{RECORDS}\n", f"\n{RECORDS + 1}\n"))
    verdict = verify(sealed_three)
    assert "not signed by the log's key" in verdict.findings[0].what


async def test_no_tree_head_counts_as_signed_before_it_is_published(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        (tmp_path / "checkpoint.new").mkdir()  # it cannot be published
        await house.seal()
        with pytest.raises(OSError, match="checkpoint"):
            await house.audit.checkpoint()
        assert house.audit.signed_size == 0
        with sqlite3.connect(tmp_path / "test.sqlite") as db:
            assert db.execute("select count(*) from audit_checkpoint").fetchone() == (0,)
        db.close()
        (tmp_path / "checkpoint.new").rmdir()


async def test_the_age_of_the_head_grows_while_none_can_be_published(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        (tmp_path / "checkpoint.new").mkdir()  # as above
        await house.seal()
        await until(lambda: house.audit.head_age_seconds > 1.2)
        assert house.audit.signed_size < house.audit.size
        (tmp_path / "checkpoint.new").rmdir()
        await until(lambda: house.audit.head_age_seconds < 1.0)
        assert house.audit.signed_size == house.audit.size


@pytest.mark.parametrize("name", ["the tail cut off", "everything gone"])
async def test_the_gateway_does_not_start_on_a_log_that_was_cut(tmp_path: Path, name: str) -> None:
    clock = FakeClock()
    signer = SoftSigner(clock)
    async with signing_house(tmp_path, clock=clock, signer=signer) as house:
        for number in range(3):
            await house.seal(f"k{number}")
    with sqlite3.connect(tmp_path / "test.sqlite") as db:
        TAMPERINGS[name][0](db)
    db.close()
    with pytest.raises(AuditLogDamagedError):
        async with signing_house(tmp_path, clock=clock, signer=signer):
            pass


async def test_a_database_put_back_from_yesterday_is_not_continued(tmp_path: Path) -> None:
    clock = FakeClock()
    signer = SoftSigner(clock)
    async with signing_house(tmp_path, clock=clock, signer=signer) as house:
        await house.seal("yesterday")
    yesterday = (tmp_path / "test.sqlite").read_bytes()
    async with signing_house(tmp_path, clock=clock, signer=signer) as house:
        await house.seal("today")
    (tmp_path / "test.sqlite").write_bytes(yesterday)

    with pytest.raises(AuditLogDamagedError, match="older copy"):
        async with signing_house(tmp_path, clock=clock, signer=signer):
            pass
