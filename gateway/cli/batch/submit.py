"""`sealgate batch submit`: hand in a folder, a ZIP, or files with a manifest."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from gateway.cli.asking import URLOption
from gateway.cli.attributes import AttributesError, attributes_from
from gateway.cli.batch.commands import tell, tell_end
from gateway.cli.batch.options import Asking, KeyOption
from gateway.cli.batch.packing import (
    PackingError,
    found_files,
    given_archive,
    manifest_ending,
    pack,
)
from gateway.cli.batch.sending import Order, send
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption
from gateway.cli.people_keys import ModuleOption, PinFileOption
from gateway.cli.terminal import told_errors


def submit(
    named: Annotated[
        list[Path] | None,
        typer.Argument(help="A folder, a ZIP, or PDF files.", metavar="WHAT..."),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(help="CSV or JSONL that says what each file is; see docs/batches.md."),
    ] = None,
    files_from: Annotated[
        str | None,
        typer.Option(
            help="A connector at which the files of --manifest lie ready; nothing else is sent."
        ),
    ] = None,
    seal: Annotated[
        str | None, typer.Option(help="The seal of files of which the manifest names none.")
    ] = None,
    document_type: Annotated[
        str | None, typer.Option("--type", help="The same for the document type.")
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option("--attribute", "-a", help="name=value, for every file; may be repeated."),
    ] = None,
    further: Annotated[
        list[str] | None,
        typer.Option("--further", help="A seal that follows in the same act; may be repeated."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="COLUMN=FIELD, where the manifest's columns have other names, such as "
            "运单号=businessNumber; COLUMN= leaves it out. May be repeated."
        ),
    ] = None,
    priority: Annotated[
        int | None, typer.Option(min=1, max=9, help="Lower ones are sealed first.")
    ] = None,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Refuse all where one would be refused.")
    ] = False,
    watch: Annotated[bool, typer.Option(help="Follow it to its end.")] = True,
    idempotency_key: Annotated[
        str | None,
        typer.Option(help="By default made of the files and options: the same again is the same."),
    ] = None,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Hand in a folder, a ZIP, or files with a manifest, and follow the batch.

    Exits 0 when all documents are sealed (with --no-watch: when the gateway has them), 1 when one
    is not or the gateway refused, 2 when that could not be told: arguments or files are wrong, or
    no gateway answers.

    The same files with the same options are the same batch, so the command can be repeated after
    anything that went wrong.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    with told_errors(PackingError, AttributesError, OSError):
        asked: dict[str, Any] = {
            "seal": seal,
            "documentType": document_type,
            "attributes": attributes_from(attribute or []),
            "further": [{"seal": each} for each in further or []],
            "columns": _columns(column or []),
            "filesFrom": files_from,
            "priority": priority,
            "allOrNothing": all_or_nothing,
        }
        with _sent(named or [], manifest, files_from) as (file, name):
            order = Order(file, {name: value for name, value in asked.items() if value}, name)
            own = idempotency_key or order.idempotency_key()
            batch = asking.ask(
                lambda client: send(client, order, key=own),
                otherwise="The same command again goes on where it was",
            )
    tell(batch)
    if watch:
        batch = tell_end(
            asking,
            batch.id,
            otherwise=f"The batch goes on; see `sealgate batch watch {batch.id}`",
        )
    raise typer.Exit(0 if batch.is_whole or not watch else 1)


@contextmanager
def _sent(
    named: list[Path], manifest: Path | None, files_from: str | None
) -> Iterator[tuple[BinaryIO, str | None]]:
    """What is sent: the ZIP, or the manifest with its name where the files are there already."""
    if files_from is None:
        if not named:
            raise PackingError("name a folder, a ZIP or PDF files; or --files-from and --manifest")
        with _packed(named, manifest) as archive:
            yield archive, None
        return
    if named or manifest is None:
        raise PackingError("--files-from goes with --manifest, and with no files of your own")
    with manifest.open("rb") as file:
        yield file, f"manifest{manifest_ending(manifest)}"


@contextmanager
def _packed(named: list[Path], manifest: Path | None) -> Iterator[BinaryIO]:
    """The ZIP to be sent."""
    given = given_archive(named, manifest)
    if given is not None:
        with given.open("rb") as file:
            yield file
        return
    files = found_files(named, manifest)
    with tempfile.TemporaryFile(prefix="sealgate-batch-") as file:
        pack(files, file)
        yield file


def _columns(pairs: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, field = pair.partition("=")
        if not equals:
            raise AttributesError(f"--column {pair!r} is not COLUMN=FIELD")
        found[name] = field
    return found
