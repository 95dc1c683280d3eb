"""The network put together: the one place that knows every room."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from cloud_bridge.interfaces import Time
from cloud_bridge.model import PartyKind
from cloud_bridge.network.config import NetworkConfig
from cloud_bridge.network.contents.leftovers import Leftovers
from cloud_bridge.network.core import Core, Room, build_core
from cloud_bridge.network.deliveries.open import deliveries_room
from cloud_bridge.network.http.access import Access
from cloud_bridge.network.http.accounts import Directory
from cloud_bridge.network.http.app import API
from cloud_bridge.network.http.envelopes import Envelopes
from cloud_bridge.network.http.limits import Limits
from cloud_bridge.network.http.metrics import Metrics
from cloud_bridge.network.http.openapi import openapi
from cloud_bridge.network.http.operation import Operation
from cloud_bridge.network.interfaces import Links
from cloud_bridge.network.pages.open import persons_room
from cloud_bridge.network.records.bringing import Bringing
from cloud_bridge.network.store.database import Database, PostgreSQL, SQLiteFile
from cloud_bridge.network.store.lane import WriterLane
from cloud_bridge.network.store.migrating import migrate
from cloud_bridge.network.vital_signs import certificate_ends, measure

ROOMS: Final[tuple[Callable[[Core], Room], ...]] = (persons_room, deliveries_room)
"""What is built upon the core: for persons, for deliveries."""

_EXPIRE_SECONDS: Final = 1.0
_SWEEP_SECONDS: Final = 3600.0
_LEFTOVERS_SECONDS: Final = 6 * 3600.0
_VERSION: Final = "1"
_log = structlog.get_logger("network")


@dataclass(frozen=True, slots=True)
class Network:
    """A network that runs. `api` is everything that can be asked of it over HTTP."""

    core: Core
    api: API


def database_of(config: NetworkConfig) -> Database:
    """The database that the configuration names; OSError: the password cannot be read."""
    store = config.store
    if store.url is None:
        config.state_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return SQLiteFile(config.state_directory / "network.db")
    file = store.password_file
    password = None if file is None else file.read_text(encoding="utf-8").strip()
    return PostgreSQL(store.url, password)


def lane_of(database: Database) -> WriterLane:
    """A lane to the database, which is brought to this version's schema; to be entered.

    Raises:
        SchemaNewerError: the database was written by a newer version.
    """
    writer = database.open_writer()
    migrate(writer)
    return WriterLane(writer, database.open_reader())


@contextlib.asynccontextmanager
async def open_network(
    config: NetworkConfig,
    time: Time,
    *,
    rooms: Sequence[Callable[[Core], Room]] = ROOMS,
) -> AsyncIterator[Network]:
    """Everything of the network but its ports, with what it does by itself under way.

    Raises:
        OSError, ValueError: a key cannot be read.
        SchemaNewerError: the database was written by a newer version.
    """
    database = database_of(config)
    lane = await asyncio.to_thread(lane_of, database)
    core = build_core(config, time, lane, is_shared=database.is_shared)
    built = [room(core) for room in rooms]
    works = [
        (core.book.expire, _EXPIRE_SECONDS),
        (core.contents.sweep, _SWEEP_SECONDS),
        (Leftovers(core.lane, config.contents).sweep, _LEFTOVERS_SECONDS),
        (core.webhooks.deliver, 1.0),
        *([(core.feeds.follow, 1.0)] if core.is_shared else []),
        *(work for room in built for work in room.work),
    ]
    async with lane:
        tasks = [asyncio.create_task(_again_and_again(*work)) for work in works]
        try:
            yield Network(core, _api(core, built))
        finally:
            core.feeds.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _api(core: Core, rooms: Sequence[Room]) -> API:
    limits = core.config.limits
    links: dict[PartyKind, Links] = {}
    for room in rooms:
        links.update(room.links)
    envelopes = Envelopes(
        book=core.book,
        contents=core.contents,
        feeds=core.feeds,
        bringing=Bringing(core.lane, core.contents),
        links=links,
        parcel_bytes=core.identity.parcel_bytes,
        statement_bytes=limits.statement_bytes,
        longest_wait_seconds=limits.longest_wait_seconds,
    )
    directory = Directory(identity=core.identity, accounts=core.accounts, webhooks=core.webhooks)

    ends = certificate_ends(core.config)

    def gauges(metrics: Metrics) -> None:
        measure(metrics, core.config.state_directory, ends, now=core.time.now())
        metrics.commits.set(core.lane.commits)
        metrics.waiting.set(core.feeds.waiting)

    operation = Operation(
        metrics=core.metrics,
        gauges=gauges,
        description=lambda: openapi(api.routes, version=_VERSION),
    )
    api = API(
        (
            *directory.routes(),
            *envelopes.routes(),
            *operation.routes(),
            *(route for room in rooms for route in room.routes),
        ),
        access=_access(core),
        metrics=core.metrics,
        time=core.time,
        statement_bytes=limits.statement_bytes,
        content_bytes=limits.content_bytes,
        body_seconds=limits.body_seconds,
    )
    return api


def _access(core: Core) -> Access:
    server, limits = core.config.server, core.config.limits
    return Access(
        accounts=core.accounts,
        lane=core.lane,
        limits=Limits(core.time, per_second=limits.requests_per_second, burst=limits.burst),
        time=core.time,
        external_url=server.external_url,
        is_tls=server.tls is not None,
    )


async def _again_and_again(work: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Whatever happens to it once: it is needed again."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - logged, and tried again
            _log.exception("work_failed", work=getattr(work, "__qualname__", str(work)))
        await asyncio.sleep(seconds)
