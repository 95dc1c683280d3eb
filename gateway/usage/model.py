"""Rows of usage. All frozen."""

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal

import msgspec

Way = Literal["automatic", "manual"]
"""`manual`: a person asked for the seal, or people approved it; else `automatic`."""

Dimension = Literal[
    "day", "month", "company", "department", "system", "seal", "document_type", "way"
]
DIMENSIONS: Final[tuple[Dimension, ...]] = (
    "day",
    "month",
    "company",
    "department",
    "system",
    "seal",
    "document_type",
    "way",
)
"""What usage can be told by, in the order of the columns."""

UsageRow = dict[str, str | int]
"""The dimensions that were asked for, and `seals` and `documents`."""


class Period(msgspec.Struct, frozen=True):
    """Days of the office's calendar, both included; None: without an end."""

    first: date | None = None
    last: date | None = None


class Scope(msgspec.Struct, frozen=True):
    """Whose usage is told; None: everybody's."""

    companies: frozenset[str] | None = None
    systems: frozenset[str] | None = None


def in_order(asked: Iterable[str]) -> tuple[Dimension, ...]:
    """The dimensions asked for, each once, in the order of the columns.

    Raises:
        ValueError: one is none; says which there are.
    """
    wanted = set(asked)
    unknown = sorted(wanted - set(DIMENSIONS))
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: usage is told by {', '.join(DIMENSIONS)}")
    return tuple(each for each in DIMENSIONS if each in wanted)
