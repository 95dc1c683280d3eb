"""What the gateway tells of envelopes, as far as the commands look at it. All frozen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from cloud_bridge.envelopes.model import OVER
from gateway.envelopes.model import EvidenceTold, PartyTold, Status, Step

ENDED: Final = OVER | {"completed", "voided"}
"""Nothing more happens by itself; `held` waits for people."""


class Trouble(msgspec.Struct, frozen=True):
    """What holds an envelope up."""

    type: str
    detail: str


class Document(msgspec.Struct, frozen=True):
    """A document of an envelope, before anybody signed."""

    name: str
    digest: str
    size: int
    type: str


class Envelope(msgspec.Struct, frozen=True, rename="camel"):
    """An envelope; see `gateway.envelopes.model.EnvelopeTold`."""

    id: str
    title: str
    company: str
    ours: bool
    mode: str
    status: Status
    business_number: str
    counterparties: tuple[str, ...]
    parties: tuple[PartyTold, ...]
    documents: tuple[Document, ...]
    digests: Mapping[str, str]
    next_step: Step
    next_hint: str
    created_at: datetime
    changed_at: datetime
    expires_at: datetime
    sequence: int
    head: str
    trouble: tuple[Trouble, ...] = ()
    evidence: tuple[EvidenceTold, ...] = ()
    reason: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing more to wait for that comes by itself."""
        is_looked_at = self.status == "completed" and self.next_step == "wait-for-network"
        return (self.status in ENDED and not is_looked_at) or self.status == "held"


class Page(msgspec.Struct, frozen=True):
    """Some envelopes, and where the next are."""

    envelopes: tuple[Envelope, ...]
    next: str | None


def envelope_of(told: Mapping[str, Any]) -> Envelope:
    """As the gateway told it; msgspec.ValidationError: this is no gateway of ours."""
    return msgspec.convert(told, Envelope)


def page_of(told: Mapping[str, Any]) -> Page:
    """As the gateway told it; msgspec.ValidationError: this is no gateway of ours."""
    return msgspec.convert(told, Page)
