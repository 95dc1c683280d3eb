"""`sealgate envelope document | attach | transcript`: what there is of an envelope, as files."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.envelope.description import DescriptionError, document_name, read_pdf
from gateway.cli.envelope.model import envelope_of
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
from gateway.cli.envelope.showing import tell
from gateway.cli.files.whole_files import write_whole
from gateway.cli.options import DEFAULT_CONFIG
from gateway.cli.terminal import fail, out, printable, told_errors

_Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Where it goes; by default into this folder.")
]


def document(
    envelope_id: Id,
    name: Annotated[
        str,
        typer.Argument(
            help="As the terms have it; or an attachment's name or SHA-256.",
            metavar="DOCUMENT",
        ),
    ],
    output: _Output = None,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Fetch a document of an envelope as it is now, with the signatures that it has.

    Or a photograph that was given along when goods were received, as `show` names it.

    Exits 0 when it lies there, 1 when the gateway refused, 2 when it could not be fetched.

    A file that differs is not written over.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    with told_errors(DescriptionError):
        place = output or Path(document_name(name))
    content = asked(asking, lambda client: client.document(envelope_id, name))
    _keep(place, content)


def transcript(
    envelope_id: Id,
    output: _Output = None,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Fetch the record of an envelope, to be verified without a network.

    Exits 0 when it lies there, 1 when the gateway refused, 2 when it could not be fetched.

    A file that differs is not written over.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    content = asked(asking, lambda client: client.transcript(envelope_id))
    # The gateway has found an envelope of that id, so it is no path.
    _keep(output or Path(f"{envelope_id}.transcript.json"), content)


def attach(
    envelope_id: Id,
    file: Annotated[Path, typer.Argument(help="The PDF that came another way.", metavar="FILE")],
    name: Annotated[
        str | None,
        typer.Option("--name", help="Of the document in the terms; by default the file's."),
    ] = None,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Bring a document that travelled another way, of an envelope with digests only.

    Exits 0 when the gateway has it, 1 when it is another file or the gateway refused, 2 when that
    could not be told.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    with told_errors(DescriptionError):
        content, own = read_pdf(file), name or document_name(str(file))
    tell(envelope_of(asked(asking, lambda client: client.attach(envelope_id, own, content))))


def _keep(place: Path, content: bytes) -> None:
    with told_errors(OSError):
        if place.exists() and place.read_bytes() != content:
            raise fail(f"{place} is there and differs: name another file with -o")
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, content)
    out.print(printable(str(place)), markup=False, soft_wrap=True)
