"""What callers ask of envelopes and what they are told. All frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from cloud_bridge.envelopes.statements import Attachment, Place, Received
from cloud_bridge.model import ContentMode, Delivery, DocumentTerms, Party, Terms

Status = Literal[
    "sending",
    "signing",
    "completed",
    "declined",
    "withdrawn",
    "expired",
    "voiding",
    "voided",
    "held",
]
"""`sending`: not all of it has reached the network. `held`: something contradicts itself, see
`EnvelopeTold.trouble`; nothing more is signed in it."""

Step = Literal[
    "nothing",
    "send",
    "wait-for-others",
    "wait-for-content",
    "wait-for-approval",
    "wait-for-network",
    "sign",
    "look-at-it",
]
"""What is done next: by us, others, or whoever reads this."""


class NewEnvelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An envelope as a caller asks for it; what the terms need besides, the gateway adds.

    Attributes:
        title: for people.
        company: of ours, for which it is sent.
        mode: see `cloud_bridge.model.ContentMode`.
        parties: with the organisations' ids; a party whose account is the company's own
            organisation is us.
        document_type: of ours, by which the policies decide what we sign.
        seal: with which we sign.
        expires_at: until when everybody must have signed.
        business_number: the caller's number.
        attributes: of the business, for the policies; they do not leave.
        tell_number: whether the other parties see the business number.
        delivery: of a receipt whose signer is not known beforehand.
        voids: an envelope that this one cancels.
    """

    title: str
    company: str
    parties: tuple[Party, ...]
    document_type: str
    seal: str
    expires_at: datetime
    business_number: str
    mode: ContentMode = "encrypted"
    attributes: Mapping[str, str | int | bool] = msgspec.field(default_factory=dict)
    tell_number: bool = False
    delivery: Delivery | None = None
    voids: str | None = None


@dataclass(frozen=True, slots=True)
class NewFile:
    """A document of a new envelope."""

    name: str
    content: bytes


class PartyTold(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far a party is; `reason`: why it has declined."""

    id: str
    name: str
    account: str
    state: Literal["waiting", "its-turn", "opened", "signed", "declined", "stood-for", "copy"]
    at: datetime | None = None
    reason: str = ""


class EvidenceTold(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a person or bearer told and gave along when it signed.

    Attributes:
        party: who, by its id in the envelope.
        at: when the network received it.
        acted_at: when the button was pressed, by the telephone's clock; None: at once.
        late: whether the telephone was offline meanwhile.
        method: how the person was checked.
        place: where, if it was told.
        goods: of a receipt, line by line.
        remark: what was noted.
        attachments: files, fetched as a document is: by name, or by digest.
    """

    party: str
    at: datetime
    acted_at: datetime | None = None
    late: bool = False
    method: str = ""
    place: Place | None = None
    goods: tuple[Received, ...] = ()
    remark: str = ""
    attachments: tuple[Attachment, ...] = ()


class EnvelopeTold(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An envelope as it is now.

    Attributes:
        id: UUID, everywhere the same.
        company: of ours.
        ours: whether we sent it.
        counterparties: names of the others.
        next_step: what is done next, in a word.
        next_hint: the same in words, for whoever reads it.
        reason: why it was withdrawn.
        trouble: types of problems and lies that hold it up, with their words.
        documents: as they were before anybody signed.
        digests: of each document as it is now, SHA-256, hex.
        sequence: of the newest entry.
        head: that entry's hash.
        evidence: of persons and bearers who signed; not in lists.
    """

    id: str
    title: str
    company: str
    ours: bool
    mode: ContentMode
    status: Status
    business_number: str
    counterparties: tuple[str, ...]
    parties: tuple[PartyTold, ...]
    documents: tuple[DocumentTerms, ...]
    digests: Mapping[str, str]
    next_step: Step
    next_hint: str
    created_at: datetime
    changed_at: datetime
    expires_at: datetime
    sequence: int
    head: str
    trouble: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    evidence: tuple[EvidenceTold, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvelopePage:
    """Some envelopes, newest first; `next` goes with the next question, None: these were all."""

    envelopes: tuple[EnvelopeTold, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An envelope is durable here and goes out by itself.

    Attributes:
        envelope: as it is.
        terms: as they are sent.
        repeated: it was here before.
        unasked: ids of parties whose accounts were not looked up, as the network does not answer.
    """

    envelope: EnvelopeTold
    terms: Terms
    repeated: bool
    unasked: tuple[str, ...] = ()
