"""`sealgate freeze`, `unfreeze` and `freezes`: stop sealing at once, and let it go on again."""

import secrets
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.asking import OwnKey, URLOption, ask, ask_with
from gateway.cli.officers.laying import lay
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.people_keys import NAMED, ModuleOption, PersonSigner, PinFileOption, people_keys
from gateway.cli.terminal import fail, out, printable, tell_json
from gateway.clock import SystemClock
from gateway.freezes.file_names import FOLDER, FREEZE, UNFREEZE, UNSIGNED
from gateway.freezes.model import (
    FREEZE_TYPE,
    UNFREEZE_TYPE,
    FreezeClaims,
    ScopeKind,
    UnfreezeClaims,
)
from gateway.statements import compact

ClaimsT = TypeVar("ClaimsT", FreezeClaims, UnfreezeClaims)

_KEYS = Annotated[
    list[str] | None,
    typer.Option("--key", help=f"An officer's key, as {NAMED}. May be repeated."),
]
_CALLER = Annotated[
    str | None,
    typer.Option(
        help="The key that signs the request itself, written as --key; by default the first --key."
    ),
]
_BY_FILE = Annotated[
    bool,
    typer.Option(
        "--by-file",
        help="Put the statement into the folder `freezes` of policies.bundles, where the "
        "gateway finds it within two seconds: for when nobody gets through by HTTP.",
    ),
]
_LOG = Annotated[
    str | None,
    typer.Option(
        help="Name of the gateway's audit log, so that what is signed counts for no other gateway; "
        "by default `audit.origin` of config.yaml."
    ),
]
_REASON = Annotated[
    str, typer.Option(help="Required. Why, in a sentence; it is signed and recorded.")
]

_LONGEST_REASON = 1000
_OTHERWISE = "If it cannot be reached, add --by-file on its machine"


