"""What goes on around a document: its batch, jobs, events, deliveries, contracts."""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, or_, select

from gateway.cli.trace.model import Step
from gateway.store.engines.moments import moment
from gateway.store.rows.job_listing import listed_job
from gateway.store.schema import batch, batch_item, delivery, envelope, event, job


def items_for(connection: Connection, documents: Collection[str]) -> list[Row[Any]]:
    """The rows of batches that these documents came of."""
    query = select(batch_item).where(batch_item.c.document.in_(documents))
    return list(connection.execute(query))


def item_of(connection: Connection, name: str) -> list[Row[Any]]:
    """The row of `BATCH/NUMBER`."""
    batch_id, _, number = name.rpartition("/")
    one = (batch_item.c.batch == batch_id) & (batch_item.c.number == int(number))
    return list(connection.execute(select(batch_item).where(one)))


def steps_of_item(connection: Connection, item: Row[Any]) -> Iterator[Step]:
    """When the batch came, and what became of the item."""
    whole = connection.execute(select(batch).where(batch.c.id == item.batch)).one_or_none()
    if whole is not None:
        told = (
            f"{whole.system} handed in batch {whole.id} of {whole.items:,} documents"
            f"{f' by {whole.source}' if whole.source else ''}; this is number {item.number}, "
            f"{item.name}"
        )
        yield Step(at=moment(whole.created_at), what="batch", told=told)
    ended = None if item.finished_at is None else moment(item.finished_at)
    why = f": {_reason(item.problem)}" if item.problem is not None else ""
    told = f"number {item.number} of batch {item.batch} is {item.state}{why}"
    yield Step(at=ended, what="item", told=told)


def jobs_of(connection: Connection, condition: ColumnElement[bool]) -> Iterator[Step]:
    """Jobs that are not done: how often they were tried, by whom they are held, why they failed."""
    for job_id in connection.execute(select(job.c.id).where(condition)).scalars().all():
        found = listed_job(connection, job_id)
        if found is None:  # done since we began
            continue
        held = f" by {found.holder} until {found.leased_until:%H:%M:%SZ}" if found.holder else ""
        due = "" if found.due is None else f", due {found.due:%Y-%m-%d %H:%M:%SZ}"
        why = "" if found.reason is None else f"; failed last as {_reason(found.reason)}"
        told = (
            f"job {found.id} ({found.kind} {found.key}) is {found.state}{held}{due}, "
            f"{found.attempt} attempts{why}"
        )
        yield Step(at=found.enqueued_at, what="job", told=told)


def job_keys_of(items: Collection[Row[Any]], events: Collection[str]) -> ColumnElement[bool]:
    """Jobs of these items and these events."""
    keys = [f"{each.batch}/{each.number}" for each in items]
    deliveries = (job.c.key.startswith(f"{each}/", autoescape=True) for each in events)
    return or_(
        (job.c.kind == "seal") & job.c.key.in_(keys),
        (job.c.kind == "deliver") & or_(job.c.id < 0, *deliveries),
    )


def events_about(
    connection: Connection, subjects: Collection[str], *, system: str
) -> list[Row[Any]]:
    """Events of these documents, batches or envelopes, in order."""
    query = select(event).where(event.c.system == system, event.c.subject.in_(subjects))
    return list(connection.execute(query.order_by(event.c.sequence)))


def steps_of_event(connection: Connection, row: Row[Any]) -> Iterator[Step]:
    """The event, and how it stands with each who is told."""
    told = f"{row.type}, number {row.sequence} for {row.system}; event {row.id}"
    yield Step(at=moment(row.at), what="event", told=told)
    tried = select(delivery).where(delivery.c.event == row.id).order_by(delivery.c.at)
    for each in connection.execute(tried):
        told = f"to {each.target}: {each.state} after {each.tries} tries; it said: {each.answer}"
        yield Step(at=moment(each.at), what="delivery", told=told)


def steps_of_envelope(connection: Connection, envelope_id: str) -> Iterator[Step]:
    """How the contract stands, for each of our companies in it."""
    for row in connection.execute(select(envelope).where(envelope.c.id == envelope_id)):
        told = (
            f"envelope {row.id} of {row.company}: {row.status}, next: {row.step}"
            f"{f' ({row.hint})' if row.hint else ''}; {row.sequence} entries"
        )
        yield Step(at=moment(row.created_at), what="envelope", told=told)


def _reason(written: bytes) -> str:
    try:
        said = msgspec.json.decode(bytes(written))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return bytes(written).decode(errors="replace")
    if not isinstance(said, dict):
        return str(said)
    return ": ".join(str(said[name]) for name in ("type", "title", "detail") if said.get(name))
