"""Which terms make sense. Whoever gets an envelope asks this before anything else of it."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from cloud_bridge.errors import NotAllowedError
from cloud_bridge.model import Box, Delivery, Party, PartyField, Terms
from cloud_bridge.names import is_open
from cloud_bridge.plain_json import decode

MOST_PARTIES: Final = 100
MOST_DOCUMENTS: Final = 50
MOST_FIELDS: Final = 500
LARGEST_TERMS: Final = 1 << 20
"""Bytes of JSON."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PARTY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NO_FILE_NAME: Final = re.compile(r"[\x00-\x1f\x7f/\\]")
_LONGEST_NAME: Final = 255
_LONGEST_NUMBER: Final = 200
_MOST_CHOICES: Final = 100
_MOST_LINES: Final = 500
_MOST_GOODS: Final = 10**9
_LAST_PAGE: Final = 10_000
_LARGEST_MM: Final = 5000.0
_CALENDAR: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
"""From when moments are counted, until what is of this calendar wherever it is read."""
_NO_LINE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What ends a line, moves a terminal's cursor, or makes a name read as another."""


def read_terms(terms: bytes) -> Terms:
    """What they say.

    Raises:
        NotAllowedError: `senseless`: it is no terms, or nobody could sign them as they are.
    """
    if len(terms) > LARGEST_TERMS:
        raise _senseless(f"terms may have {LARGEST_TERMS} bytes, these have {len(terms)}")
    try:
        read = decode(terms, Terms)
    except msgspec.ValidationError as error:
        raise _senseless(f"this is no terms of an envelope: {error}") from error
    for wrong in _wrong(read):
        raise _senseless(wrong)
    return read


