"""How far a batch is, until it has ended: told by the gateway, or asked for where that breaks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.batch.model import Batch, batch_of
from gateway.cli.batch.sending import PATH
from gateway.client import GatewayClient, GatewayRefusedError
from gateway.client.errors import may_pass

_SILENCE_SECONDS = 60.0
_MOST_SILENT_ASKINGS = 60


async def follow(
    client: GatewayClient, batch_id: str, *, pause_seconds: float = 1.0
) -> AsyncIterator[Batch]:
    """The batch, each time that something of it has changed; the last one has ended.

    A gateway that is started anew meanwhile is waited for.

    Raises:
        GatewayRefusedError: there is no such batch, or it is another's.
        aiohttp.ClientError: the gateway has been away for a minute.
    """
    silent = 0
    while True:
        # An event stream that breaks is no news: the question after it tells how things are.
        with suppress(aiohttp.ClientError, TimeoutError, GatewayRefusedError):
            async for batch in _events(client, batch_id):
                yield batch
        try:
            batch = await asked(client, batch_id)
        except (aiohttp.ClientError, TimeoutError, GatewayRefusedError) as error:
            silent += 1
            if silent >= _MOST_SILENT_ASKINGS or not may_pass(error):
                raise
        else:
            silent = 0
            yield batch
            if batch.has_ended:
                return
        await asyncio.sleep(pause_seconds)


async def asked(client: GatewayClient, batch_id: str) -> Batch:
    """The batch as it is now.

    Raises:
        GatewayRefusedError: there is no such batch, or it is another's.
    """
    return batch_of(await client.get_json(f"{PATH}/{batch_id}"))


async def shown(client: GatewayClient, batch_id: str, console: Console) -> Batch:
    """Follow it with a bar, to its end; gives it as it ended. See `follow` for what is raised."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
    )
    batch: Batch | None = None
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("batch", total=None, speed="")
        async for batch in follow(client, batch_id):
            progress.update(
                bar,
                description=_said(batch),
                total=batch.items,
                completed=batch.ended,
                speed=_speed(batch),
            )
    if batch is None:
        raise RuntimeError("a batch that is followed is told at least once")
    return batch


def _said(batch: Batch) -> str:
    failed = batch.counts.failed if batch.counts else 0
    return f"{batch.state}, {failed} failed" if failed else batch.state


def _speed(batch: Batch) -> str:
    rate = f"{batch.per_second:.0f}/s" if batch.per_second else ""
    left = batch.remaining_seconds
    return rate if left is None or batch.has_ended else f"{rate}, {left:.0f} s to go"


async def _events(client: GatewayClient, batch_id: str) -> AsyncIterator[Batch]:
    """What the gateway tells by server-sent events, until it or the connection ends."""
    async with client.exchange(
        "GET",
        f"{PATH}/{batch_id}/events",
        headers={"Accept": "text/event-stream"},
        silence_seconds=_SILENCE_SECONDS,
    ) as response:
        data: list[str] = []
        async for raw in response.content:
            line = raw.decode().rstrip("\r\n")
            if line.startswith("data:"):
                data.append(line.removeprefix("data:").removeprefix(" "))
            elif not line and data:
                yield batch_of(json.loads("\n".join(data)))
                data = []
