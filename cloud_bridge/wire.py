"""Everything that may leave the house, and everything that comes back: every field is here.

What is not a field of one of these, or of what they are made of (`model`, `envelopes.statements`,
`envelopes.chain`), does not leave. Nothing here has a place for a key's label, a PIN, a picture of
a seal or a document in the clear but `Content.body`, and that is ciphertext unless the terms say
`open`. The ledger of what left (`gateway.envelopes.carriage.egress`) names these types.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

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
    "Parcel",
    "PersonLink",
    "Taken",
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


class Parcel(Value, frozen=True):
    """Out: what is said, and the contents that it stands on: all of it counts, or nothing.

    Attributes:
        statement: what is said.
        terms: of a new envelope, of which the statement says `sent`: the JSON of `model.Terms`;
            None: the envelope is there.
        contents: of that envelope, in any order.
    """

    statement: SignedStatement
    terms: bytes | None = None
    contents: tuple[Content, ...] = ()


class Taken(Entry, frozen=True):
    """Back: the entry that a statement became, and what its author may not have of that record.

    Whoever reads it as an `Entry` reads the one that the statement became.

    Attributes:
        before: the entries between the one that it had seen and its own; empty also where those are
            too many to be told here.
        after: what the network said of the envelope at once, such as that all have signed.
    """

    before: tuple[Entry, ...] = ()
    after: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entry: Entry, *, before: Sequence[Entry] = (), after: Sequence[Entry] = ()) -> Self:
        """An entry, with what stands around it."""
        return cls(
            link=entry.link,
            signed=entry.signed,
            signature=entry.signature,
            before=tuple(before),
            after=tuple(after),
        )

    @property
    def entry(self) -> Entry:
        """The statement's own entry, and nothing else."""
        return Entry(link=self.link, signed=self.signed, signature=self.signature)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of them, in their order."""
        return (*self.before, self.entry, *self.after)


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
