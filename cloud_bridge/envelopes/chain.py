"""The chain of an envelope's entries: each has the hash of the one before.

The network gives a statement its place and signs that. It cannot change what was said, nor leave
something out or tell it in another order, without a break that both companies find.
"""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from cloud_bridge.envelopes.statements import SignedStatement
from cloud_bridge.model import SignedCard, Value
from cloud_bridge.plain_json import decode

DOMAIN = b"sealgate entry v1\n"
_REMEMBERED_BYTES: Final = 1024
_encoder = msgspec.json.Encoder()


class Link(Value, frozen=True):
    """The place of a statement in the chain.

    Attributes:
        envelope: whose chain.
        sequence: from 1, without a gap.
        previous: the hash of the entry before, hex; empty: it is the first.
        statement: SHA-256 over the JSON of the `SignedStatement`, hex.
        at: when the network received it, by its clock; never before that of the entry before.
    """

    envelope: str
    sequence: int
    previous: str
    statement: str
    at: datetime


class Entry(Value, frozen=True):
    """A statement in its place.

    Attributes:
        link: the JSON of a `Link`, as the network signed it.
        signed: the statement.
        signature: Ed25519 of the network over `DOMAIN` and `link`.
    """

    link: bytes
    signed: SignedStatement
    signature: bytes

    @property
    def hash(self) -> str:
        """What the next entry names, SHA-256 over `DOMAIN` and `link`, hex."""
        return hashlib.sha256(DOMAIN + self.link).hexdigest()


class EnvelopeRecord(Value, frozen=True):
    """All of an envelope that the network holds. `cards` are those of its organisations."""

    terms: bytes
    entries: tuple[Entry, ...]
    cards: tuple[SignedCard, ...] = ()


def statement_digest(signed: SignedStatement) -> str:
    """What a link names a statement by, hex."""
    return hashlib.sha256(_encoder.encode(signed)).hexdigest()


def parse_link(entry: Entry) -> Link:
    """The entry's place; msgspec.ValidationError: it has none. The signature is not looked at."""
    link = entry.link
    return _parsed(link) if len(link) <= _REMEMBERED_BYTES else decode(link, Link)


@lru_cache(maxsize=2048)
def _parsed(link: bytes) -> Link:
    return decode(link, Link)  # it follows from the bytes alone


def terms_digest(terms: bytes) -> str:
    """What statements name the terms by: SHA-256 of their JSON as it was sent, hex."""
    return hashlib.sha256(terms).hexdigest()
