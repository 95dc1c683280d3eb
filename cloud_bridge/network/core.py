"""The network without its ports: accounts, envelopes, contents, feeds; and rooms built upon it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from cloud_bridge.interfaces import Time
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import PartyKind
from cloud_bridge.network.accounts.accounts import Accounts
from cloud_bridge.network.config import NetworkConfig
from cloud_bridge.network.contents.contents import PARCEL_BYTES, Contents
from cloud_bridge.network.http.metrics import Metrics
from cloud_bridge.network.http.routes import Route
from cloud_bridge.network.interfaces import Links
from cloud_bridge.network.persons.owing import owe
from cloud_bridge.network.records.book import Book
from cloud_bridge.network.records.feed import Feeds
from cloud_bridge.network.records.recording import New, Recording
from cloud_bridge.network.records.standing import Standings
from cloud_bridge.network.store.lane import WriterLane
from cloud_bridge.network.webhooks.webhooks import Webhooks
from cloud_bridge.wire import NetworkIdentity


@dataclass(frozen=True, slots=True)
class Core:
    """What rooms for persons and deliveries are built upon.

    Attributes:
        key: signs entries, and what the network says itself.
        is_shared: whether other nodes write to the same database.
    """

    config: NetworkConfig
    time: Time
    key: SigningKey
    identity: NetworkIdentity
    lane: WriterLane
    accounts: Accounts
    book: Book
    contents: Contents
    feeds: Feeds
    webhooks: Webhooks
    metrics: Metrics
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Room:
    """Something that is built upon the core.

    Attributes:
        routes: what it answers.
        links: makes the links of these kinds of parties.
        work: done again and again, each after so many seconds.
    """

    routes: tuple[Route, ...] = ()
    links: Mapping[PartyKind, Links] = field(default_factory=dict)
    work: tuple[tuple[Callable[[], Awaitable[object]], float], ...] = ()


def build_core(config: NetworkConfig, time: Time, lane: WriterLane, *, is_shared: bool) -> Core:
    """Put it together; before the lane is entered, on the event loop that it will belong to.

    Raises:
        OSError, ValueError: the network's key cannot be read.
    """
    key = SigningKey.from_pem(config.keys.network.read_bytes())
    accounts = Accounts(lane, time)
    limits = config.limits
    contents = Contents(
        lane,
        time,
        config.contents,
        most_bytes=limits.organisation_bytes,
        days=limits.content_days,
    )
    feeds = Feeds(lane, time, is_shared=is_shared)
    webhooks = Webhooks(lane, time, key, private_addresses=config.webhooks.private_addresses)
    metrics = Metrics()
    standings = Standings()
    loop = asyncio.get_running_loop()

    def tell(connection: Connection, new: list[New]) -> None:
        webhooks.owe(connection, new)
        if config.persons.bring_links:
            owe(connection, new)

    def done(new: list[New], newest: dict[str, int]) -> None:
        # On the lane's thread; what waits belongs to the loop.
        loop.call_soon_threadsafe(_tell, core, new, newest, webhooks.owes)

    recording = Recording(
        key=key,
        feeds=feeds,
        standings=standings,
        is_shared=is_shared,
        tell=tell,
        done=done,
    )
    lane.accompany(recording)
    core = Core(
        config=config,
        time=time,
        key=key,
        identity=NetworkIdentity(
            name=config.name,
            signing_key=key.public,
            parcel_bytes=min(PARCEL_BYTES, limits.content_bytes),
        ),
        lane=lane,
        accounts=accounts,
        book=Book(
            lane=lane,
            recording=recording,
            standings=standings,
            accounts=accounts,
            contents=contents,
            time=time,
            is_shared=is_shared,
        ),
        contents=contents,
        feeds=feeds,
        webhooks=webhooks,
        metrics=metrics,
        is_shared=is_shared,
    )
    return core


def _tell(core: Core, new: list[New], newest: dict[str, int], owes: bool) -> None:  # noqa: FBT001 - as `call_soon` hands it on
    core.feeds.told(newest, called={who for each in new for who in each.called})
    if owes:
        core.webhooks.owed()
    for each in new:
        core.metrics.entries.labels(each.tag).inc()
