"""What connectors carry. All frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Something that came: a file, a message, a row.

    Attributes:
        id: its own at this place: the same thing fetched again has the same id, and another
            content under an old name has another.
        name: of the file, or what stands for one.
        content: its bytes.
        fields: what the place says of it besides: message headers, columns. What lies beside it
            as JSON is `beside`.
        digest: SHA-256 of the content, where it was worked out for the id.
        problem: why its content could not be taken, which then is empty: it gets its result, and
            holds nothing else up. Empty: it could.
    """

    id: str
    name: str
    content: bytes
    fields: Mapping[str, str] = field(default_factory=dict)
    digest: bytes | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one fetch gave, and where the next one goes on."""

    items: tuple[Fetched, ...]
    cursor: str | None


DeliveryKind = Literal["sealed", "failed", "summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something to be brought to a place.

    Attributes:
        id: its own; the same delivery has the same id however often it is tried.
        kind: a sealed document, what says why there is none, or the results of a batch.
        name: of the file that it answers, or of the batch.
        content: the sealed document, or the text of the results; empty for `failed`.
        result: what is said of it: JSON values.
        fetched: the id of the `Fetched` that it answers; None where it came another way.
    """

    id: str
    kind: DeliveryKind
    name: str
    content: bytes
    result: Mapping[str, object]
    fetched: str | None = None
