"""What all commands for batches take, and how they ask with it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

import msgspec
import typer
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from gateway.cli.asking import gateway_at, refusal, told_silence
from gateway.cli.options import CLIENT_KEY_ID
from gateway.cli.people_keys import NAMED, people_keys, request_signer
from gateway.cli.terminal import fail, told_errors
from gateway.client import GatewayClient, GatewayRefusedError
from gateway.client.errors import may_pass

T = TypeVar("T")

Id = Annotated[str, typer.Argument(help="The batch's id.", metavar="ID")]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        help=f"The calling system's key, as {NAMED}; by default that of the trial installation.",
    ),
]


class Asking(NamedTuple):
    """Who asks, and whom."""

    key: str | None
    module: Path | None
    pin_file: Path | None
    url: str | None
    config: Path

    def ask(self, question: Callable[[GatewayClient], Awaitable[T]], *, otherwise: str = "") -> T:
        """What comes of a question.

        Raises:
            typer.Exit: the gateway refused (1); or it, or what it needs, did not answer, or there
                is no such key (2). It is told.
        """
        where = gateway_at(self.url, self.config)
        own = self.key or _of_the_trial(self.config)

        async def asked() -> T:
            async with GatewayClient(where, signer) as client:
                return await question(client)

        with (
            told_errors(HTTPMessageSignaturesException, msgspec.ValidationError, OSError),
            told_silence(where, otherwise=otherwise),
            people_keys(module=self.module, pin_file=self.pin_file) as keys,
        ):
            signer = request_signer(keys.named(own))
            try:
                return asyncio.run(asked())
            except GatewayRefusedError as refused:
                raise fail(refusal(refused), code=2 if may_pass(refused) else 1) from refused


def _of_the_trial(config: Path) -> str:
    """The key of the system that a trial installation has.

    Raises:
        typer.Exit: 2: there is none. It is told.
    """
    file = config.parent / "clients" / "tms.key.pem"
    if not file.exists():
        raise fail(
            f"there is no {file}, the key of a trial installation: name your system's key with "
            "--key ID=WHERE"
        )
    return f"{CLIENT_KEY_ID}={file}"
