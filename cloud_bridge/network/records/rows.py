"""An envelope's record as the database has it."""

from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select

from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord
from cloud_bridge.envelopes.statements import parse
from cloud_bridge.network.accounts.rows import signed_card
from cloud_bridge.network.problems import EnvelopeUnknownProblem
from cloud_bridge.network.store import schema

_entries: Final = msgspec.json.Decoder(Entry)

_organisation, _member = schema.organisation, schema.member
_TERMS: Final = select(schema.envelope.c.terms).where(schema.envelope.c.id == bindparam("of"))
_ENTRIES: Final = (
    select(schema.entry.c.entry)
    .where(schema.entry.c.envelope == bindparam("of"))
    .order_by(schema.entry.c.sequence)
)
_NEWEST_CARDS: Final = (
    select(_organisation.c.id, _organisation.c.card)
    .join(_member, _member.c.organisation == _organisation.c.id)
    .where(_member.c.envelope == bindparam("of"))
)


def record_in(connection: Connection, envelope: str) -> EnvelopeRecord:
    """All of an envelope as the database has it; EnvelopeUnknownProblem: there is none."""
    terms = connection.scalar(_TERMS, {"of": envelope})
    if terms is None:
        raise EnvelopeUnknownProblem(f"there is no envelope {envelope!r}")
    written = connection.scalars(_ENTRIES, {"of": envelope})
    entries = tuple(_entries.decode(each) for each in written)
    newest = connection.execute(_NEWEST_CARDS, {"of": envelope})
    used = {(parse(each.signed).author, each.signed.card) for each in entries}
    named = sorted(used | {(id, serial) for id, serial in newest})  # noqa: A001 - the row's own word
    cards = (signed_card(connection, author, serial) for author, serial in named)
    return EnvelopeRecord(
        terms=terms, entries=entries, cards=tuple(each for each in cards if each is not None)
    )
