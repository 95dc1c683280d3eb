"""One story of everything that is known of a subject, in the order in which it happened."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.cli.trace import around, seals
from gateway.cli.trace.model import Step, Story, Subject
from gateway.cli.trace.records import inclusions, step_of, steps_naming
from gateway.config import Config
from gateway.store.schema import approval, job

_NO_JOB = "no job is left: what is done has no row any more"
_NO_EVENT = "no event is kept: nobody is to be told of it, or it is older than returns.events_days"
_LAST = datetime.max.replace(tzinfo=UTC)


def story_of(connection: Connection, asked: str, subject: Subject, config: Config) -> Story:
    """Gather it. The connection sees one moment, so that the parts fit each other."""
    rows = seals.rows_of(connection, subject.id) if subject.kind == "document" else []
    notes: list[str] = []
    steps = list(
        _document(connection, rows, config, notes) if rows else _other(connection, subject)
    )
    indices = sorted({each.record for each in steps if each.record is not None})
    return Story(
        asked=asked,
        subject=subject,
        seals=tuple(map(seals.facts_of, rows)),
        steps=tuple(_ordered(steps)),
        inclusion=tuple(inclusions(connection, indices, log_key_file=config.log_key_file)),
        notes=tuple(notes),
    )


def _document(
    connection: Connection, rows: list[Row[Any]], config: Config, notes: list[str]
) -> Iterator[Step]:
    ids = [row.id for row in rows]
    items = around.items_for(connection, ids)
    for item in items:
        yield from around.steps_of_item(connection, item)
    for row in rows:
        yield from seals.steps_of(connection, row, config.documents_directory)
    envelope = step_of(connection, rows[0].intent_index)[1].get("envelope")
    subjects = [*ids, envelope] if envelope else ids
    if envelope:
        yield from around.steps_of_envelope(connection, envelope)
    events = around.events_about(connection, subjects, system=rows[0].system)
    for each in events:
        yield from around.steps_of_event(connection, each)
    jobs = around.job_keys_of(items, [each.id for each in events])
    left = list(around.jobs_of(connection, jobs))
    yield from left
    if not left:
        notes.append(_NO_JOB)
    if not events:
        notes.append(_NO_EVENT)


def _other(connection: Connection, subject: Subject) -> Iterator[Step]:
    """The story of what has come to no document."""
    match subject.kind:
        case "item":
            items = around.item_of(connection, subject.id)
            for item in items:
                yield from around.steps_of_item(connection, item)
            yield from around.jobs_of(connection, around.job_keys_of(items, ()))
        case "approval":
            query = select(approval).where(approval.c.id == subject.id)
            for row in connection.execute(query).all():
                yield from seals.steps_of_approval(connection, row)
        case "envelope":
            yield from around.steps_of_envelope(connection, subject.id)
            yield from around.jobs_of(connection, job.c.subject == subject.id)
        case "job":
            yield from around.jobs_of(connection, job.c.id == int(subject.id))
        case _:
            for step, _ in steps_naming(connection, subject.id, first=0):
                yield step


def _ordered(steps: Iterable[Step]) -> list[Step]:
    """By time; what has none comes last, and what was at one moment stays as it was told."""
    return sorted(dict.fromkeys(steps), key=lambda each: each.at or _LAST)