def is_envelope_id(text: str) -> bool:
    """Whether it is a UUID in lower case."""
    return _UUID.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether it is a SHA-256 in lower-case hex."""
    return _DIGEST.fullmatch(text) is not None


def is_line(text: str) -> bool:
    """Whether people can read it in a line as it is: of bounded length, nothing but characters."""
    return len(text) <= _LONGEST_NAME and not _NO_LINE.search(text)


def is_in_the_calendar(moment: datetime) -> bool:
    """Whether a moment with a zone can be told in any other zone, too."""
    first, last = _CALENDAR
    return first <= moment <= last


def _wrong(terms: Terms) -> Iterator[str]:
    if not is_envelope_id(terms.envelope):
        yield "the envelope's id is no UUID in lower case"
    if terms.voids is not None and (
        not is_envelope_id(terms.voids) or terms.voids == terms.envelope
    ):
        yield "what it voids is no other envelope's UUID"
    if not terms.initiator:
        yield "it has no initiator"
    if terms.expires_at.tzinfo is None:
        yield "the moment at which it expires has no time zone"
    elif not is_in_the_calendar(terms.expires_at):
        yield "the moment at which it expires is beyond the calendar"
    if len(terms.business_number) > _LONGEST_NUMBER:
        yield "its business number is very long"
    for text in _words(terms):
        if not is_line(text):
            yield f"{text[:60]!r} is no line that people can read: it is very long, or has marks"
    if terms.delivery is not None:
        yield from _wrong_delivery(terms.delivery)
    yield from _wrong_documents(terms)
    yield from _wrong_parties(terms)
    yield from _wrong_fields(terms)


def _words(terms: Terms) -> Iterator[str]:
    """Everything that people read of them, but names of documents and fields."""
    yield from (terms.title, terms.initiator, terms.business_number)
    yield from (each.type for each in terms.documents)
    for party in terms.parties:
        yield from (party.account, party.name, party.any_of or "", party.contact_tail)
        for field in party.fields:
            yield from (field.name, field.label, *field.choices)
    if (delivery := terms.delivery) is not None:
        yield from (delivery.waybill, delivery.shipper, delivery.carrier, delivery.consignee)
        yield from (name for name, _ in delivery.lines)


def _wrong_delivery(delivery: Delivery) -> Iterator[str]:
    if len(delivery.lines) > _MOST_LINES:
        yield f"a receipt has at most {_MOST_LINES} lines, this one {len(delivery.lines)}"
    if any(not 0 <= count <= _MOST_GOODS for _, count in delivery.lines):
        yield f"of a good there are 0 to {_MOST_GOODS}"


def _wrong_documents(terms: Terms) -> Iterator[str]:
    if not 1 <= len(terms.documents) <= MOST_DOCUMENTS:
        yield f"an envelope has 1 to {MOST_DOCUMENTS} documents, this one {len(terms.documents)}"
    for name in _twice(each.name for each in terms.documents):
        yield f"two documents are called {name}"
    for each in terms.documents:
        if (
            not each.name
            or len(each.name) > _LONGEST_NAME
            or _NO_FILE_NAME.search(each.name)
            or not is_line(each.name)
            or each.name in {".", ".."}
        ):
            yield f"{each.name!r} is no file name without folders"
        if not is_digest(each.digest):
            yield f"the digest of {each.name} is no SHA-256 in hex"
        if each.size < 1:
            yield f"{each.name} is empty"


def _wrong_parties(terms: Terms) -> Iterator[str]:
    if not 1 <= len(terms.parties) <= MOST_PARTIES:
        yield f"an envelope has 1 to {MOST_PARTIES} parties, this one {len(terms.parties)}"
    if all(each.copy for each in terms.parties):
        yield "nobody signs it"
    for party in _twice(each.id for each in terms.parties):
        yield f"two parties have the id {party}"
    for each in terms.parties:
        yield from _wrong_party(each, terms)
    turns: dict[str, int] = {}
    for each in terms.parties:
        if each.any_of is not None and turns.setdefault(each.any_of, each.turn) != each.turn:
            yield f"those who stand for each other ({each.any_of}) are of different turns"


def _wrong_party(party: Party, terms: Terms) -> Iterator[str]:
    if not _PARTY.fullmatch(party.id):
        yield f"{party.id!r} is no party's id: letters, digits, '.', '_' and '-', at most 64"
    if not is_open(party.name):
        yield f"the name of party {party.id} has characters that nobody sees: {party.name!a}"
    if bool(party.account) == (party.kind == "bearer"):
        yield f"party {party.id}: a bearer has no account, and everybody else has one"
    if party.kind != "organisation" and not party.copy and terms.mode != "open":
        yield (
            f"party {party.id} signs in a browser, but the network cannot show what is "
            f"{terms.mode}: send it `open`, or without persons"
        )
    if party.copy and (party.any_of is not None or party.fields or party.kind == "bearer"):
        yield f"party {party.id} only gets a copy: it stands for nobody and fills in nothing"
    if party.reading_seconds < 0:
        yield f"party {party.id} cannot read for less than no time"


def _wrong_fields(terms: Terms) -> Iterator[str]:
    documents = {each.name for each in terms.documents}
    fields = [(each, field) for each in terms.parties for field in each.fields]
    if len(fields) > MOST_FIELDS:
        yield f"an envelope has at most {MOST_FIELDS} fields, this one {len(fields)}"
    for name in _twice(f"{field.document}: {field.name}" for _, field in fields):
        yield f"two fields have the same name: {name}"
    for party in terms.parties:
        for name in _twice(field.name for field in party.fields):
            yield f"party {party.id} has two fields {name}: its values are told by their names"
    for party, field in fields:
        if field.document not in documents:
            yield f"field {field.name} of {party.id} is in no document of the envelope"
        yield from _wrong_field(field)


def _wrong_field(field: PartyField) -> Iterator[str]:
    if not field.name or len(field.name) > _LONGEST_NAME:
        yield "a field has no name, or a very long one"
    if bool(field.choices) != (field.kind == "choice"):
        yield f"field {field.name}: a choice has choices, and nothing else has"
    if len(field.choices) > _MOST_CHOICES:
        yield f"field {field.name} has more than {_MOST_CHOICES} choices"
    if not _is_on_a_page(field.box):
        yield f"field {field.name} has no place on a page"


def _is_on_a_page(box: Box) -> bool:
    sides = (box.left_mm, box.top_mm, box.width_mm, box.height_mm)
    return (
        1 <= abs(box.page) <= _LAST_PAGE
        and min(box.width_mm, box.height_mm) > 0
        and all(math.isfinite(each) and abs(each) <= _LARGEST_MM for each in sides)
    )


def _twice(names: Iterable[str]) -> Iterator[str]:
    return (name for name, count in Counter(names).items() if count > 1)


def _senseless(why: str) -> NotAllowedError:
    return NotAllowedError(f"{why}; nobody was asked to sign it", reason="senseless")
