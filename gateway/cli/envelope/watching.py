"""`sealgate envelope watch`: follow an envelope until nothing more happens to it."""

import asyncio

import aiohttp
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.envelope.model import Envelope, envelope_of
from gateway.cli.envelope.options import (
    Asking,
    ConfigOption,
    Id,
    KeyOption,
    ModuleOption,
    PinFileOption,
    URLOption,
    asked,
)
from gateway.cli.envelope.showing import tell_all
from gateway.cli.options import DEFAULT_CONFIG
from gateway.cli.terminal import err, printable
from gateway.client import EnvelopeClient, GatewayRefusedError
from gateway.client.errors import may_pass

_WAIT_SECONDS = 30
_PAUSE_SECONDS = 1.0
_MOST_SILENT_ASKINGS = 60


def watch(
    envelope_id: Id,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Follow an envelope until all have signed and it is here, or it has ended otherwise.

    Exits 0 when all have signed and the documents are here, 1 when it ended otherwise, is held,
    waits for a file that is to be attached after all have signed, or the gateway refused, 2 when
    that could not be told.
    """
    ended = follow(Asking(key, pkcs11_module, pin_file, url, config), envelope_id)
    tell_all(ended)
    raise typer.Exit(exit_code(ended))


def follow(asking: Asking, envelope_id: str) -> Envelope:
    """The envelope as it ended, with a bar meanwhile."""
    return asked(
        asking,
        lambda client: _followed(client, envelope_id),
        otherwise="The envelope goes on without it",
    )


def exit_code(envelope: Envelope) -> int:
    """0: all have signed, and it is here; 1: it ended otherwise, is held, or lacks a file."""
    return 0 if (envelope.status, envelope.next_step) == ("completed", "nothing") else 1


async def _followed(client: EnvelopeClient, envelope_id: str) -> Envelope:
    envelope = envelope_of(await client.show(envelope_id))
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        bar = progress.add_task("")
        while True:
            signing = [party for party in envelope.parties if party.state != "copy"]
            done = sum(party.state in {"signed", "stood-for"} for party in signing)
            said = printable(f"{envelope.status}, {envelope.next_hint}").replace("[", "\\[")
            progress.update(bar, description=said, total=len(signing), completed=done)
            if envelope.has_ended:
                return envelope
            envelope = await _next(client, envelope)


async def _next(client: EnvelopeClient, envelope: Envelope) -> Envelope:
    """As it is after something has happened, or half a minute.

    A gateway that is started anew meanwhile is waited for.
    """
    for silent in range(_MOST_SILENT_ASKINGS):
        try:
            told = await client.watch(envelope.id, beyond=envelope.sequence, seconds=_WAIT_SECONDS)
        except (aiohttp.ClientError, TimeoutError, GatewayRefusedError) as error:
            if silent + 1 == _MOST_SILENT_ASKINGS or not may_pass(error):
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return envelope_of(told)
    raise RuntimeError("the last asking returns or raises")
