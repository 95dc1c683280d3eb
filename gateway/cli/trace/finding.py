"""What an id means: every kind of id that people meet leads to documents, or to what came of none.

All tables are asked, since a number may be one's business number and another's key. The log is gone
through only where they know nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from gateway.audit.record import read_leaf
from gateway.cli.trace.model import Kind, Subject
from gateway.envelopes.causes import trace_of
from gateway.store.engines.searching import contains
from gateway.store.schema import (
    approval,
    audit_leaf,
    batch,
    batch_item,
    document,
    envelope,
    event,
    job,
)

MOST: Final = 10
"""Candidates that are told; more than these help nobody."""
_LARGEST_ID: Final = 2**63 - 1

_act = func.coalesce(document.c.act, document.c.id)
_acts = select(
    _act.label("act"),
    func.min(document.c.system).label("system"),
    func.min(document.c.document_type).label("document_type"),
    func.min(document.c.business_number).label("business_number"),
).group_by(_act)


def meant_by(connection: Connection, text: str) -> tuple[Subject, ...]:
    """Everything that goes by this id, each once; up to `MOST` and one."""
    return _merged(_by_rows(connection, text)) or _merged(_by_log(connection, text))


def nearest_to(connection: Connection, text: str) -> tuple[Subject, ...]:
    """What begins like this: an id that was cut, or typed half."""
    begin_so = or_(
        *(
            document.c[name].startswith(text, autoescape=True)
            for name in ("id", "act", "idempotency_key", "business_number", "trace_id")
        )
    )
    return _merged(_documents(connection, "beginning", begin_so))


def _by_rows(connection: Connection, text: str) -> Iterator[Subject]:
    yield from _documents(connection, "document", document.c.id == text)
    yield from _documents(connection, "act", document.c.act == text)
    yield from _documents(connection, "business number", document.c.business_number == text)
    yield from _batch(connection, text)
    yield from _item(connection, text)
    yield from _jobs(connection, text)
    yield from _event(connection, text)
    yield from _approval(connection, text)
    yield from _envelope(connection, text)
    yield from _documents(connection, "idempotency key", document.c.idempotency_key == text)
    yield from _documents(connection, "trace", document.c.trace_id == text)
    yield from _items(connection, "idempotency key", batch_item.c.key == text)
    yield from _items(connection, "business number", batch_item.c.business_number == text)
    query = select(batch.c.id).where(or_(batch.c.idempotency_key == text, batch.c.trace_id == text))
    for (batch_id,) in connection.execute(query.limit(MOST)):
        yield from _items(connection, "idempotency key", batch_item.c.batch == batch_id)


def _by_log(connection: Connection, text: str) -> Iterator[Subject]:
    """What was refused has no row; its records have the trace id that the answer had."""
    named = contains(audit_leaf.c.leaf, f'"{text}"'.encode())
    query = select(audit_leaf.c.leaf).where(named).order_by(audit_leaf.c.index).limit(MOST)
    for (leaf,) in connection.execute(query):
        said = read_leaf(bytes(leaf))
        if said.get("trace") == text:
            yield _subject("request", text, "trace", f"a request that was {said['kind']}")


def _documents(
    connection: Connection, by: str, condition: ColumnElement[bool]
) -> Iterator[Subject]:
    for row in connection.execute(_acts.where(condition).order_by(_act).limit(MOST + 1)):
        told = f"{row.document_type} {row.business_number} of {row.system}"
        yield _subject("document", row.act, by, told)


def _batch(connection: Connection, text: str) -> Iterator[Subject]:
    yield from _items(connection, "batch", batch_item.c.batch == text)


def _item(connection: Connection, text: str) -> Iterator[Subject]:
    batch_id, slash, number = text.rpartition("/")
    if slash and number.isascii() and number.isdigit() and len(number) < MOST:
        one = (batch_item.c.batch == batch_id) & (batch_item.c.number == int(number))
        yield from _items(connection, "item of a batch", one)


def _items(connection: Connection, by: str, condition: ColumnElement[bool]) -> Iterator[Subject]:
    query = select(batch_item).where(condition)
    order = batch_item.c.batch, batch_item.c.number
    for row in connection.execute(query.order_by(*order).limit(MOST + 1)).all():
        known = row.document is not None
        found = _documents(connection, by, document.c.id == row.document) if known else iter(())
        documents = list(found)
        told = f"{row.name} of batch {row.batch}: {row.state}"
        yield from documents or [_subject("item", f"{row.batch}/{row.number}", by, told)]


def _jobs(connection: Connection, text: str) -> Iterator[Subject]:
    by_key = job.c.key == text
    is_id = text.isascii() and text.isdigit() and int(text) <= _LARGEST_ID
    condition = or_(by_key, job.c.id == int(text)) if is_id else by_key
    for row in connection.execute(select(job).where(condition).limit(MOST)).all():
        behind = list(_behind(connection, row))
        told = f"a job of kind {row.kind}, {row.state}"
        yield from behind or [_subject("job", str(row.id), "job", told)]


def _behind(connection: Connection, row: Row[Any]) -> Iterator[Subject]:
    match row.kind:
        case "seal":
            found = _item(connection, row.key)
        case "deliver":
            found = _event(connection, bytes(row.payload).decode(errors="replace"))
        case _:
            found = _envelope(connection, row.subject)
    for each in found:
        yield _subject(each.kind, each.id, "job", each.told)


def _event(connection: Connection, text: str) -> Iterator[Subject]:
    subject = connection.execute(select(event.c.subject).where(event.c.id == text)).scalar()
    if subject is not None:
        yield from _documents(connection, "event", document.c.id == subject)
        yield from _items(connection, "event", batch_item.c.batch == subject)
        for each in _envelope(connection, subject):
            yield _subject(each.kind, each.id, "event", each.told)


def _approval(connection: Connection, text: str) -> Iterator[Subject]:
    row = connection.execute(select(approval).where(approval.c.id == text)).one_or_none()
    if row is not None:
        used = row.used_by is not None
        documents = (
            list(_documents(connection, "approval", document.c.id == row.used_by)) if used else []
        )
        told = f"an approval of {row.seal} on {row.document_type}: {row.state}"
        yield from documents or [_subject("approval", row.id, "approval", told)]


def _envelope(connection: Connection, text: str) -> Iterator[Subject]:
    rows = connection.execute(select(envelope).where(envelope.c.id == text)).all()
    if rows:
        trace = document.c.trace_id == trace_of(text)
        told = f"a contract {rows[0].business_number} of {rows[0].company}: {rows[0].status}"
        yield from list(_documents(connection, "envelope", trace)) or [
            _subject("envelope", text, "envelope", told)
        ]


def _subject(kind: Kind, subject_id: str, by: str, told: str) -> Subject:
    return Subject(kind=kind, id=subject_id, by=(by,), told=told)


def _merged(found: Iterable[Subject]) -> tuple[Subject, ...]:
    """Each subject once, with all that it was found by."""
    merged: dict[tuple[str, str], Subject] = {}
    for each in found:
        known = merged.get((each.kind, each.id))
        by = each.by if known is None else tuple(dict.fromkeys(known.by + each.by))
        merged[each.kind, each.id] = Subject(kind=each.kind, id=each.id, by=by, told=each.told)
    return tuple(merged.values())
