"""`audit verify` finds freezes, approvals, bundles and counts that were deleted or altered."""

import asyncio
import hashlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.approvals.pruning import prune
from gateway.audit.checkpoint import LogKey
from gateway.audit.record import Record
from gateway.audit.verification import LogVerdict, LogVerifier
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import read
from gateway.store.engines.database import open_reader
from gateway.store.engines.lane import Transaction
from gateway.store.rows.activations import Activation, keep_activation
from tests.approving_house import approving_house, oa_token
from tests.guarded_house import guarded_house
from tests.officers import freeze, new_freeze_id, signed, unfreeze
from tests.running_gateway import RECEIPT
from tests.sealed_bundles import AT, Group
from tests.signing_house import START, House, signing_house
from tests.statement_keys import LI, WANG

Found = tuple[int | None, str]
"""The record that is named, and a part of what is said."""


def verified(directory: Path, key: str) -> LogVerdict:
    engine = open_reader(directory / "test.sqlite")
    with engine.connect() as connection:
        published = {"checkpoint": (directory / "checkpoint").read_text()}
        verdict = LogVerifier(connection, key=LogKey.parse(key), published=published).verify()
    engine.dispose()
    return verdict


def check(directory: Path, key: str, tamper: str, wanted: Found) -> None:
    """Nothing is found before the rows are tampered with, and this afterwards."""
    assert verified(directory, key).findings == []
    with sqlite3.connect(directory / "test.sqlite") as db:
        assert db.execute(tamper).rowcount > 0
    db.close()
    (finding,) = verified(directory, key).findings
    assert (finding.index, wanted[1] in finding.what) == (wanted[0], True), finding


async def frozen(directory: Path) -> str:
    """A seal that two have unfrozen, and the gateway, whose end one officer has signed."""
    async with guarded_house(directory) as made:
        other = new_freeze_id()
        await made.freezes.freeze(signed(freeze("seal", "receipt-east", freeze_id=other), LI))
        await made.freezes.unfreeze(unfreeze(LI, WANG, freeze_id=other))
        await made.freezes.freeze(signed(freeze("gateway"), LI))
        await made.freezes.unfreeze(unfreeze(WANG))
        return made.house.log_key.encoded()


FREEZES: dict[str, tuple[str, Found]] = {
    "deleted": ("delete from freeze where kind='gateway'", (2, "is gone from the store")),
    "ended by hand": (
        "update freeze set ended_at=1, end_index=3 where kind='gateway'",
        (2, "the log says otherwise of its end"),
    ),
    "ended by hand without a record": (
        "update freeze set ended_at=1 where kind='gateway'",
        (2, "the log says otherwise of its end"),
    ),
    "no end any more": (
        "update freeze set ended_at=null, end_index=null where kind='seal'",
        (0, "the log says otherwise of its end"),
    ),
    "of something else": (
        "update freeze set kind='seal', name='other' where kind='gateway'",
        (2, "is not what record 2 says"),
    ),
    "another reason": ("update freeze set reason='' where kind='gateway'", (2, "is not what")),
    "another statement": (
        "update freeze set statement=replace(statement, '.', '.A') where kind='gateway'",
        (2, "is not what record 2 says"),
    ),
    "nonsense": ("update freeze set statement=1, at='x' where kind='gateway'", (2, "is not what")),
    "another id": ("update freeze set id='other' where kind='gateway'", (None, "no record tells")),
    "an unfreezing deleted": (
        "delete from unfreeze where audit_index=3",
        (3, "what wang-qiang said in record 3"),
    ),
    "an unfreezing of another": (
        "update unfreeze set person='li-na' where audit_index=3",
        (None, "the log says otherwise of li-na"),
    ),
    "an unfreezing's statement": (
        "update unfreeze set statement='a.b.c' where audit_index=3",
        (3, "the log says otherwise of wang-qiang"),
    ),
    "a second unfreezing put in": (
        "insert into unfreeze select id, 'zhao-min', 'a.b.c', 1, 3 from freeze where id like '6%'",
        (None, "the log says otherwise of zhao-min"),
    ),
}


@pytest.mark.parametrize(("tamper", "wanted"), FREEZES.values(), ids=FREEZES.keys())
def test_a_freeze_that_was_deleted_or_altered_is_found(
    tmp_path: Path, tamper: str, wanted: Found
) -> None:
    check(tmp_path, asyncio.run(frozen(tmp_path)), tamper, wanted)


async def approved(directory: Path) -> str:
    """Used with a person's approval; used with an OA system's; rejected; and waiting.

    Records: denied, asked, approval, intent, outcome; approval, intent, outcome; denied, asked,
    approval; denied, asked.
    """
    async with approving_house(directory) as made:
        await made.say("wang", await made.ask())
        await made.seal()
        token = oa_token(hashlib.sha256(RECEIPT).digest(), START, business_number="WB-2")
        await made.seal("2", tokens=(token,), business_number="WB-2")
        await made.say("wang", await made.ask("3", business_number="WB-3"), "reject")
        await made.ask("4", business_number="WB-4")
        return made.house.log_key.encoded()


