"""Everything that may leave the house, and everything that comes back: every field is here.

What is not a field of one of these, or of what they are made of (`model`, `envelopes.statements`,
`envelopes.chain`), does not leave. Nothing here has a place for a key's label, a PIN, a picture of
a seal or a document in the clear but `Content.body`, and that is ciphertext unless the terms say
`open`. The ledger of what left (`gateway.envelopes.carriage.egress`) names these types.
"""

from datetime import datetime

from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord
from cloud_bridge.envelopes.statements import SignedStatement
from cloud_bridge.model import ContentMode, NetworkIdentity, Value

__all__ = [
    "Content",
    "ContentHead",
    "EnvelopeRecord",
    "Feed",
    "FeedItem",
    "Head",
    "Heads",
    "NetworkIdentity",
    "NewEnvelope",
    "NewPerson",
    "PersonLink",
    "WrappedKey",
]


class WrappedKey(Value, frozen=True):
    """The key of a content for one organisation: HPKE (RFC 9180), `enc` and ciphertext together."""

    organisation: str
    card: int
    sealed: bytes


class ContentHead(Value, frozen=True):
    """What is told of a content beside its bytes.

    Attributes:
        envelope: to which it belongs.
        digest: SHA-256 of the plaintext, hex.
        size: of the plaintext, bytes.
        mode: `encrypted`: the body is AES-256-GCM under the wrapped key; `open`: it is as it is.
        keys: of `encrypted`: one for each organisation that may read it.
    """

    envelope: str
    digest: str
    size: int
    mode: ContentMode
    keys: tuple[WrappedKey, ...] = ()


class Content(Value, frozen=True):
    """A document or an attachment on its way."""

    head: ContentHead
    body: bytes


class NewEnvelope(Value, frozen=True):
    """Out: an envelope is sent. `terms` is the JSON of `model.Terms`, `sent` says it is final."""

    terms: bytes
    sent: SignedStatement


class FeedItem(Value, frozen=True):
    """Back: one entry of an envelope in which the organisation takes part.

    `record`: all of the envelope, where this is its first entry and others have sent it.
    """

    envelope: str
    sequence: int
    entry: Entry
    record: EnvelopeRecord | None = None


class Feed(Value, frozen=True):
    """Back: what came after a cursor.

    Attributes:
        items: in their order.
        cursor: goes with the next question.
        contents: which the entries name, brought along; a hint, as records of items are: what is
            not there is asked for.
    """

    items: tuple[FeedItem, ...]
    cursor: str
    contents: tuple[Content, ...] = ()


class Head(Value, frozen=True):
    """Back: how far an envelope has come, for reconciliation."""

    envelope: str
    sequence: int
    hash: str


class Heads(Value, frozen=True):
    """Back: the organisation's envelopes, by their id, after the one that was asked for.

    `next` goes with the next question; empty: these were the last.
    """

    heads: tuple[Head, ...]
    next: str = ""


class NewPerson(Value, frozen=True):
    """Out: a person who is to sign, with the telephone number or mailbox by which they are found.

    The only field here in which a person's contact leaves, and only where it is asked for by it.
    """

    name: str
    contact: str


class PersonLink(Value, frozen=True):
    """Back: the address at which a person signs, once, until it expires."""

    url: str
    expires_at: datetime
