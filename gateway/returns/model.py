"""Events that others are told, and what is owed to whom. All frozen."""

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

EventType = Literal[
    "document.sealed",
    "item.failed",
    "batch.finished",
    "envelope.completed",
    "envelope.declined",
    "envelope.withdrawn",
    "envelope.expired",
    "envelope.voided",
    "envelope.held",
]

Verdict = Literal["taken", "later", "refused", "gone"]
"""`taken`: it has it. `later`: it did not answer, or with something else. `refused`: it will never
take this one. `gone`: it wants nothing more at all."""
DeliveryState = Literal["delivered", "failing", "given-up"]
"""`failing` is tried again."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened that somebody may have asked to be told.

    Attributes:
        type: what.
        at: when.
        system: whose it is; a target is told of the systems that it names only.
        company: the system's.
        subject: the document's, the batch's or the envelope's id.
        data: what is told, JSON values only. Never the document's bytes.
        document_type: of the document, if there is one.
        source: where it came in: empty for HTTP, else the feed's name; `batch` where all that is
            known is that it came with others; `envelope` of an envelope itself.
    """

    type: EventType
    at: datetime
    system: str
    company: str
    subject: str
    data: dict[str, Any]
    document_type: str | None = None
    source: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is told of events.

    Attributes:
        name: its own among all targets.
        systems: whose events.
        events: which.
        document_types: of these types only; None: of all. Events without a document always count.
        only_single: only of what came by itself over HTTP; batches return their own results.
    """

    name: str
    systems: frozenset[str]
    events: frozenset[EventType]
    document_types: frozenset[str] | None = None
    only_single: bool = False

    def wants(
        self, event_type: EventType, system: str, document_type: str | None, source: str
    ) -> bool:
        """Whether it is told of such an event."""
        return (
            system in self.systems
            and event_type in self.events
            and not (self.only_single and source)
            and (
                self.document_types is None
                or document_type is None
                or document_type in self.document_types
            )
        )


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one try.

    Attributes:
        verdict: what it means for the delivery.
        said: one line for people; what strangers wrote in it is short and printable.
        retry_after: when it wants to be asked again.
    """

    verdict: Verdict
    said: str
    retry_after: timedelta | None = None
