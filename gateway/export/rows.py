"""The rows of an export, page by page: no transaction is held open over the whole of it.

Texts and ISO 8601 moments instead of our bytes and numbers; digests are hex. Documents come before
the records, so every record that a document names is in the file.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Connection, Engine, Table, select

from gateway.audit.record import read_leaf
from gateway.history.keeping import unpacked
from gateway.store import schema
from gateway.store.engines.moments import microseconds, moment

Row = dict[str, Any]

_PAGE: Final = 500


def documents(engine: Engine, since: datetime, until: datetime) -> Iterator[Row]:
    """One a seal of a document, as `document` in docs/usage.md."""
    table = schema.document
    first, last = int(since.timestamp()), int(until.timestamp())
    within = (table.c.signed_at >= first, table.c.signed_at < last)
    for row in _paged(engine, table, table.c.id, *within):
        asked, decided = json.loads(row["request"]), json.loads(row["decision"])
        yield {
            "id": row["id"],
            "state": row["state"],
            "signed_at": _iso(datetime.fromtimestamp(row["signed_at"], UTC)),
            "company": asked["caller"]["company"],
            "system": row["system"],
            "seal": row["seal"],
            "document_type": row["document_type"],
            "business_number": row["business_number"],
            "attributes": _json(asked.get("attributes", {})),
            "rules": ", ".join(each["rule"] for each in decided["reasons"]),
            "bundle": decided["bundle"],
            "approvals": ", ".join(decided.get("approvals", ())),
            "idempotency_key": row["idempotency_key"],
            "trace": row["trace_id"],
            "act": row["act"],
            "part": row["part"],
            "parts": row["parts"],
            "input_sha256": row["input_digest"].hex(),
            "normalized_sha256": _hex(row["normalized_digest"]),
            "to_be_signed": row["to_be_signed_digest"].hex(),
            "output_sha256": _hex(row["output_digest"]),
            "output_bytes": row["output_bytes"],
            "segment": row["segment"],
            "segment_offset": row["segment_offset"],
            "intent_record": row["intent_index"],
            "outcome_record": row["outcome_index"],
            "salt": row["salt"].hex(),
            "request": row["request"].decode(),
            "decision": row["decision"].decode(),
        }


def decisions(engine: Engine, since: datetime, until: datetime) -> Iterator[Row]:
    """One a decision that is still kept, with all that it was made from."""
    table = schema.decision
    for row in _paged(engine, table, table.c.id):
        at = moment(row["at"])
        if not since <= at < until:
            continue
        kept = unpacked(row["kept"])
        yield {
            "record": row["audit_index"],
            "at": _iso(at),
            "outcome": row["outcome"],
            "bundle": row["bundle"],
            "seal": row["seal"],
            "system": row["system"],
            "stopped": kept.stopped,
            "request": _plain_json(kept.request),
            "facts": None if kept.facts is None else _plain_json(kept.facts),
            "known": _plain_json(kept.known),
            "decision": _plain_json(kept.decision),
        }


def records(engine: Engine) -> Iterator[Row]:
    """The whole audit log; `leaf` is the very text whose hash is in the tree (RFC 6962 §2.1)."""
    table = schema.audit_leaf
    for row in _paged(engine, table, table.c.index):
        told = read_leaf(row["leaf"])
        yield {
            "record": row["index"],
            "at": told["at"],
            "kind": told["kind"],
            "document": told.get("document"),
            "leaf": row["leaf"].decode(),
            "leaf_hash": row["leaf_hash"].hex(),
        }


def egress(engine: Engine, since: datetime, until: datetime) -> Iterator[Row]:
    """One a request that left for the network, as the ledger still has it."""
    table = schema.egress
    within = (table.c.at >= microseconds(since), table.c.at < microseconds(until))
    for row in _paged(engine, table, table.c.id, *within):
        yield {
            "id": row["id"],
            "at": _iso(moment(row["at"])),
            "organisation": row["organisation"],
            "network": row["network"],
            "kind": row["kind"],
            "envelope": row["envelope"] or None,
            "sha256": row["digest"].hex(),
            "bytes": row["size"],
        }


def checkpoints(engine: Engine) -> Iterator[Row]:
    """Every signed tree head."""
    table = schema.audit_checkpoint
    for row in _paged(engine, table, table.c.size):
        yield {"size": row["size"], "note": row["note"]}


def usage(engine: Engine, since: datetime, until: datetime) -> Iterator[Row]:
    """Every row of usage, of days that begin in the period."""
    table = schema.seal_usage
    first, last = since.date().isoformat(), until.date().isoformat()
    with engine.connect() as connection:
        yield from _all(connection, table, table.c.day >= first, table.c.day < last)


def _all(connection: Connection, table: Table, *which: Any) -> Iterator[Row]:  # noqa: ANN401 - conditions
    for row in connection.execute(select(table).where(*which).order_by(*table.primary_key)):
        yield row._asdict()


def _paged(engine: Engine, table: Table, key: Column[Any], *which: Any) -> Iterator[Row]:  # noqa: ANN401 - conditions
    last: Any = None
    while True:
        query = select(table).where(*which).order_by(key).limit(_PAGE)
        with engine.connect() as connection:
            found = query if last is None else query.where(key > last)
            rows = [row._asdict() for row in connection.execute(found)]
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1][key.name]


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _plain_json(value: object) -> str:
    return msgspec.json.encode(value, order="sorted", enc_hook=dict).decode()
