"""What each check of rows does, and what it finds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from gateway.store.engines.moments import microseconds

Leaf = Mapping[str, Any]
"""A record as it stands in the log."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit. `index` is the first record concerned, if one can be named."""

    index: int | None
    what: str


class KeptRows(Protocol):
    """Goes through the log with whoever verifies it, and compares some rows at the end."""

    def account(self, index: int, leaf: Leaf) -> None:
        """Take note of a record."""
        ...

    def differences(self, connection: Connection) -> Iterator[Finding]:
        """Rows that were deleted, changed or put in, going by the records."""
        ...


def microseconds_of(leaf: Leaf) -> int:
    """The record's moment as rows keep it, Unix microseconds; -1 where it has none."""
    try:
        return microseconds(datetime.fromisoformat(str(leaf.get("at"))))
    except (ValueError, TypeError):  # none, or one without its zone
        return -1
