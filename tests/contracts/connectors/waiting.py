"""Waiting for what others do."""

import asyncio
from collections.abc import Awaitable, Callable

from connectors.interfaces import Connector
from connectors.model import Fetched


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 20.0) -> None:
    """Ask until it is so."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def fetched(connector: Connector, number: int) -> list[Fetched]:
    """Fetch until so many are there."""
    got: list[Fetched] = []

    async def enough() -> bool:
        got[:] = (await connector.fetch(None, most=number)).items
        return len(got) >= number

    await until(enough)
    return got