APPROVALS: dict[str, tuple[str, Found]] = {
    "deleted": ("delete from approval where state='pending'", (12, "is gone from the store")),
    "of an OA system, deleted": (
        "delete from approval where rule=''",
        (5, "is gone from the store"),
    ),
    "usable again": (
        "update approval set state='pending', used_by=null where state='used' and rule<>''",
        (3, "its state and use"),
    ),
    "of an OA system, usable again": (
        "update approval set state='pending', used_by=null where rule=''",
        (6, "its state and use"),
    ),
    "no longer rejected": (
        "update approval set state='pending' where state='rejected'",
        (9, "its state and use"),
    ),
    "for another document": (
        "update approval set document_digest=zeroblob(32) where state='pending'",
        (12, "is not what record 12 says"),
    ),
    "for longer": (
        "update approval set expires_at=expires_at+60000000 where state='pending'",
        (12, "is not what record 12 says"),
    ),
    "another's": ("update approval set id='other' where state='pending'", (None, "no record")),
    "a word deleted": (
        "delete from approval_statement where audit_index=2",
        (2, "wang's word of record 2"),
    ),
    "a word turned round": (
        "update approval_statement set act='approve' where audit_index=10",
        (10, "the log says otherwise of wang's word"),
    ),
    "a word put in": (
        "insert into approval_statement select id, 'li', 'approve', 'a.b.c', 1, 2 from approval",
        (None, "the log says otherwise of li's word"),
    ),
}


@pytest.mark.parametrize(("tamper", "wanted"), APPROVALS.values(), ids=APPROVALS.keys())
def test_an_approval_that_was_deleted_or_altered_is_found(
    tmp_path: Path, tamper: str, wanted: Found
) -> None:
    check(tmp_path, asyncio.run(approved(tmp_path)), tamper, wanted)


async def forgotten(directory: Path) -> str:
    """One that a person approved and one of an OA system are forgotten; a later one is not."""
    async with approving_house(directory) as made:
        await made.say("wang", await made.ask())
        await made.seal()
        token = oa_token(hashlib.sha256(RECEIPT).digest(), START, business_number="WB-2")
        await made.seal("2", tokens=(token,), business_number="WB-2")
        made.house.clock.move(timedelta(minutes=1))
        await made.say("wang", await made.ask("3", business_number="WB-3"))
        end = START + timedelta(hours=1, seconds=1, microseconds=5)
        assert await prune(made.house.lane, made.house.audit, before=end, at=end) == 2
        return made.house.log_key.encoded()


@pytest.mark.parametrize(
    ("tamper", "wanted"),
    [
        ("delete from approval", (9, "is gone from the store")),
        ("delete from approval_statement", (10, "wang's word of record 10")),
    ],
)
def test_what_was_forgotten_by_its_age_is_no_finding_and_what_ended_later_is(
    tmp_path: Path, tamper: str, wanted: Found
) -> None:
    check(tmp_path, asyncio.run(forgotten(tmp_path)), tamper, wanted)


async def activated(directory: Path) -> str:
    """Two bundles came into force, one after the other."""
    async with signing_house(directory) as house:
        first = await _activate(house, Group().published())
        await _activate(house, Group().published(after=first))
        return house.log_key.encoded()


async def _activate(house: House, data: bytes) -> Manifest:
    sealed = read(data)
    manifest = sealed.manifest

    def unit(transaction: Transaction) -> None:
        content = {"bundle": manifest.content, "sequence": manifest.sequence}
        index = house.audit.append(transaction, Record(kind="policy", at=AT, content=content))
        kept = Activation(
            sequence=manifest.sequence,
            digest=manifest.content,
            manifest=sealed.statement,
            at=AT,
            audit_index=index,
        )
        keep_activation(transaction, kept)

    await house.lane.write(unit)
    return manifest


ACTIVATIONS: dict[str, tuple[str, Found]] = {
    "the newest deleted": (
        "delete from activation where sequence=2",
        (1, "bundle 2 of record 1 is gone"),
    ),
    "another digest": (
        "update activation set digest='sha256:0' where sequence=2",
        (1, "bundle 2 is not what record 1 says"),
    ),
    "another's manifest": (
        "update activation set manifest=(select manifest from activation where sequence=2)",
        (0, "bundle 1 is not what record 0 says"),
    ),
    "no manifest": ("update activation set manifest='' where sequence=1", (0, "bundle 1 is not")),
    "one put in": (
        "insert into activation select 9, digest, manifest, at, 1 from activation where sequence=1",
        (None, "bundle 9 is in the store, but no record"),
    ),
}


@pytest.mark.parametrize(("tamper", "wanted"), ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_a_bundle_in_force_that_was_deleted_or_altered_is_found(
    tmp_path: Path, tamper: str, wanted: Found
) -> None:
    check(tmp_path, asyncio.run(activated(tmp_path)), tamper, wanted)


async def counted(directory: Path) -> str:
    """Three receipts; one of them was asked for twice."""
    async with signing_house(directory) as house:
        for key in ("1", "2", "2", "3"):
            await house.seal(key)
        return house.log_key.encoded()


COUNTS: dict[str, tuple[str, Found]] = {
    "deleted": (
        "delete from charge_slot where counter='seal:receipt-east'",
        (4, "seal:receipt-east was used 3 times in the quarter of an hour from 2026-11-22 02:00"),
    ),
    "lowered": (
        "update charge_slot set used=2 where counter='system:tms'",
        (4, "and the store has 2"),
    ),
    "raised": (
        "update charge_slot set used=4 where counter like 'rule:%'",
        (4, "and the store has 4"),
    ),
    "put off": (
        "update charge_slot set slot=slot+96 where counter='seal:receipt-east'",
        (None, "seal:receipt-east was used 0 times"),
    ),
}


@pytest.mark.parametrize(("tamper", "wanted"), COUNTS.values(), ids=COUNTS.keys())
def test_a_count_that_was_deleted_or_altered_is_found(
    tmp_path: Path, tamper: str, wanted: Found
) -> None:
    check(tmp_path, asyncio.run(counted(tmp_path)), tamper, wanted)
