"""What two companies agree to sign, by whom and in which order. All frozen; moments are aware, UTC.

An envelope's terms never change once it is sent: they have a digest, and everything that happens
to the envelope is said of that digest. What did happen is a chain of entries (see `envelopes`).
Lengths are millimetres from the top left corner of a page as a reader sees it.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

Level = Literal["none", "contact", "identity", "organisation"]
"""How well an account is known: not at all; that it reads this telephone or mailbox; who the person
is; that it acts for the organisation. Each is more than those before."""
LEVELS: Final[tuple[Level, ...]] = ("none", "contact", "identity", "organisation")

ContentMode = Literal["encrypted", "digest", "open"]
"""What the network holds: ciphertext for the named organisations; nothing but digests; the content,
so that it can show it to persons."""

Handwriting = Literal["forbidden", "required", "free"]
FieldKind = Literal["signature", "text", "date", "number", "checkbox", "choice"]
PartyKind = Literal["organisation", "person", "bearer"]
"""`bearer`: a person whom nobody knows beforehand: whoever holds the goods, and claims first."""


Language = Literal["zh", "en"]
"""In which persons are written to."""


class Value(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of what is written as JSON: camelCase names, and defaults are left out."""


class Verification(Value, frozen=True):
    """That somebody was verified: how well, by which method, and for how long it counts.

    Attributes:
        level: see `Level`.
        method: a word of the network's: `code`, `id-document`, `bank-transfer`, `register-extract`.
        at: when.
        expires_at: from when on it no longer counts.
    """

    level: Level
    method: str
    at: datetime
    expires_at: datetime

    def level_at(self, moment: datetime) -> Level:
        """What still counts at a moment."""
        return self.level if self.at <= moment < self.expires_at else "none"


class Card(Value, frozen=True):
    """What an organisation says of itself and its keys; signed with its seal, see `SignedCard`.

    Attributes:
        organisation: its id on the network, such as `org-3f2a…`.
        name: the legal name, as it stands in the certificate of its seal (subject O, or CN).
        signing_key: Ed25519, raw, base64url: signs requests and statements.
        encryption_key: HPKE X25519 (RFC 9180), raw, base64url: what content is encrypted to.
        serial: higher than that of any earlier card of the organisation.
        issued_at: from when it counts.
        expires_at: until when.
    """

    organisation: str
    name: str
    signing_key: str
    encryption_key: str
    serial: int
    issued_at: datetime
    expires_at: datetime


class SignedCard(Value, frozen=True):
    """A card, and why to believe it.

    Attributes:
        card: the JSON of a `Card`, as it was signed.
        proof: CMS SignedData, DER, detached over `card` (RFC 5652 §5.2), by the organisation's
            seal, with the certificates up to, and without, a root that its partners trust.
    """

    card: bytes
    proof: bytes


class Organisation(Value, frozen=True):
    """A company on the network."""

    id: str
    name: str
    verification: Verification
    card: SignedCard | None = None


class NetworkIdentity(Value, frozen=True):
    """Who the network is, and what it takes.

    Attributes:
        name: what people call it.
        signing_key: the Ed25519 key that signs entries, raw, base64url.
        parcel_bytes: how many bytes of contents it takes together with what is said of them; 0:
            none, each is brought by itself.
    """

    name: str
    signing_key: str
    parcel_bytes: int = 0


class Person(Value, frozen=True):
    """A person on the network; `contact` is a telephone number or mailbox, told only masked."""

    id: str
    name: str
    contact: str
    verification: Verification


class Box(Value, frozen=True):
    """A place on a page. `page` counts from 1; negative from the end, -1 is the last."""

    page: int
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float


class PartyField(Value, frozen=True):
    """Something that a party writes or signs into a document.

    Attributes:
        name: its own within the document.
        document: which document.
        kind: what is written.
        box: where.
        label: what the person is asked for.
        required: whether it may be left empty.
        choices: of a `choice`.
    """

    name: str
    document: str
    kind: FieldKind
    box: Box
    label: str = ""
    required: bool = True
    choices: tuple[str, ...] = ()


class Party(Value, frozen=True):
    """Who signs, or only gets a copy.

    Attributes:
        id: its own within the envelope, such as `buyer`.
        kind: see `PartyKind`.
        account: the organisation's or person's id; empty: a bearer.
        name: as the initiator knows it; the certificate or the person's verified name must agree.
        turn: who has the lowest turn signs first; those of one turn sign in any order.
        any_of: parties with the same word here stand for each other: the first that signs does
            so for all (或签). None: it signs itself.
        copy: gets everything and signs nothing (抄送).
        level: how well it must be known to sign.
        contact_tail: of a bearer: the last digits of the telephone that must be told; empty: any.
        handwriting: of a person.
        reading_seconds: of a person: how long it must at least have read.
        fields: what it writes and signs, all documents together.
        bring_link: of a person: whether the network brings a link to its contact when it is its
            turn, when it is reminded, and when another forwards to it.
        language: of a person: in which the network writes to it; None: as the network is set.
    """

    id: str
    kind: PartyKind
    account: str = ""
    name: str = ""
    turn: int = 1
    any_of: str | None = None
    copy: bool = False
    level: Level = "contact"
    contact_tail: str = ""
    handwriting: Handwriting = "free"
    reading_seconds: int = 0
    fields: tuple[PartyField, ...] = ()
    bring_link: bool = True
    language: Language | None = None


class DocumentTerms(Value, frozen=True):
    """A document as it was before anybody signed.

    Attributes:
        name: its own within the envelope; a file name without folders.
        digest: SHA-256, hex.
        size: bytes.
        type: the sender's word for its kind, such as `purchase-contract`; who receives it maps it.
    """

    name: str
    digest: str
    size: int
    type: str


class Delivery(Value, frozen=True):
    """What a receipt says of the goods, which whoever receives them confirms (物流回单).

    Attributes:
        waybill: the waybill's number.
        shipper: who sent the goods.
        carrier: who carried them.
        consignee: for whom they are.
        lines: name and number of each good, in order.
    """

    waybill: str
    shipper: str
    carrier: str
    consignee: str
    lines: tuple[tuple[str, int], ...]


class Terms(Value, frozen=True):
    """What is signed, by whom, until when. Their digest names the envelope's content for ever.

    Attributes:
        envelope: a UUID that the initiator chose.
        title: for people.
        initiator: the organisation that sends it.
        mode: see `ContentMode`.
        parties: in the order in which people read them.
        documents: at least one.
        expires_at: until when everybody must have signed.
        business_number: the initiator's number for it; empty: it does not tell.
        delivery: of a receipt whose signer is not known beforehand.
        voids: the envelope that this one declares void: a cancellation agreement (解约).
    """

    envelope: str
    title: str
    initiator: str
    mode: ContentMode
    parties: tuple[Party, ...]
    documents: tuple[DocumentTerms, ...]
    expires_at: datetime
    business_number: str = ""
    delivery: Delivery | None = None
    voids: str | None = None
