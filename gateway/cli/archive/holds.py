"""`sealgate archive holds | hold | release`: legal holds, asked of a running gateway."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from gateway.cli.asking import OwnKey, URLOption, ask_with
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.people_keys import NAMED, ModuleOption, PinFileOption
from gateway.cli.terminal import out, printable, tell_json

_KEY = Annotated[
    str, typer.Option("--key", help=f"A key of yours, which signs the request, as {NAMED}.")
]


def list_holds(
    key: _KEY,
    ended: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show legal holds: whose documents, why, and who asked for it."""
    path = "/v1/holds?all" if ended else "/v1/holds"
    own = OwnKey(key, pkcs11_module, pin_file)
    told = ask_with(own, url, config, lambda client, _: client.get_json(path))
    _tell(told["holds"], as_json=as_json)


def begin(
    company: Annotated[str, typer.Argument(help="Whose documents.")],
    key: _KEY,
    reason: Annotated[str, typer.Option(help="Required. Why, in a sentence; it is recorded.")],
    number: Annotated[str, typer.Option(help="Only those of this business number.")] = "",
    document_type: Annotated[str, typer.Option(help="Only those of this type.")] = "",
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Hold documents: their content is not erased, whatever its age."""
    body = {
        "company": company,
        "reason": reason,
        "businessNumber": number,
        "documentType": document_type,
    }
    _post("/v1/holds", body, OwnKey(key, pkcs11_module, pin_file), url, config, as_json=as_json)


def end(
    hold: Annotated[str, typer.Argument(help="The hold's id, as `sealgate archive holds` has it.")],
    key: _KEY,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End a hold: content whose time is over goes with the next daily sweep."""
    own = OwnKey(key, pkcs11_module, pin_file)
    _post(f"/v1/holds/{hold}/end", {}, own, url, config, as_json=as_json)


def _post(
    path: str, body: dict[str, str], own: OwnKey, url: str | None, config: Path, *, as_json: bool
) -> None:
    told = ask_with(own, url, config, lambda client, _: client.post_json(path, body))
    _tell([told], as_json=as_json)


def _tell(holds: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        tell_json(holds)
        return
    if not holds:
        out.print("no documents are held")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("since", "company", "number", "type", "reason", "by", "hold"):
        table.add_column(heading, overflow="fold")
    for each in holds:
        ended = f" (ended by {each['endedBy']})" if each["endedBy"] else ""
        row = (
            each["at"][:10],
            each["company"],
            each["businessNumber"] or "all",
            each["documentType"] or "all",
            each["reason"] + ended,
            each["by"],
            each["id"],
        )
        table.add_row(*map(printable, row))
    out.print(table)
