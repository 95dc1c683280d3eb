"""What the gateway tells of batches, as far as the commands look at it. All frozen."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """Why an item has no sealed document."""

    type: str
    title: str = ""
    detail: str = ""
    owner: str = ""
    cure: str = ""
    reasons: tuple[Mapping[str, str], ...] = ()

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
    document_type: str = ""
    seal: str = ""
    document: str | None = None
    input_digest: str | None = None
    output_digest: str | None = None
    problem: Problem | None = None


class Counts(msgspec.Struct, frozen=True):
    """How many items are in which state."""

    waiting: int = 0
    sealed: int = 0
    repeated: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.ended + self.waiting

    @property
    def ended(self) -> int:
        """Those with a result."""
        return self.sealed + self.repeated + self.failed + self.cancelled


class Batch(msgspec.Struct, frozen=True, rename="camel"):
    """A batch, and how far it is."""

    id: str
    state: str
    counts: Counts = Counts()
    created_at: str = ""
    finished_at: str | None = None
    per_second: float | None = None
    remaining_seconds: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether every item has its result, and none will come."""
        return self.finished_at is not None

    @property
    def is_whole(self) -> bool:
        """Whether every document is sealed."""
        return self.has_ended and not self.counts.failed + self.counts.cancelled


def batch_of(told: Any) -> Batch:  # noqa: ANN401 - JSON
    """A batch out of JSON.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert(told, Batch)