def freeze(
    kind: Annotated[str, typer.Argument(help="seal, company, system, counterparty or gateway.")],
    name: Annotated[
        str, typer.Argument(help="Its name in the policies; none for the gateway.")
    ] = "",
    reason: _REASON = "",
    key: _KEYS = None,
    caller: _CALLER = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    log: _LOG = None,
    by_file: _BY_FILE = False,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Stop sealing at once: for a seal, company, system, counterparty, or everything.

    Without a key an unsigned file is put where the gateway finds it, which counts only as long as
    the policies name no officers.

    Exits 0 when it is frozen (with --by-file: when the file is there), 1 when the gateway refused,
    2 when that could not be told.
    """
    claims = _claims(
        {
            "v": 1,
            "log": log or configuration(config).audit.origin,
            "freeze": str(uuid.uuid4()),
            "scope": {"kind": kind, "name": name},
            "reason": reason,
            "at": SystemClock().now(),
            "salt": secrets.token_hex(16),
        },
        FreezeClaims,
    )
    if not key:
        # Where the policies name officers, the gateway takes no notice of it.
        text = msgspec.json.encode(claims).decode()
        _put_file(config, f"{claims.freeze}{UNSIGNED}", [text])
        return
    with people_keys(module=pkcs11_module, pin_file=pin_file) as keys:
        officers = [keys.named(each) for each in key]
        statements = [compact(claims, typ=FREEZE_TYPE, signer=each) for each in officers]
        if by_file:
            _put_file(config, f"{claims.freeze}{FREEZE}", statements)
            return
        own = officers[0] if caller is None else keys.named(caller)
        freeze = _sent("/v1/freezes", statements, own, url, config)
    _tell([freeze], as_json=as_json)


def unfreeze(
    freeze: Annotated[str, typer.Argument(help="The freeze's id, as `sealgate freezes` shows it.")],
    reason: _REASON = "",
    key: _KEYS = None,
    caller: _CALLER = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    log: _LOG = None,
    by_file: _BY_FILE = False,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Sign that a freeze may end; it ends when enough officers have signed.

    Two must, or as many as the policies want of the group.

    Exits 0 when this is counted, 1 when the gateway refused, 2 when that could not be told.
    """
    if not key:
        raise fail(
            "a freeze is ended by officers: name your key with --key ID=WHERE, where WHERE is a "
            "PEM file or a pkcs11: URI"
        )
    claims = _claims(
        {
            "v": 1,
            "log": log or configuration(config).audit.origin,
            "freeze": freeze,
            "reason": reason,
            "at": SystemClock().now(),
        },
        UnfreezeClaims,
    )
    with people_keys(module=pkcs11_module, pin_file=pin_file) as keys:
        officers = [keys.named(each) for each in key]
        statements = [compact(claims, typ=UNFREEZE_TYPE, signer=each) for each in officers]
        if by_file:
            _put_file(config, f"{freeze}.{secrets.token_hex(4)}{UNFREEZE}", statements)
            return
        own = officers[0] if caller is None else keys.named(caller)
        told = _sent(f"/v1/freezes/{freeze}/unfreezes", statements, own, url, config)
    _tell([told], as_json=as_json)


def freezes(
    key: Annotated[str, typer.Option(help=f"A key of yours, which signs the request, as {NAMED}.")],
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show what is frozen, by whom and why, and who has signed that it may end.

    Exits 0 when that is shown, 1 when the gateway refused, 2 when it did not answer.
    """
    own = OwnKey(key, pkcs11_module, pin_file)
    told = ask_with(own, url, config, lambda client, _: client.get_json("/v1/freezes"))
    _tell(told["freezes"], as_json=as_json)


def _claims(fields: dict[str, Any], model: type[ClaimsT]) -> ClaimsT:
    try:
        return msgspec.convert(fields, model)
    except msgspec.ValidationError as error:
        raise fail(_mistake(fields) or str(error)) from None


def _mistake(fields: dict[str, Any]) -> str | None:
    kinds = get_args(ScopeKind)
    kind = fields.get("scope", {}).get("kind")
    if kind is not None and kind not in kinds:
        return f"there is no freeze of a {kind}. A freeze is of {', '.join(kinds)}"
    if not 1 <= len(fields["reason"]) <= _LONGEST_REASON:
        return f"say why: --reason takes 1 to {_LONGEST_REASON} characters"
    return None


def _sent(
    path: str, statements: Sequence[str], own: PersonSigner, url: str | None, config: Path
) -> dict[str, Any]:
    """Bring statements to the gateway by a request that `own` signs; gives the freeze."""
    return ask(
        own,
        url,
        config,
        lambda client, _: client.post_json(path, {"statements": statements}),
        otherwise=_OTHERWISE,
    )


def _put_file(config: Path, name: str, lines: Sequence[str]) -> None:
    of_here = configuration(config)
    folder = of_here.policies.place / FOLDER
    content = "".join(f"{line}\n" for line in lines).encode()
    try:
        lay(folder, name, content, state_directory=of_here.state_directory)
    except OSError as error:
        raise fail(f"{folder / name} cannot be written: {error.strerror}") from error
    out.print(f"{folder / name}: a gateway that runs takes it within two seconds", soft_wrap=True)
    out.print("sealgate doctor tells whether it did")


def _tell(told: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        tell_json(told)
        return
    if not told:
        out.print("nothing is frozen")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("freeze", "what", "since (UTC)", "by", "ended by", "reason"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "freeze")
    for freeze in told:
        said, wanted = freeze["unfreezes"], freeze["unfreezesWanted"]
        cells = (
            freeze["id"],
            f"{freeze['scope']['kind']} {freeze['scope']['name']}".strip(),
            freeze["at"][:19],
            ", ".join(freeze["by"]) or "-",
            "ended: " * freeze["ended"] + f"{', '.join(said) or '-'} ({len(said)}/{wanted})",
            freeze["reason"],
        )
        table.add_row(*(Text(printable(cell)) for cell in cells))
    out.print(table)
