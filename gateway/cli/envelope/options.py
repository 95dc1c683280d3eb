"""What all commands for envelopes take, and how they ask with it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from gateway.cli.asking import URLOption
from gateway.cli.batch.options import Asking, KeyOption
from gateway.cli.options import ConfigOption
from gateway.cli.people_keys import ModuleOption, PinFileOption
from gateway.client import EnvelopeClient

__all__ = [
    "Asking",
    "ConfigOption",
    "Id",
    "KeyOption",
    "ModuleOption",
    "Party",
    "PinFileOption",
    "URLOption",
    "asked",
]

T = TypeVar("T")

Id = Annotated[
    str, typer.Argument(help="The envelope's id, as `send` and `list` tell it.", metavar="ID")
]
Party = Annotated[
    str,
    typer.Argument(
        help="The party's id within the envelope, as `show` lists it (them, person, bearer).",
        metavar="PARTY",
    ),
]


def asked(
    asking: Asking, question: Callable[[EnvelopeClient], Awaitable[T]], *, otherwise: str = ""
) -> T:
    """What comes of a question about envelopes; see `Asking.ask` for what is raised."""

    async def with_client(client: Any) -> T:  # noqa: ANN401 - GatewayClient, which Asking opens
        return await question(EnvelopeClient(client))

    return asking.ask(with_client, otherwise=otherwise)
