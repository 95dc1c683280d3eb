"""What the gateway tells of batches, as far as the commands look at it. All frozen."""

from collections.abc import Mapping
from typing import Any

import msgspec

_PROBLEM_BASE = "urn:sealgate:problem:"


class Problem(msgspec.Struct, frozen=True):
    """Why an item has no sealed document."""

    type: str
    title: str = ""
    detail: str = ""
    owner: str = ""
    cure: str = ""
    reasons: tuple[Mapping[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The word in docs/errors.md."""
        return self.type.removeprefix(_PROBLEM_BASE)

    @property
    def line(self) -> str:
        """What happened, why, and what to do."""
        rules = "; ".join(each.get("message", "") for each in self.reasons)
        return f"{self.title}: {rules or self.detail}. {self.cure}"


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """One document of a batch."""

    number: int
    name: str
    state: str
    business_number: str = ""
    document_type: str | None = None
    seal: str | None = None
    input_digest: str | None = None
    output_digest: str | None = None
    document: str | None = None
    problem: Problem | None = None
    finished_at: str | None = None


class Counts(msgspec.Struct, frozen=True):
    """How many items are in which state."""

    waiting: int = 0
    sealed: int = 0
    repeated: int = 0
    failed: int = 0
    cancelled: int = 0

    def told(self) -> str:
        """Those that are any, in words."""
        states = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return ", ".join(f"{count} {name}" for name, count in states if count)


class Batch(msgspec.Struct, frozen=True, rename="camel"):
    """A batch; how far it is stands only where it was asked for alone."""

    id: str
    state: str
    items: int
    created_at: str
    finished_at: str | None = None
    counts: Counts | None = None
    per_second: float | None = None
    remaining_seconds: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether every item has its result."""
        return self.finished_at is not None

    @property
    def ended(self) -> int:
        """How many items have theirs."""
        return self.items - self.counts.waiting if self.counts else 0

    @property
    def is_whole(self) -> bool:
        """Whether every document is sealed."""
        counts = self.counts or Counts()
        return self.has_ended and counts.sealed + counts.repeated == self.items


def batch_of(told: Any) -> Batch:  # noqa: ANN401 - JSON
    """A batch out of JSON.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert(told, Batch)
