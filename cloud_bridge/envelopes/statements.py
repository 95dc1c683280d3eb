"""What a party, or the network, says of an envelope. One kind of statement an act.

A statement is JSON that its author signed (Ed25519); the network gives it a place (`chain`). An
organisation signs with the key of its card. A person has no key: the network says it for them, with
what it checked.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from cloud_bridge.model import PartyKind, Value
from cloud_bridge.plain_json import decode

_REMEMBERED_BYTES: Final = 16 * 1024


class Revision(Value, frozen=True):
    """One document after a signature.

    Attributes:
        document: its name in the terms.
        base: SHA-256 of what was signed upon, hex.
        digest: SHA-256 of the result, hex. The result begins with the bytes of the base.
        size: of the result, bytes.
        container: the signature container that was added, CMS DER.
        field: the signature field that it is in.
    """

    document: str
    base: str
    digest: str
    size: int
    container: bytes
    field: str


class Attachment(Value, frozen=True):
    """Something that was given along, such as a photograph; the network holds it by its digest."""

    name: str
    digest: str
    size: int
    media_type: str


class Place(Value, frozen=True):
    """Where a telephone said that it was: degrees (WGS 84) and how exact, in metres."""

    latitude: float
    longitude: float
    accuracy_m: float


class Received(Value, frozen=True):
    """What a bearer says of a line of goods (from 0): how many came, are missing, are damaged."""

    line: int
    received: int
    short: int = 0
    damaged: int = 0


class Sent(Value, frozen=True, tag="sent"):
    """By the initiator: the terms are final. `terms` is the SHA-256 of their JSON, hex."""

    terms: str


class Opened(Value, frozen=True, tag="opened"):
    """By a party: it has fetched, or begun to read."""


class Began(Value, frozen=True, tag="began"):
    """By a party of a turn with several: it takes the pen, and nobody else signs meanwhile."""


class Claimed(Value, frozen=True, tag="claimed"):
    """For a bearer: somebody was the first to claim; `contact` is masked."""

    name: str
    contact: str
    method: str


class Signed(Value, frozen=True, tag="signed"):
    """By a party: it has signed all documents.

    Attributes:
        revisions: one for each document of the terms.
        values: what was filled in, by the names of fields. In the document, too.
        handwritten: whether the signature was drawn.
        read_seconds: how long a person had it open.
        method: how a person was checked: `code`, `contact-tail`, `id-tail`.
        attachments: what was given along.
        place: where, if it was told.
        goods: of a receipt.
        remark: what was noted.
        acted_at: when the person pressed the button, where that was before the network heard of it.
        late: the telephone was offline meanwhile.
    """

    revisions: tuple[Revision, ...]
    values: dict[str, str] = msgspec.field(default_factory=dict)
    handwritten: bool = False
    read_seconds: int = 0
    method: str = ""
    attachments: tuple[Attachment, ...] = ()
    place: Place | None = None
    goods: tuple[Received, ...] = ()
    remark: str = ""
    acted_at: datetime | None = None
    late: bool = False


class Declined(Value, frozen=True, tag="declined"):
    """By a party: it will not sign. `reason` is a word that stays, `remark` is for people."""

    reason: str
    remark: str = ""


class Withdrawn(Value, frozen=True, tag="withdrawn"):
    """By the initiator, while not everybody has signed."""

    reason: str


class Forwarded(Value, frozen=True, tag="forwarded"):
    """By a party that has not signed: another account signs in its place."""

    account: str
    name: str


class Copied(Value, frozen=True, tag="copied"):
    """By the initiator: another account gets a copy. `kind` says what kind of account it is."""

    account: str
    name: str
    kind: PartyKind = "organisation"


class Reminded(Value, frozen=True, tag="reminded"):
    """By the initiator: `party` was reminded (催签)."""

    party: str


class Expired(Value, frozen=True, tag="expired"):
    """By the network: the time of the terms has passed."""


class Completed(Value, frozen=True, tag="completed"):
    """By the network: everybody has signed. `final` has each document's digest by its name."""

    final: dict[str, str]


class Voided(Value, frozen=True, tag="voided"):
    """By the network: the cancellation agreement `by` (an envelope) was signed by everybody."""

    by: str


class Acknowledged(Value, frozen=True, tag="acknowledged"):
    """By an organisation: it holds everything up to `sequence`, whose entry has the hash `head`.

    With it both hold the other's word for the same record, and the network cannot tell two stories.
    """

    sequence: int
    head: str


Act = (
    Sent
    | Opened
    | Began
    | Claimed
    | Signed
    | Declined
    | Withdrawn
    | Forwarded
    | Copied
    | Reminded
    | Expired
    | Completed
    | Voided
    | Acknowledged
)

NETWORK = "network"
"""The author of what the network says, for itself and for persons."""


class Statement(Value, frozen=True):
    """One act, said of an envelope.

    Attributes:
        id: chosen by its author: the same id again is the same statement, however often it comes.
        envelope: of which it is said.
        terms: SHA-256 of the envelope's terms, hex.
        author: whose key signs: an organisation's id, or `NETWORK`.
        party: for whom it is said: the party's id in the terms; empty: for the envelope.
        act: what is said.
        at: when, by the author's clock.
        seen: the sequence of the last entry that the author has; 0: none.
        head: that entry's hash, hex; empty: none.
    """

    id: str
    envelope: str
    terms: str
    author: str
    act: Act
    at: datetime
    party: str = ""
    seen: int = 0
    head: str = ""


class SignedStatement(Value, frozen=True):
    """The JSON of a `Statement`, as it was signed, and the Ed25519 signature over `DOMAIN` and it.

    `card` is the serial of the author's card; 0: the network's key.
    """

    statement: bytes
    signature: bytes
    card: int = 0


DOMAIN = b"sealgate statement v1\n"
"""What a statement's signature covers before the statement itself."""


def parse(signed: SignedStatement) -> Statement:
    """What it says; msgspec.ValidationError: it is none. The signature is not looked at."""
    said = signed.statement
    return _parsed(said) if len(said) <= _REMEMBERED_BYTES else decode(said, Statement)


@lru_cache(maxsize=1024)
def _parsed(said: bytes) -> Statement:
    # It follows from the bytes alone, and each step of an envelope asks for the same ones again.
    return decode(said, Statement)
