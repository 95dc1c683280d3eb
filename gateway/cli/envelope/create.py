"""`sealgate envelope create`: write down who signs which PDFs; no document leaves yet."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from cloud_bridge.model import ContentMode
from gateway.cli.attributes import AttributesError, attributes_from
from gateway.cli.envelope import description
from gateway.cli.envelope.description import DescriptionError
from gateway.cli.envelope.options import (
    Asking,
    ConfigOption,
    KeyOption,
    ModuleOption,
    PinFileOption,
    URLOption,
    asked,
)
from gateway.cli.envelope.parties import Order, Wanted, When, goods_of, parties_of, with_accounts
from gateway.cli.envelope.places import Places
from gateway.cli.envelope.showing import tell_parties
from gateway.cli.options import DEFAULT_CONFIG, configuration
from gateway.cli.terminal import err, out, printable, told_errors
from gateway.clock import SystemClock

_DAYS = re.compile(r"([1-9][0-9]{0,3})d")
_Several = list[str] | None
_BOXES = (
    "nothing printed and no usual place of a seal lies at the places that are told; where your "
    "policies put seals is not looked up. Whoever wants it elsewhere moves it there: `box` of the "
    "field in the description"
)


def create(
    files: Annotated[list[Path], typer.Argument(help="PDF files.", metavar="FILE...")],
    company: Annotated[str, typer.Option(help="Your company that sends it.")],
    seal: Annotated[str, typer.Option(help="The seal that you sign with.")],
    document_type: Annotated[
        str, typer.Option("--type", help="The document type, by which your policies decide.")
    ],
    number: Annotated[str, typer.Option(help="Your business number for it.")],
    title: Annotated[
        str | None, typer.Option(help="For people; by default the first file's name.")
    ] = None,
    ours: Annotated[
        str,
        typer.Option(
            "--from",
            help="You, as ORGANISATION=NAME of the network; by default as `bridge:` of config.yaml "
            "has the company.",
        ),
    ] = "",
    we_sign: Annotated[
        When, typer.Option("--we-sign", help="Before the others, after them, or not at all.")
    ] = "first",
    to: Annotated[
        _Several, typer.Option(help="ORGANISATION=NAME that signs; may be repeated.")
    ] = None,
    person: Annotated[
        _Several,
        typer.Option(
            help="NAME=ACCOUNT of a person who signs, or NAME=CONTACT: a telephone number or "
            "mailbox, by which the network finds or makes the account; may be repeated."
        ),
    ] = None,
    bearer: Annotated[
        _Several,
        typer.Option(
            help="Whoever holds the goods signs: the end of their telephone number, or ''; may be "
            "repeated."
        ),
    ] = None,
    waybill: Annotated[str, typer.Option(help="With --bearer: the number of the waybill.")] = "",
    shipper: Annotated[str, typer.Option(help="With --bearer: who sends the goods.")] = "",
    carrier: Annotated[
        str, typer.Option(help="With --bearer: who brings them; by default you, or the shipper.")
    ] = "",
    consignee: Annotated[str, typer.Option(help="With --bearer: for whom they are.")] = "",
    line: Annotated[
        _Several, typer.Option(help="With --bearer: GOOD=NUMBER; may be repeated.")
    ] = None,
    copy: Annotated[
        _Several, typer.Option(help="ORGANISATION=NAME that only gets a copy; may be repeated.")
    ] = None,
    order: Annotated[
        Order, typer.Option(help="Whether the others sign one after the other.")
    ] = "sequential",
    mode: Annotated[
        ContentMode | None,
        typer.Option(
            help="What the network holds; by default `open` where people sign, else `encrypted`."
        ),
    ] = None,
    expires: Annotated[
        str,
        typer.Option(
            help="Until when all must have signed: a date (to its end, in this machine's time "
            "zone), a moment with its zone, or days from now, as 30d."
        ),
    ] = "30d",
    attribute: Annotated[
        _Several,
        typer.Option("--attribute", "-a", help="name=value for your policies; may be repeated."),
    ] = None,
    tell_number: Annotated[
        bool, typer.Option("--tell-number", help="Let the others see your business number.")
    ] = False,
    voids: Annotated[
        str | None, typer.Option(help="The envelope that this one cancels (解约).")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The description; by default beside the first file."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a description that is there.")
    ] = False,
    key: KeyOption = None,
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
    url: URLOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write down who signs which PDFs, until when. Nothing of them leaves yet.

    Exits 0 when the description is written, 1 when the gateway or the network refuses a person, 2
    when files or options are wrong, or no gateway answers.

    Only for a person who is named by contact is the gateway asked: name and contact leave the
    house then, and the network says which account that is.

    Look through the file, change what the options cannot say, and send it with `sealgate envelope
    send`.
    """
    asking = Asking(key, pkcs11_module, pin_file, url, config)
    with told_errors(DescriptionError):
        us = ours or _configured(config, company)
        persons = with_accounts(person or (), partial(_account, asking))
    wanted = Wanted(
        ours=us,
        we_sign=we_sign,
        organisations=to or (),
        persons=persons,
        bearers=bearer or (),
        copies=copy or (),
        order=order,
    )
    place = output or files[0].with_suffix(".envelope.yaml")
    with told_errors(DescriptionError, AttributesError, OSError):
        contents = {_from(place, file): description.read_pdf(file) for file in files}
        places = Places({description.document_name(path): pdf for path, pdf in contents.items()})
        said: dict[str, Any] = {
            "title": title or files[0].stem,
            "company": company,
            "seal": seal,
            "documentType": document_type,
            "businessNumber": number,
            "expiresAt": _to_come(expires, now=SystemClock().now()).isoformat(),
            "mode": mode or ("open" if person or bearer else "encrypted"),
            "parties": parties_of(wanted, places),
            "attributes": attributes_from(attribute or []),
            "tellNumber": tell_number or None,
            "voids": voids,
        }
        if bearer or waybill:
            carries = carrier or us.partition("=")[2]
            said["delivery"] = goods_of(waybill, (shipper, carries, consignee), line or ())
        told = {key: value for key, value in said.items() if value not in (None, {})}
        text = description.written(told, contents, name=str(place))
        description.write(place, text, replace=replace)
    tell_parties(told["parties"])
    out.print(printable(str(place)), markup=False, soft_wrap=True)
    for note in places.notes:
        err.print(printable(note), markup=False, soft_wrap=True)
    if places.chosen:
        err.print(_BOXES, markup=False, soft_wrap=True)
    err.print(f"look through it, then: sealgate envelope send {place}", markup=False)


