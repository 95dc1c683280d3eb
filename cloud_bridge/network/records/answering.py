"""What is told with a statement's own entry: what its author may not have of that record."""

from typing import Final

import msgspec
from sqlalchemy import Connection, select

from cloud_bridge.envelopes.chain import Entry, parse_link
from cloud_bridge.envelopes.statements import NETWORK, Completed, Expired, Statement, parse
from cloud_bridge.network.store import schema

_MOST_BETWEEN: Final = 50
_MOST_BYTES: Final = 256 * 1024
"""Of what was said between. Whoever has missed more asks for the whole record."""
_entries: Final = msgspec.json.Decoder(Entry)


def entry_at(connection: Connection, envelope: str, sequence: int) -> Entry:
    """An entry that is there."""
    (entry,) = _stretch(connection, envelope, sequence, 1)
    return entry


def between(connection: Connection, statement: Statement, own: int) -> list[Entry]:
    """What was said after the entry that a statement's author had seen, and before its own.

    Nothing, too, where that is too much to be told with an answer.
    """
    first = statement.seen + 1
    if not 0 < own - first <= _MOST_BETWEEN:
        return []
    found = _stretch(connection, statement.envelope, first, own - first)
    size = sum(len(each.signed.statement) for each in found)
    return found if size <= _MOST_BYTES else []


def at_once(connection: Connection, envelope: str, sequence: int, entry: Entry) -> list[Entry]:
    """What the network said because of an entry that came before, in the same moment."""
    following = _stretch(connection, envelope, sequence + 1, 1)
    return [each for each in following if is_due_to(each, entry)]


def is_due_to(following: Entry, entry: Entry) -> bool:
    """Whether the network said it because of the entry before: its author had both at once."""
    said = parse(following.signed)
    is_own = said.author == NETWORK and isinstance(said.act, Completed | Expired)
    return is_own and parse_link(following).at == parse_link(entry).at


def _stretch(connection: Connection, envelope: str, first: int, most: int) -> list[Entry]:
    table = schema.entry
    written = connection.scalars(
        select(table.c.entry)
        .where(table.c.envelope == envelope, table.c.sequence >= first)
        .order_by(table.c.sequence)
        .limit(most)
    )
    return [_entries.decode(each) for each in written]
