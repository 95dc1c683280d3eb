"""A gateway tells those that share its database, and the doctor, that it is there."""

import asyncio
from functools import partial
from typing import Final

import structlog

from gateway import __version__
from gateway.store.rows.nodes import NodeRow, put_node, remove_node
from gateway.wiring.house import House

_PRESENT_SECONDS: Final = 300.0

_log = structlog.get_logger("gateway")


async def tell_presence(house: House) -> None:
    """Write our version down, now and every five minutes."""
    started = house.clock.now()
    while True:
        row = NodeRow(
            name=house.config.store.node,
            version=__version__,
            started_at=started,
            seen_at=house.clock.now(),
        )
        try:
            await house.lane.write(partial(put_node, row=row))
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
            _log.error("presence_not_told", error=str(error), kind=type(error).__name__)
        await asyncio.sleep(_PRESENT_SECONDS)


async def tell_absence(house: House) -> None:
    """Take our row away at an orderly stop."""
    await house.lane.write(partial(remove_node, name=house.config.store.node))
