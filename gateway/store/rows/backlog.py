"""How much is open: documents of batches that wait, and jobs, by what they are."""

from typing import NamedTuple

from sqlalchemy import Connection, func, literal_column, select

from gateway.store.rows.jobs import first_waiting, priorities, shares
from gateway.store.schema import batch, batch_item, job


class OpenItems(NamedTuple):
    """Documents that were accepted and have no result yet, and the bytes of their inputs."""

    items: int
    size: int


class JobCount(NamedTuple):
    """So many jobs of a kind in a state."""

    kind: str
    state: str
    jobs: int


_open = (
    select(
        batch.c.system,
        func.count().label("items"),
        func.coalesce(func.sum(batch_item.c.input_bytes), 0).label("size"),
    )
    .join(batch_item, batch_item.c.batch == batch.c.id)
    .where(
        batch.c.state.in_(("receiving", "open", "paused")),
        batch_item.c.state == "waiting",
    )
    .group_by(batch.c.system)
)
# Each by the index that it has, so that neither reads the table.
_waiting = (
    select(job.c.kind, func.count())
    .where(job.c.state == literal_column("'waiting'"))
    .group_by(job.c.kind)
)
_others = (
    select(job.c.kind, job.c.state, func.count())
    .where(job.c.state != literal_column("'waiting'"))
    .group_by(job.c.kind, job.c.state)
)


def open_items(connection: Connection) -> dict[str, OpenItems]:
    """By system. Reads every open item: for a thread that may take its time."""
    return {
        row.system: OpenItems(int(row.items), int(row.size)) for row in connection.execute(_open)
    }


def job_counts(connection: Connection) -> list[JobCount]:
    """By kind and state. As `open_items`."""
    waiting = [JobCount(kind, "waiting", jobs) for kind, jobs in connection.execute(_waiting)]
    return waiting + [JobCount(*row) for row in connection.execute(_others)]


def oldest_waiting(connection: Connection, kind: str) -> int | None:
    """When the oldest job was enqueued that could be claimed at once; Unix µs."""
    moments = [
        first_waiting(connection, kind, priority, share)
        for priority in priorities(connection, kind)
        for share in shares(connection, kind, priority)
    ]
    return min((at for at in moments if at is not None), default=None)
