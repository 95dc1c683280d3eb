"""Ask the gateway something with a key of one's own."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from gateway.cli.options import configuration
from gateway.cli.people_keys import PersonSigner, people_keys, request_signer
from gateway.cli.terminal import fail
from gateway.client import GatewayClient, GatewayRefusedError


class OwnKey(NamedTuple):
    """The key that a person names to a command; see `gateway.cli.people_keys`."""

    where: str
    key_id: str
    module: Path | None
    pin_file: Path | None


def ask(
    own: OwnKey,
    url: str | None,
    config: Path,
    question: Callable[[GatewayClient, PersonSigner], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """What the gateway answers; the key signs the request, and is there for the question too.

    Raises:
        typer.Exit: 2: there is no such key, or the gateway refused or did not answer. It is told.
    """
    where = url or url_in(config)

    async def asked(signer: PersonSigner) -> dict[str, Any]:
        async with GatewayClient(where, request_signer(signer)) as client:
            return await question(client, signer)

    with people_keys(module=own.module, pin_file=own.pin_file) as keys:
        signer = keys.signer(own.where, key_id=own.key_id)
        try:
            return asyncio.run(asked(signer))
        except GatewayRefusedError as refused:
            problem = refused.problem
            raise fail(f"{problem.get('detail')}. {problem.get('cure', '')}") from refused
        except (aiohttp.ClientError, TimeoutError) as error:
            raise fail(f"no gateway answers at {where}: {error}") from error


def url_in(config: Path) -> str:
    """Where the gateway of a config.yaml listens."""
    http = configuration(config).http
    return f"{'http' if http.tls is None else 'https'}://{http.host}:{http.port}"
