"""What a receipt says, and what it takes to make its file."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Script = Literal["hans", "hant"]
"""Simplified or traditional characters (ISO 15924)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A company that sends or receives goods, with the person to ask for there."""

    company: str
    contact: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of goods; weight in tenths of a kilogram, volume in litres, money in cents."""

    goods: str
    package: str
    pieces: int
    weight: int
    volume: int
    freight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One delivery that its consignee is to acknowledge; money in cents of a yuan or dollar."""

    number: str
    order: str
    script: Script
    carrier: str
    hotline: str
    shipper: Party
    consignee: Party
    origin: str
    destination: str
    issued: dt.date
    delivered: dt.datetime
    vehicle: str
    driver: str
    payment: str
    remark: str
    items: tuple[Item, ...]
    insurance: int
    delivery_fee: int

    @property
    def freight(self) -> int:
        """Freight of all items."""
        return sum(item.freight for item in self.items)

    @property
    def amount(self) -> int:
        """Everything that the consignee or the shipper pays."""
        return self.freight + self.insurance + self.delivery_fee


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to make: `make(receipt, path)` writes it; `--only` asks for its producer."""

    producer: str
    file: str
    receipt: Receipt
    make: Callable[[Receipt, Path], None]
