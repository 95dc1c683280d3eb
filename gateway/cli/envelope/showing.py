"""`sealgate envelope list` and `show`: which there are, and how far each is."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from gateway.cli.envelope.model import Envelope, envelope_of, page_of
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
from gateway.cli.options import DEFAULT_CONFIG, JSONOption
from gateway.cli.terminal import err, out, printable, tell_json
from gateway.envelopes.cures import cure_of
from gateway.envelopes.model import EvidenceTold, Status

STYLES: Mapping[str, str] = {
    "completed": "green",
    "declined": "red",
    "withdrawn": "yellow",
    "expired": "yellow",
    "voided": "yellow",
    "held": "bold red",
}
_ID_WIDTH: Final = 36
_PROBLEM_BASE: Final = "urn:sealgate:problem:"
_SIGNS = {
    "waiting": "·",
    "its-turn": "→",
    "opened": "→",
    "signed": "✓",
    "declined": "✗",
    "stood-for": "✓",
    "copy": "·",
}


def list_(
    status: Annotated[Status | None, typer.Option(help="Only those.")] = None,
    most: Annotated[int, typer.Option("-n", min=1, max=100, help="How many.")] = 50,
    after: Annotated[str | None, typer.Option(help="From the end of an earlier list.")] = None,
    as_json: JSONOption = False,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """List your company's envelopes, the newest first.

    Exits 0 when they are shown, 1 when the gateway refused, 2 when it did not answer.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    told = asked(asking, lambda client: client.page(status=status, after=after, most=most))
    if as_json:
        tell_json(told)
        return
    page = page_of(told)
    if page.envelopes:
        out.print(_table(page.envelopes))
    else:
        err.print("no envelopes: send one with `sealgate envelope create` and `send`")
    if page.next is not None:
        err.print(printable(f"there are more: --after {page.next}"), markup=False)


def show(
    envelope_id: Id,
    as_json: JSONOption = False,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show an envelope: who has signed, what is done next, and what holds it up.

    Exits 0 when it is shown, 1 when the gateway refused, 2 when it did not answer.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    told = asked(asking, lambda client: client.show(envelope_id))
    if as_json:
        tell_json(told)
    else:
        tell_all(envelope_of(told))


def tell(envelope: Envelope) -> None:
    """An envelope in a line."""
    way = "to" if envelope.ours else "from"
    others = ", ".join(envelope.counterparties)
    line = f"{envelope.id}  {envelope.status}  {envelope.title}  {way} {others}"
    _say(line, STYLES.get(envelope.status, ""))


def tell_all(envelope: Envelope) -> None:
    """All of an envelope that a person asks for."""
    tell(envelope)
    _fact("company", envelope.company)
    _fact("number", envelope.business_number)
    _fact("content", envelope.mode)
    _fact("expires", _moment(envelope.expires_at))
    for party in envelope.parties:
        when = "" if party.at is None else f", {_moment(party.at)}"
        name = party.name or party.account or "whoever holds the goods"
        state = f"{party.state}{when}{_why(party.reason)}"
        _fact("party", f"{_SIGNS[party.state]} {party.id}: {name}: {state}")
    for document in envelope.documents:
        now = envelope.digests.get(document.name, document.digest)
        _fact("document", f"{document.name}, {document.type}, SHA-256 {now}")
    for evidence in envelope.evidence:
        for line in _evidence(evidence):
            _fact("evidence", f"{evidence.party}: {line}")
    _fact("record", f"{envelope.sequence} entries, head {envelope.head}")
    if envelope.reason:
        _fact("withdrawn", envelope.reason)
    tell_next(envelope)


def tell_next(envelope: Envelope) -> None:
    """What is done next, what holds it up, and what to do about that."""
    is_told_below = any(each.detail == envelope.next_hint for each in envelope.trouble)
    hint = "see the trouble" if is_told_below else envelope.next_hint
    _fact("next", f"{envelope.next_step}: {hint}")
    for trouble in envelope.trouble:
        _say(f"  {'trouble':<12} {trouble.type}: {trouble.detail}", "red")
        if cure := cure_of(trouble.type.removeprefix(_PROBLEM_BASE)):
            _fact("cure", cure)


def tell_parties(parties: Iterable[Mapping[str, Any]]) -> None:
    """Who signs when, before it is sent."""
    shown = Table("turn", "party", "kind", "name", "account")
    for party in parties:
        turn = "copy" if party.get("copy") else str(party.get("turn", 1))
        cells = (party["id"], party["kind"], party.get("name", ""), party.get("account", ""))
        shown.add_row(turn, *map(printable, cells))
    out.print(shown)


def _why(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _evidence(told: EvidenceTold) -> Iterator[str]:
    if told.acted_at is not None:
        late = ", late" if told.late else ""
        yield f"signed {_moment(told.acted_at)}, received {_moment(told.at)}{late}"
    if told.place is not None:
        place = told.place
        yield f"at {place.latitude:.5f}, {place.longitude:.5f} within {place.accuracy_m:.0f} m"
    for line in told.goods:
        yield (
            f"line {line.line + 1}: {line.received} received, {line.short} short, "
            f"{line.damaged} damaged"
        )
    if told.remark:
        yield f"remark: {told.remark}"
    for each in told.attachments:
        yield f"{each.name}, {each.size:,} bytes, SHA-256 {each.digest}"


def _table(envelopes: Iterable[Envelope]) -> Table:
    shown = Table()
    # An id is copied into the next command: it stands in one piece.
    shown.add_column("id", no_wrap=True, min_width=_ID_WIDTH)
    for title in ("title", "with", "status", "signed", "next"):
        shown.add_column(title, overflow="fold")
    for each in envelopes:
        signing = [party for party in each.parties if party.state != "copy"]
        done = sum(party.state in {"signed", "stood-for"} for party in signing)
        cells = (each.id, each.title, ", ".join(each.counterparties))
        style = STYLES.get(each.status, "")
        status = f"[{style}]{each.status}[/]" if style else each.status
        shown.add_row(
            *map(_plain, cells), status, f"{done} of {len(signing)}", _plain(each.next_step)
        )
    return shown


def _plain(text: str) -> str:
    # What others wrote is no markup.
    return printable(text).replace("[", "\\[")


def _moment(moment: datetime) -> str:
    return moment.astimezone().isoformat(sep=" ", timespec="seconds")


def _fact(name: str, value: str) -> None:
    _say(f"  {name:<12} {value}", "")


def _say(line: str, style: str) -> None:
    out.print(printable(line), markup=False, soft_wrap=True, style=style or None)
