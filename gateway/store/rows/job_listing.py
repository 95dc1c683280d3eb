"""Jobs as people read them."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gateway.store.engines.moments import moment
from gateway.store.schema import job


class ListedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job. `reason` is why it failed last, as JSON; `due` None: at once."""

    id: int
    kind: str
    key: str
    state: str
    share: str
    subject: str
    priority: int
    attempt: int
    enqueued_at: datetime
    due: datetime | None
    holder: str | None
    leased_until: datetime | None
    reason: bytes | None


_row = select(
    job.c.id,
    job.c.kind,
    job.c.key,
    job.c.state,
    job.c.share,
    job.c.subject,
    job.c.priority,
    job.c.attempt,
    job.c.created_at,
    job.c.not_before,
    job.c.holder,
    job.c.lease_until,
    job.c.reason,
)


def listed_jobs(
    connection: Connection,
    *,
    kind: str | None = None,
    state: str | None = None,
    subject: str | None = None,
    most: int,
) -> list[ListedJob]:
    """Up to `most` jobs, the oldest first; only of a kind, state or subject where one is named."""
    query = _row.order_by(job.c.id).limit(most)
    for column, value in ((job.c.kind, kind), (job.c.state, state), (job.c.subject, subject)):
        query = query if value is None else query.where(column == value)
    return [_listed(row) for row in connection.execute(query)]


def listed_job(connection: Connection, job_id: int) -> ListedJob | None:
    """The job of that id."""
    row = connection.execute(_row.where(job.c.id == job_id)).one_or_none()
    return None if row is None else _listed(row)


def _listed(row: Any) -> ListedJob:  # noqa: ANN401 - SQLAlchemy's
    return ListedJob(
        id=row.id,
        kind=row.kind,
        key=row.key,
        state=row.state,
        share=row.share,
        subject=row.subject,
        priority=row.priority,
        attempt=row.attempt,
        enqueued_at=moment(row.created_at),
        due=moment(row.not_before) if row.not_before else None,
        holder=row.holder,
        leased_until=None if row.lease_until is None else moment(row.lease_until),
        reason=row.reason,
    )
