"""`sealgate batch results`: what came of each document, and the sealed documents themselves."""

import codecs
import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.asking import URLOption
from gateway.cli.batch.fetching import Fetched, fetch
from gateway.cli.batch.following import asked
from gateway.cli.batch.model import Batch, Item
from gateway.cli.batch.options import Asking, Id, KeyOption
from gateway.cli.batch.results import Form, as_csv, as_jsonl, items, table
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption
from gateway.cli.people_keys import ModuleOption, PinFileOption
from gateway.cli.terminal import err, out, printable
from gateway.client import GatewayClient


def results(
    batch_id: Id,
    form: Annotated[Form, typer.Option("--format", help="How they are told.")] = "table",
    excel: Annotated[
        bool, typer.Option("--excel", help="CSV for Excel: with its mark, and numbers as text.")
    ] = False,
    state: Annotated[
        str | None, typer.Option(help="waiting, sealed, repeated, failed or cancelled only.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the sealed documents and the receipt."),
    ] = None,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show what came of each document of a batch, and fetch what is sealed.

    Exits 0 when all documents are sealed and, with --output, lie there; 1 when one is not or does
    not, or the gateway refused; 2 when that could not be told.

    What lies in the folder already is not fetched again, and never overwritten.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)

    async def question(client: GatewayClient) -> tuple[Batch, list[Item], Fetched | None]:
        found = [item async for item in items(client, batch_id, state=state)]
        fetched = None if output is None else await fetch(client, batch_id, found, output)
        return await asked(client, batch_id), found, fetched

    batch, found, fetched = asking.ask(question)
    _tell(found, form, excel=excel)
    if fetched is not None:
        for fault in fetched.faults:
            err.print(printable(fault), markup=False, soft_wrap=True)
        if fetched.no_receipt:
            told = f"no receipt: {fetched.no_receipt}"
            err.print(printable(told), markup=False, soft_wrap=True)
        err.print(f"{fetched.there} sealed documents in {output}", markup=False, soft_wrap=True)
    whole = batch.is_whole and not (fetched and fetched.faults)
    raise typer.Exit(0 if whole else 1)


def _tell(found: list[Item], form: Form, *, excel: bool) -> None:
    if form == "csv" or excel:
        # As bytes: a terminal's encoding is not the file's, and line ends are those of CSV.
        mark = codecs.BOM_UTF8 if excel else b""
        sys.stdout.buffer.write(mark + as_csv(found, excel=excel).encode())
        sys.stdout.buffer.flush()
    elif form == "jsonl":
        for line in as_jsonl(found):
            typer.echo(line)
    else:
        out.print(table(found))
