"""The queue, and whether anything is added to it."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Engine

from gateway.clock import Clock
from gateway.config import JobsConfig
from gateway.jobs.admission import Admission, Limits
from gateway.jobs.figures import Figures, JobFigures
from gateway.jobs.lease_time import ServerTime
from gateway.jobs.model import KINDS
from gateway.jobs.queue import DatabaseQueue
from gateway.store.engines.lane import WriterLane
from gateway.store.files.reserve import Reserve
from gateway.store.rows.backlog import OpenItems, job_counts, oldest_waiting, open_items


def admission_of(config: JobsConfig, *, reserve: Reserve, reader: Engine) -> Admission:
    """Who decides whether a new batch is taken in."""
    limits = Limits(
        items=config.most_open_items,
        items_of_a_system=config.most_open_items_of_a_system,
        size=config.most_open_bytes,
        size_of_a_system=config.most_open_bytes_of_a_system,
    )

    def count() -> Mapping[str, OpenItems]:
        with reader.connect() as connection:
            return open_items(connection)

    return Admission(limits, shortage=reserve.shortage, count=count)


def queue_of(
    config: JobsConfig, *, lane: WriterLane, clock: Clock, node: str, is_alone: bool
) -> DatabaseQueue:
    """The queue of this process, which is the node's only one; alone: of the whole database."""
    lease = timedelta(seconds=config.lease_seconds)
    time = None if is_alone else ServerTime()
    return DatabaseQueue(lane=lane, clock=clock, holder=node, lease=lease, time=time)


def figures_of(reader: Engine) -> JobFigures:
    """How many jobs there are."""

    def read() -> Figures:
        with reader.connect() as connection:
            return Figures(
                counts=tuple(job_counts(connection)),
                oldest={kind: oldest_waiting(connection, kind) for kind in KINDS},
            )

    return JobFigures(read)