def _account(asking: Asking, name: str, contact: str) -> str:
    """Of a person, as the network has it."""
    found = asked(asking, lambda client: client.person(name, contact))
    return str(found["account"])


def _configured(config: Path, company: str) -> str:
    """The company as `--from` has it; empty: nothing on this machine says.

    Raises:
        DescriptionError: what is configured here has other companies.
    """
    bridge = configuration(config).bridge if config.exists() else None
    known = () if bridge is None else bridge.companies
    found = (f"{each.organisation}={each.name}" for each in known if each.company == company)
    ours = next(found, "")
    if bridge is not None and not ours:
        there = ", ".join(each.company for each in known)
        raise DescriptionError(
            f"company {company!r} is not in bridge.companies, which has {there}; say --from"
        )
    return ours


def _from(place: Path, file: Path) -> str:
    """The file's path as the description has it: from its own folder, where it lies below that."""
    folder, absolute = place.absolute().parent, file.absolute()
    return str(absolute.relative_to(folder) if absolute.is_relative_to(folder) else absolute)


def _to_come(written: str, *, now: datetime) -> datetime:
    """The moment, if it is not over; DescriptionError: it is, or it is none."""
    moment = _moment(written, now=now)
    if moment <= now:
        raise DescriptionError(f"--expires {written!r} is over already: name a later day, or 30d")
    return moment


def _moment(written: str, *, now: datetime) -> datetime:
    """A moment, the last of a day here, or so many days from now."""
    if days := _DAYS.fullmatch(written):
        return (now + timedelta(days=int(days[1]))).replace(microsecond=0)
    try:
        day = date.fromisoformat(written)
    except ValueError:
        pass
    else:
        # The office's day: that of the machine on which this is written.
        return datetime.combine(day, time(23, 59, 59)).astimezone(UTC)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise DescriptionError(
            f"--expires {written!r} is no date (2026-12-31), no moment with its zone "
            "(2026-12-31T18:00:00+08:00) and no number of days (30d)"
        )
    return moment.astimezone(UTC)
