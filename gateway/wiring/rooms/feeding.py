"""The connectors that IT declared, opened, and a feed for each."""

import asyncio
import contextlib
from functools import partial

import structlog

from connectors.interfaces import Stock
from connectors.open import open_connector
from gateway.declarations.library import load_declarations
from gateway.feeds.feed import Feed
from gateway.feeds.intake import FeedIntake
from gateway.feeds.model import FeedStanding
from gateway.feeds.owing import OwedResults
from gateway.feeds.results import FeedResults, Stores
from gateway.feeds.texts import DocumentTexts
from gateway.store.rows.feeds import FeedReader
from gateway.wiring.duties import take_on
from gateway.wiring.house import House
from gateway.wiring.rooms.batching import BatchRoom, Ground

_log = structlog.get_logger("feeds")


async def start_feeds(
    house: House,
    ground: Ground,
    room: BatchRoom,
    owing: OwedResults,
    stack: contextlib.AsyncExitStack,
) -> tuple[Feed, ...]:
    """Open every connector and have its feed run until the stack is left.

    Raises:
        MistakesError: the YAML is wrong.
        OSError: it cannot be read.
    """
    declarations = load_declarations(house.config.connectors)
    reader = FeedReader(house.readers)
    stack.callback(reader.close)
    stores = Stores(
        batches=ground.batches,
        items=ground.items,
        documents=ground.documents,
        archive=house.archive,
        feeds=reader,
    )
    texts = DocumentTexts(house.pool, in_force=ground.in_force, clock=house.clock)
    feeds: list[Feed] = []
    for declared in declarations.connectors.values():
        connector = await stack.enter_async_context(
            open_connector(declared.settings, time=house.clock)
        )
        intake, handing_over = None, asyncio.Lock()
        if declared.mapping is not None and connector.fetches:
            intake = FeedIntake(
                declared,
                declared.mapping,
                connector=connector,
                batches=room.service,
                lane=house.lane,
                reader=reader,
                in_force=ground.in_force,
                clock=house.clock,
                texts=texts,
                handing_over=handing_over,
            )
        results = FeedResults(
            declared.name,
            connector=connector,
            stores=stores,
            lane=house.lane,
            handing_over=handing_over,
            systems=lambda: ground.in_force().bundle.systems,
        )
        feed = Feed(
            declared,
            intake=intake,
            results=results,
            in_force=ground.in_force,
            tell=partial(_measure, house, declared.name),
        )
        feeds.append(feed)
        if isinstance(connector, Stock):
            room.stocks.know(declared.name, connector, speaks_for=declared.system)
        if connector.delivers:
            owing.know(declared.name, speaks_for=declared.system)
    # Only once all are open: a feed may owe its results to another.
    for feed in feeds:
        take_on(feed.run(), name=f"feed {feed.declared.name}", stack=stack)
    if feeds:
        _log.info("feeds", connectors=[feed.declared.name for feed in feeds])
    return tuple(feeds)


def _measure(house: House, name: str, standing: FeedStanding) -> None:
    house.metrics.outside.set_feed(
        name, works=standing.works, taken=standing.taken, delivered=standing.delivered
    )
