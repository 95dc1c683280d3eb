"""What a page of the feed brings along, so that whoever reads it need not ask for it.

With the first entry of an envelope that others have sent: all of the envelope. With entries by
others that name documents: the newest of each, as it was made for the reader. It is what the reader
would get if it asked, and nothing else; what is large, or does not fit, is asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, func, select

from cloud_bridge.envelopes.chain import EnvelopeRecord
from cloud_bridge.envelopes.statements import Sent, Signed, Statement, parse
from cloud_bridge.model import Terms
from cloud_bridge.network.accounts.membership import is_member
from cloud_bridge.network.contents.contents import Contents
from cloud_bridge.network.contents.rows import Brought, made_for
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.records.rows import record_in
from cloud_bridge.network.store.schema import entry
from cloud_bridge.wire import Content, Feed, FeedItem

MOST_EACH: Final = 512 << 10
"""Bytes of a record or of a content's body: what is larger is asked for."""
MOST_BYTES: Final = 4 << 20
"""Bytes of all that a page brings along."""

_LONG: Final = 16 << 10
_terms: Final = msgspec.json.Decoder(Terms)
_LENGTH: Final = select(func.sum(func.length(entry.c.entry))).where(
    entry.c.envelope == bindparam("id")
)


@dataclass(slots=True)
class _Found:
    """Of one page: records by their envelope, and contents whose bodies are still to be read.

    `left`: bytes that still come along.
    """

    left: int
    records: dict[str, EnvelopeRecord] = field(default_factory=dict)
    contents: list[Brought] = field(default_factory=list)

    def has_room(self, size: int) -> bool:
        """Whether so many bytes still come along; then they are counted."""
        fits = size <= min(MOST_EACH, self.left)
        self.left -= size if fits else 0
        return fits


class Bringing:
    """Adds to pages what their readers need next."""

    def __init__(self, lane: Lane, contents: Contents) -> None:
        self._lane = lane
        self._contents = contents

    async def along(self, feed: Feed, *, reader: str) -> Feed:
        """The page, with what comes along for the organisation that reads it."""
        if not any(_may_name(item, reader) for item in feed.items):
            return feed
        found = await self._lane.read(lambda connection: _found(connection, feed.items, reader))
        bodies = await self._contents.bodies([each.file for each in found.contents])
        contents = (
            Content(head=each.head, body=body)
            for each, body in zip(found.contents, bodies, strict=True)
            if body is not None  # replaced or forgotten meanwhile
        )
        items = (_with_record(item, found.records) for item in feed.items)
        return replace(feed, items=tuple(items), contents=tuple(contents))


def _may_name(item: FeedItem, reader: str) -> bool:
    """As `_names` says; what is long is only read on the thread that asks the database."""
    is_long = len(item.entry.signed.statement) > _LONG
    return is_long or _names(parse(item.entry.signed), reader)


def _names(said: Statement, reader: str) -> bool:
    """Whether it names documents that the reader has not brought itself."""
    return said.author != reader and isinstance(said.act, Sent | Signed)


def _found(connection: Connection, items: Iterable[FeedItem], reader: str) -> _Found:
    found = _Found(left=MOST_BYTES)
    by_envelope: dict[str, list[Statement]] = {}
    for item in items:
        by_envelope.setdefault(item.envelope, []).append(parse(item.entry.signed))
    for envelope, said in by_envelope.items():
        named = [each for each in said if _names(each, reader)]
        if not named or not is_member(connection, reader, envelope):
            continue
        if any(isinstance(each.act, Sent) for each in named):
            _find_record(connection, envelope, found)
        for digest in _newest(found.records.get(envelope), said, reader):
            content = made_for(connection, envelope, digest, reader)
            if content is not None and found.has_room(content.size):
                found.contents.append(content)
    return found


def _find_record(connection: Connection, envelope: str, found: _Found) -> None:
    length = connection.scalar(_LENGTH, {"id": envelope}) or 0
    if length > min(MOST_EACH, found.left):
        return
    record = record_in(connection, envelope)
    cards = sum(len(each.card) + len(each.proof) for each in record.cards)
    if found.has_room(length + len(record.terms) + cards):
        found.records[envelope] = record


def _newest(record: EnvelopeRecord | None, said: Iterable[Statement], reader: str) -> Iterator[str]:
    """Digests of the newest of each document, as far as the page tells, that others brought."""
    newest: dict[str, tuple[str, str]] = {}
    for each in said:
        match each.act:
            case Sent() if record is not None:
                documents = _terms.decode(record.terms).documents
                newest |= {named.name: (named.digest, each.author) for named in documents}
            case Signed() as act:
                newest |= {named.document: (named.digest, each.author) for named in act.revisions}
            case _:
                pass
    yield from dict.fromkeys(digest for digest, author in newest.values() if author != reader)


def _with_record(item: FeedItem, records: dict[str, EnvelopeRecord]) -> FeedItem:
    record = records.get(item.envelope) if item.sequence == 1 else None
    return item if record is None else replace(item, record=record)
