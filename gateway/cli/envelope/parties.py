"""From options to parties: who is who, and in which order they sign."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.cli.envelope.description import DescriptionError

_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,24}")

Order = Literal["sequential", "parallel"]
When = Literal["first", "last", "no"]

_BOX_WIDTH_MM, _BOX_HEIGHT_MM, _BOX_TOP_MM, _BOX_LEFT_MM = 55, 25, 250, 20
_BOXES_IN_A_ROW = 3


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


def parties_of(wanted: Wanted, documents: Sequence[str]) -> list[dict[str, Any]]:
    """The parties as a description has them.

    Who signs by hand gets a place for it at the foot of each document's last page, side by side;
    whoever reads the description moves it to where the contract wants it.

    Raises:
        DescriptionError: an option is not what it must be, nobody signs, or nobody but us is there.
    """
    by_hand = list(_by_hand(wanted, documents))
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


def _by_hand(wanted: Wanted, documents: Sequence[str]) -> Iterator[dict[str, Any]]:
    place = 0
    for number, written in enumerate(wanted.persons, start=1):
        name, account = _pair(written, "--person", "NAME=ACCOUNT")
        party = _numbered("person", number)
        named = {"id": party, "kind": "person", "account": account, "name": name}
        yield {**named, "fields": _signatures(party, place, documents)}
        place += 1
    for number, tail in enumerate(wanted.bearers, start=1):
        if tail and not (tail.isascii() and tail.isdigit()):
            raise DescriptionError(f"--bearer {tail!r} is no end of a telephone number")
        party = _numbered("bearer", number)
        known = {"contactTail": tail} if tail else {}
        fields = _signatures(party, place, documents)
        yield {"id": party, "kind": "bearer", **known, "fields": fields}
        place += 1


def _signatures(party: str, place: int, documents: Sequence[str]) -> list[dict[str, Any]]:
    row, column = divmod(place, _BOXES_IN_A_ROW)
    box = {
        "page": -1,
        "leftMm": _BOX_LEFT_MM + column * (_BOX_WIDTH_MM + 5),
        "topMm": _BOX_TOP_MM - row * (_BOX_HEIGHT_MM + 5),
        "widthMm": _BOX_WIDTH_MM,
        "heightMm": _BOX_HEIGHT_MM,
    }
    return [
        {"name": f"{party}-signature", "document": document, "kind": "signature", "box": dict(box)}
        for document in documents
    ]


def _pair(written: str, option: str, form: str) -> tuple[str, str]:
    first, equals, second = written.partition("=")
    if not equals or not first.strip() or not second.strip():
        raise DescriptionError(f"{option} {written!r} is not {form}")
    return first.strip(), second.strip()


def _numbered(word: str, number: int) -> str:
    return word if number == 1 else f"{word}-{number}"
