"""From options to parties: who is who, and in which order they sign."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.cli.envelope.description import DescriptionError
from gateway.cli.envelope.places import Places, Wish
from gateway.documents.placing.geometry import Area

_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,24}")

Order = Literal["sequential", "parallel"]
When = Literal["first", "last", "no"]

_BOX_WIDTH_MM, _BOX_HEIGHT_MM, _BOX_TOP_MM, _BOX_LEFT_MM = 55, 25, 250, 20
_BOXES_IN_A_ROW = 3
_GOODS, _REMARK = Area(25, 130, 160, 24), Area(25, 158, 160, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the options say of parties; `ACCOUNT=NAME` or, of persons, `NAME=ACCOUNT`.

    Attributes:
        ours: our own organisation; empty: none of the parties is us.
        we_sign: before or after the others, or not at all.
        organisations: that sign.
        persons: that sign.
        bearers: the last digits of the telephones of those whom nobody knows yet; may be empty.
        copies: organisations that only get a copy.
        order: of the others among each other.
    """

    ours: str = ""
    we_sign: When = "first"
    organisations: Sequence[str] = ()
    persons: Sequence[str] = ()
    bearers: Sequence[str] = ()
    copies: Sequence[str] = ()
    order: Order = "sequential"


def parties_of(wanted: Wanted, places: Places) -> list[dict[str, Any]]:
    """The parties as a description has them.

    Who signs by hand gets a place for it on each document's last page, and who takes goods one for
    what is told of them, on the first document; whoever reads the description moves what the
    document wants elsewhere.

    Args:
        wanted: what the options say.
        places: of the documents.

    Raises:
        DescriptionError: an option is not what it must be, nobody signs, or nobody but us is there.
    """
    by_hand = list(_by_hand(wanted, places))
    bearers = [each for each in by_hand if each["kind"] == "bearer"]
    persons = [each for each in by_hand if each["kind"] != "bearer"]
    others = [*_organisations(wanted), *persons]
    us = [_us(wanted.ours)] if wanted.ours and wanted.we_sign != "no" else []
    # Goods are received first: what is sealed tells who took them.
    rest = [*us, *others] if wanted.we_sign == "first" else [*others, *us]
    signing = [*bearers, *rest]
    if not signing:
        raise DescriptionError("nobody signs: name --to, --person or --bearer")
    if not others and not bearers and not wanted.copies:
        raise DescriptionError(
            "nobody but you takes part: name --to, --person, --bearer or --copy; what you alone "
            "seal and keep needs no envelope (sealgate seal)"
        )
    turn = 1
    for place, party in enumerate(signing):
        is_with_the_one_before = (
            wanted.order == "parallel" and party["id"] != "us" and signing[place - 1]["id"] != "us"
        )
        turn += bool(place) and not is_with_the_one_before
        party["turn"] = turn
    copies = [
        {**_organisation(each, "--copy", f"copy-{number}"), "copy": True}
        for number, each in enumerate(wanted.copies, start=1)
    ]
    return [*signing, *copies]


def goods_of(waybill: str, parties: Sequence[str], lines: Sequence[str]) -> dict[str, Any]:
    """The delivery as a description has it.

    Args:
        waybill: its number.
        parties: who ships, carries and receives, in this order.
        lines: each `NAME=NUMBER`.

    Raises:
        DescriptionError: an option is missing, or a line is not what it must be.
    """
    shipper, carrier, consignee = parties
    named = {
        "waybill": waybill,
        "shipper": shipper,
        "carrier": carrier,
        "consignee": consignee,
    }
    needed = {**named, "line": lines}
    if missing := [f"--{name}" for name, said in needed.items() if not said]:
        raise DescriptionError(f"--bearer needs the goods as well: name {', '.join(missing)}")
    found: list[list[str | int]] = []
    for written in lines:
        name, number = _pair(written, "--line", "GOOD=NUMBER")
        if not (number.isascii() and number.isdigit()):
            raise DescriptionError(f"--line {written!r} is not GOOD=NUMBER, such as 托盘=4")
        found.append([name, int(number)])
    return {**named, "lines": found}


def with_accounts(persons: Sequence[str], account: Callable[[str, str], str]) -> list[str]:
    """Each `NAME=ACCOUNT`; of `NAME=CONTACT`, `account` says which account that is.

    Raises:
        DescriptionError: one is neither.
    """
    found: list[str] = []
    for written in persons:
        name, said = _pair(written, "--person", "NAME=ACCOUNT or NAME=CONTACT")
        is_contact = _MAILBOX.fullmatch(said) or _TELEPHONE.fullmatch(said)
        found.append(f"{name}={account(name, said) if is_contact else said}")
    return found


def _us(ours: str) -> dict[str, Any]:
    return _organisation(ours, "--from", "us")


def _organisations(wanted: Wanted) -> Iterator[dict[str, Any]]:
    for number, written in enumerate(wanted.organisations, start=1):
        yield _organisation(written, "--to", _numbered("them", number))


def _organisation(written: str, option: str, party: str) -> dict[str, Any]:
    account, name = _pair(written, option, "ORGANISATION=NAME")
    return {"id": party, "kind": "organisation", "account": account, "name": name}


def _by_hand(wanted: Wanted, places: Places) -> Iterator[dict[str, Any]]:
    place = 0
    for number, written in enumerate(wanted.persons, start=1):
        name, account = _pair(written, "--person", "NAME=ACCOUNT")
        party = _numbered("person", number)
        named = {"id": party, "kind": "person", "account": account, "name": name}
        yield {**named, "fields": _signatures(party, place, places)}
        place += 1
    for number, tail in enumerate(wanted.bearers, start=1):
        if tail and not (tail.isascii() and tail.isdigit()):
            raise DescriptionError(f"--bearer {tail!r} is no end of a telephone number")
        party = _numbered("bearer", number)
        known = {"contactTail": tail} if tail else {}
        signatures = _signatures(party, place, places)
        told = _told_of_goods(places) if number == 1 else []
        yield {"id": party, "kind": "bearer", **known, "fields": [*told, *signatures]}
        place += 1


def _signatures(party: str, place: int, places: Places) -> list[dict[str, Any]]:
    row, column = divmod(place, _BOXES_IN_A_ROW)
    foot = Area(
        _BOX_LEFT_MM + column * (_BOX_WIDTH_MM + 5),
        _BOX_TOP_MM - row * (_BOX_HEIGHT_MM + 5),
        _BOX_WIDTH_MM,
        _BOX_HEIGHT_MM,
    )
    wish = Wish(f"{party}-signature", foot, is_signature=True)
    return [
        {
            "name": wish.name,
            "document": document,
            "kind": "signature",
            "box": places.box(document, wish),
        }
        for document in places.contents
    ]


def _told_of_goods(places: Places) -> list[dict[str, Any]]:
    """What the receiver tells, by the names that the network fills in: docs/deliveries.md."""
    document = next(iter(places.contents))
    goods = {"name": "goods", "document": document, "kind": "text"}
    remark = {"name": "remark", "document": document, "kind": "text", "required": False}
    return [
        {**goods, "box": places.box(document, Wish("goods", _GOODS))},
        {**remark, "box": places.box(document, Wish("remark", _REMARK))},
    ]


def _pair(written: str, option: str, form: str) -> tuple[str, str]:
    first, equals, second = written.partition("=")
    if not equals or not first.strip() or not second.strip():
        raise DescriptionError(f"{option} {written!r} is not {form}")
    return first.strip(), second.strip()


def _numbered(word: str, number: int) -> str:
    return word if number == 1 else f"{word}-{number}"
