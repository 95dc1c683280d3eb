"""`sealgate trace`: ids that lead to people, contracts and jobs, and records that were damaged."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert, update

from gateway.audit.merkle import leaf_hash
from gateway.audit.record import Record, leaf_bytes
from gateway.envelopes.causes import trace_of
from gateway.store.engines.database import open_writer
from gateway.store.engines.moments import microseconds
from gateway.store.migrating import migrate
from gateway.store.schema import (
    activation,
    approval,
    approval_statement,
    audit_leaf,
    document,
    envelope,
    job,
)
from tests.unit.cli.conftest import CommandLine

AT = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
BUNDLE = f"sha256:{'ab' * 32}"
DECISION = {"bundle": BUNDLE, "reasons": [{"rule": "receipts/large", "message": "approved"}]}
ENVELOPE = "0199-envelope"
DOCUMENT: dict[str, Any] = {
    "id": "0199-document",
    "system": "tms",
    "idempotency_key": "order-1",
    "request_digest": bytes(32),
    "state": "sealed",
    "seal": "receipt-east",
    "document_type": "logistics-receipt",
    "business_number": "12",
    "request": b'{"caller":{"system":"tms","company":"east"},"requested_by":"li"}',
    "decision": json.dumps(DECISION).encode(),
    "trace_id": trace_of(ENVELOPE),
    "salt": bytes(16),
    "signed_at": int(AT.timestamp()),
    "input_digest": bytes(32),
    "to_be_signed_digest": bytes(32),
    "intent_index": 0,
    "outcome_index": 1,
    "output_digest": bytes(32),
    "output_bytes": 9,
    "segment": "companies/east/1.tar",
    "segment_offset": 512,
    "company": "east",
}
INTENT = {
    "document": "0199-document",
    "system": "tms",
    "seal": "receipt-east",
    "document_type": "logistics-receipt",
    "decision": DECISION,
    "key": "receipt-east",
    "mechanism": "rsa-pss-sha256",
    "envelope": ENVELOPE,
}
APPROVAL: dict[str, Any] = {
    "id": "0199-approval",
    "state": "used",
    "created_at": microseconds(AT - timedelta(hours=2)),
    "expires_at": microseconds(AT + timedelta(days=2)),
    "system": "tms",
    "request_digest": bytes(32),
    "document_digest": bytes(32),
    "seal": "receipt-east",
    "document_type": "logistics-receipt",
    "rule": "receipts/large",
    "bundle": BUNDLE,
    "asked": b"{}",
    "used_by": "0199-document",
}
JOB: dict[str, Any] = {
    "id": 12,
    "kind": "envelope",
    "key": f"org-east/{ENVELOPE}/entry-3",
    "state": "waiting",
    "share": "org-east",
    "priority": 5,
    "subject": ENVELOPE,
    "payload": b"",
    "not_before": 0,
    "attempt": 3,
    "reason": b'{"type":"network-away","detail":"no route"}',
    "created_at": microseconds(AT),
}
CONTRACT: dict[str, Any] = {
    "organisation": "org-east",
    "id": ENVELOPE,
    "company": "east",
    "ours": 1,
    "terms": b"{}",
    "status": "sent",
    "system": "tms",
    "business_number": "合同-1",
    "document_type": "contract",
    "seal": "receipt-east",
    "attributes": b"{}",
    "step": "wait-for-others",
    "hint": "It is the turn of others.",
    "created_at": microseconds(AT - timedelta(hours=3)),
    "changed_at": microseconds(AT),
    "expires_at": microseconds(AT + timedelta(days=9)),
    "sequence": 2,
    "head": "00",
    "owed": 0,
    "trouble": b"[]",
}


def keep(sealgate: CommandLine, *rows: tuple[Table, Mapping[str, Any]]) -> None:
    """Make the database, with an intent and its outcome in the log, and these rows."""
    engine = open_writer(sealgate.config.database)
    migrate(engine)
    outcome = {"document": "0199-document", "intent": 0, "result": "sealed", "output": "00"}
    with engine.begin() as connection:
        previous = bytes(32)
        for index, (kind, content) in enumerate((("intent", INTENT), ("outcome", outcome))):
            record = Record(kind=kind, at=AT + timedelta(seconds=index), content=content)  # type: ignore[arg-type]  # both are kinds
            leaf = leaf_bytes(record, index=index, previous=previous)
            previous = leaf_hash(leaf)
            row = {"index": index, "leaf": leaf, "leaf_hash": previous}
            connection.execute(insert(audit_leaf), row)
        for table, values in rows:
            connection.execute(insert(table), dict(values))
    engine.dispose()


def story(sealgate: CommandLine, wanted: str, *, code: int = 0) -> Any:  # noqa: ANN401 - JSON
    told = sealgate("trace", wanted, "--json")
    assert told.exit_code == code, told.output
    return json.loads(told.stdout)


def test_who_approved_is_told_with_the_record_that_says_so(sealgate: CommandLine) -> None:
    said = {
        "approval": "0199-approval",
        "subject": "person:wang",
        "act": "approve",
        "statement": "…",
        "at": microseconds(AT - timedelta(hours=1)),
        "audit_index": 0,
    }
    in_force = {
        "sequence": 4,
        "digest": BUNDLE,
        "manifest": "…",
        "at": microseconds(AT - timedelta(days=3)),
        "audit_index": 0,
    }
    rows = (document, DOCUMENT), (approval, APPROVAL), (approval_statement, said)
    keep(sealgate, *rows, (activation, in_force))
    told = story(sealgate, "0199-approval")
    assert told["subject"]["id"] == "0199-document"
    steps = [(each["what"], each["told"]) for each in told["steps"]]
    assert [what for what, _ in steps][:2] == ["approval", "approval"]
    assert "rule receipts/large asks people" in steps[0][1]
    assert "approve by person:wang" in steps[1][1]
    allowed = next(text for what, text in steps if what == "allowed")
    assert "bundle number 4" in allowed
    assert "in force since 2026-11-24" in allowed
    asked = next(text for what, text in steps if what == "asked")
    assert "for li" in asked


def test_content_that_is_not_where_it_should_be_is_told(sealgate: CommandLine) -> None:
    keep(sealgate, (document, DOCUMENT))
    told = sealgate("trace", "order-1")
    assert told.exit_code == 0, told.output
    assert "NOT THERE" in " ".join(told.stdout.split())
    assert "no tree head was signed yet" in told.stdout


def test_a_number_that_is_a_job_and_a_business_number_is_told_as_both(
    sealgate: CommandLine,
) -> None:
    keep(sealgate, (document, {**DOCUMENT, "trace_id": "0" * 32}), (job, JOB))
    told = sealgate("trace", "12")
    assert told.exit_code == 1
    assert "may be one of several" in told.stderr
    assert "0199-document  document" in told.stderr
    assert "12  job" in told.stderr


def test_a_contract_leads_to_the_document_that_was_sealed_for_it(sealgate: CommandLine) -> None:
    keep(sealgate, (document, DOCUMENT), (envelope, CONTRACT), (job, JOB))
    for wanted in (ENVELOPE, JOB["key"]):
        told = story(sealgate, wanted)
        assert told["subject"]["id"] == "0199-document"
        assert "wait-for-others" in next(
            each["told"] for each in told["steps"] if each["what"] == "envelope"
        )


def test_a_contract_without_a_document_is_told_with_what_waits(sealgate: CommandLine) -> None:
    keep(sealgate, (envelope, CONTRACT), (job, JOB))
    told = story(sealgate, ENVELOPE)
    assert told["subject"]["kind"] == "envelope"
    (waits,) = [each["told"] for each in told["steps"] if each["what"] == "job"]
    assert "3 attempts; failed last as network-away: no route" in waits


def test_an_approval_that_nobody_gave_yet_has_a_story(sealgate: CommandLine) -> None:
    keep(sealgate, (approval, {**APPROVAL, "state": "pending", "used_by": None}))
    told = story(sealgate, "0199-approval")
    assert told["subject"]["kind"] == "approval"
    assert "pending" in told["steps"][0]["told"]


@pytest.mark.parametrize("leaf", [b"\x00", b'{"kind":"intent","at":"2026-11-27T00:00:00Z"}'])
def test_a_damaged_record_is_told_and_the_rest_as_well(sealgate: CommandLine, leaf: bytes) -> None:
    keep(sealgate, (document, DOCUMENT))
    engine = open_writer(sealgate.config.database)
    with engine.begin() as connection:
        spoilt = update(audit_leaf).where(audit_leaf.c.index == 0).values(leaf=leaf)
        connection.execute(spoilt)
    engine.dispose()
    told = story(sealgate, "0199-document")
    damaged = next(each for each in told["steps"] if each["what"] == "damaged")
    assert "sealgate audit verify" in damaged["told"]
    assert any(each["what"] == "outcome" for each in told["steps"])


def test_an_intent_that_came_to_nothing_says_so(sealgate: CommandLine) -> None:
    keep(sealgate, (document, {**DOCUMENT, "state": "intent", "outcome_index": None}))
    whats = [each["what"] for each in story(sealgate, "order-1")["steps"]]
    # The log has the outcome, though the row does not.
    assert "outcome" in whats
    assert "archived" not in whats


@pytest.mark.parametrize("wanted", ["", "\x1b[2J"])
def test_what_nobody_can_type_is_no_id(sealgate: CommandLine, wanted: str) -> None:
    keep(sealgate)
    assert sealgate("trace", wanted).exit_code == 2


def test_without_a_database_nothing_is_known(sealgate: CommandLine) -> None:
    told = sealgate("trace", "order-1")
    assert told.exit_code == 2
    assert "nothing was recorded yet" in told.stderr


@pytest.mark.parametrize("wanted", ["1" * 100_000, "长" * 301], ids=["digits", "letters"])
def test_an_id_that_is_longer_than_any_is_refused_in_a_line(
    sealgate: CommandLine, wanted: str
) -> None:
    result = sealgate("trace", wanted)
    assert result.exit_code == 2
    assert "is no id" in result.stderr
    assert len(result.stderr) < 200
