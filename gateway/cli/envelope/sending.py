"""`sealgate envelope send`: hand a description and its files to the gateway."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.envelope import description
from gateway.cli.envelope.description import DescriptionError
from gateway.cli.envelope.model import envelope_of
from gateway.cli.envelope.options import (
    Asking,
    ConfigOption,
    KeyOption,
    ModuleOption,
    PinFileOption,
    URLOption,
    asked,
)
from gateway.cli.envelope.showing import tell, tell_next
from gateway.cli.envelope.watching import exit_code, follow
from gateway.cli.options import DEFAULT_CONFIG, JSONOption
from gateway.cli.terminal import err, printable, tell_json, told_errors
from strictyaml import MistakesError

_UNASKED = (
    "the network does not answer now: whether it has the account of party {} shows once it does; "
    "`sealgate envelope watch {}` tells how it ended"
)


def send(
    described: Annotated[
        Path, typer.Argument(help="From `sealgate envelope create`.", metavar="DESCRIPTION")
    ],
    watch: Annotated[bool, typer.Option("--watch", help="Follow it to its end.")] = False,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            help="By default made of the description and the files: the same again is the same "
            "envelope."
        ),
    ] = None,
    as_json: JSONOption = False,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send the envelope of a description. What is sent is final.

    Exits 0 when the gateway has it (with --watch: when all have signed and the documents are here),
    1 when the gateway refused, it ended otherwise, or a file is still to be attached, 2 when that
    could not be told: the description is wrong, or no gateway answers.

    The gateway has it durably then, and brings it to the network as soon as that can be reached.
    The same description and files are the same envelope, so the command can be repeated.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    with told_errors(MistakesError, DescriptionError, OSError, UnicodeDecodeError):
        request, files = description.read(described)
    own = idempotency_key or _key_of(request, files)
    accepted = asked(
        asking,
        lambda client: client.send(request, files, key=own),
        otherwise="The same command again goes on where it was",
    )
    envelope = envelope_of(accepted["envelope"])
    if as_json:
        tell_json(accepted)
    else:
        tell(envelope)
        if accepted["repeated"]:
            err.print("it was sent before, and is the same")
        for party in accepted["unasked"]:
            err.print(printable(_UNASKED.format(party, envelope.id)), markup=False, soft_wrap=True)
    if watch:
        envelope = follow(asking, envelope.id)
        tell(envelope)
        if exit_code(envelope):
            tell_next(envelope)
    raise typer.Exit(exit_code(envelope) if watch else 0)


def _key_of(request: dict[str, Any], files: list[tuple[str, bytes]]) -> str:
    """The same for the same description and files."""
    digests = [[name, hashlib.sha256(content).hexdigest()] for name, content in files]
    said = json.dumps([request, digests], sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(said).hexdigest()
