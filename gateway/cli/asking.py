"""Ask a gateway something: where it is, with whose key, and what is told where it says no."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import typer

from gateway.cli.options import configuration
from gateway.cli.people_keys import PersonSigner, people_keys, request_signer
from gateway.cli.terminal import fail
from gateway.client import GatewayClient, GatewayRefusedError
from gateway.client.errors import may_pass
from gateway.config import HTTPConfig

URLOption = Annotated[
    str | None,
    typer.Option(
        "--url", help="The gateway, as http://HOST:PORT; by default where config.yaml has it."
    ),
]

Question = Callable[[GatewayClient, PersonSigner], Awaitable[dict[str, Any]]]
"""With the key, as it may have to sign more than the request."""


class OwnKey(NamedTuple):
    """The key that a person names to a command; see `gateway.cli.people_keys`."""

    named: str
    module: Path | None
    pin_file: Path | None


def ask_with(own: OwnKey, url: str | None, config: Path, question: Question) -> dict[str, Any]:
    """What the gateway answers.

    Raises:
        typer.Exit: there is no such key (2), or see `ask`. It is told.
    """
    with people_keys(module=own.module, pin_file=own.pin_file) as keys:
        return ask(keys.named(own.named), url, config, question)


def ask(
    signer: PersonSigner, url: str | None, config: Path, question: Question, *, otherwise: str = ""
) -> dict[str, Any]:
    """What the gateway answers to requests that this key signs.

    Args:
        signer: the key.
        url: as the option says.
        config: where the gateway's address is looked up without it.
        question: what is asked.
        otherwise: what to do while no gateway answers.

    Raises:
        typer.Exit: the gateway refused (1), or it, or what it needs, did not answer (2): nothing
            speaks against the same command later. It is told.
    """
    where = gateway_at(url, config)

    async def asked() -> dict[str, Any]:
        async with GatewayClient(where, request_signer(signer)) as client:
            return await question(client, signer)

    with told_silence(where, otherwise=otherwise):
        try:
            return asyncio.run(asked())
        except GatewayRefusedError as refused:
            raise fail(refusal(refused), code=2 if may_pass(refused) else 1) from refused


def gateway_at(url: str | None, config: Path) -> str:
    """The address that was named, or that of the gateway of a config.yaml.

    Raises:
        typer.Exit: 2: it is no address, or there is no good config.yaml. It is told.
    """
    if url is None:
        return address(configuration(config).http)
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none
        good = False
    if not good:
        raise fail(f"{url} is no address of a gateway: write it as http://HOST:PORT")
    return url


def address(settings: HTTPConfig) -> str:
    """Where a gateway with these settings listens."""
    return f"{'http' if settings.tls is None else 'https'}://{settings.host}:{settings.port}"


def refusal(refused: GatewayRefusedError) -> str:
    """A problem in a line: what happened, why, and what to do."""
    problem = refused.problem
    what = [str(problem[part]) for part in ("title", "detail") if problem.get(part)]
    said = ": ".join(what).rstrip(".")
    return f"{said}. {problem.get('cure', '')}".strip()


@contextmanager
def told_silence(url: str, *, otherwise: str = "") -> Iterator[None]:
    """Tell why there is no answer from `url` and what to do; exit code 2."""
    try:
        yield
    except (aiohttp.ClientError, TimeoutError) as error:
        raise fail(f"{unanswered(url, error)}{otherwise and f'. {otherwise}'}") from error


def unanswered(url: str, error: Exception) -> str:
    """Why there is no answer from `url`, and what to do."""
    if isinstance(error, aiohttp.ClientSSLError):
        return (
            f"no secure connection to {url}: {error.__cause__ or error}: see whether the address "
            "and the server's certificate are right"
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        return (
            f"no gateway at {url}: start it with `sealgate serve` (or `make serve`), or see "
            "`sealgate doctor`"
        )
    why = "did not answer in time" if isinstance(error, TimeoutError) else "broke the connection"
    return f"the gateway at {url} {why}: see its log, then run the command again"
