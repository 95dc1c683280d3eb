"""Events that others are told. All frozen."""

from datetime import datetime
from typing import Any, Literal

import msgspec

EventType = Literal["document.sealed", "item.failed", "batch.finished"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened that somebody may have asked to be told.

    Attributes:
        type: what.
        at: when.
        system: whose it is; a target is told of the systems that it names only.
        company: the system's.
        subject: the document's or the batch's id.
        data: what is told, JSON values only. Never the document's bytes.
        document_type: of the document, if there is one.
        source: where it came in: empty for HTTP, else the feed's name.
    """

    type: EventType
    at: datetime
    system: str
    company: str
    subject: str
    data: dict[str, Any]
    document_type: str | None = None
    source: str = ""
