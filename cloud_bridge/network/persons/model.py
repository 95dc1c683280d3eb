"""A person's visit. All frozen; moments are aware, UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cloud_bridge.model import Language
from cloud_bridge.network.press.model import Handwritten

Cause = Literal["turn", "reminder", "forwarded"]
"""Why a person is brought a link: its turn came; the sender reminds it; another handed it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An opened link, in the one browser that has its secret.

    Attributes:
        secret: what the browser's cookie has; only its hash is stored.
        envelope: which envelope.
        party: for which of its parties.
        account: of the person.
        opened_at: when the link was opened.
        expires_at: until when the browser may go on.
        method: how the person was checked; empty: not yet.
        checked_at: when.
        code_expires_at: until when a code that was sent counts; None: none does.
        reading_at: since when the documents can be read.
        read_at: when the person said that it has read them.
    """

    secret: str
    envelope: str
    party: str
    account: str
    opened_at: datetime
    expires_at: datetime
    method: str
    checked_at: datetime | None
    code_expires_at: datetime | None
    reading_at: datetime | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMessage:
    """What is brought to a person. Nothing of the content.

    Attributes:
        cause: why.
        title: of the envelope.
        sender: the initiator's legal name.
        url: the link.
        expires_at: until when it opens.
        language: in which the person reads.
        text: all of it in that language, to be sent as it is.
    """

    cause: Cause
    title: str
    sender: str
    url: str
    expires_at: datetime
    language: Language
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How a person signs: drawn, or with the name typed."""

    drawn: Handwritten | None = None
    typed: str = ""
