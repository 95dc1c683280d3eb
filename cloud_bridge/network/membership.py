"""Which organisations take part in an envelope, as its entries go on."""

from sqlalchemy import Connection, delete, insert, select

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.network.store import schema


def is_member(connection: Connection, organisation: str, envelope: str) -> bool:
    """Whether an organisation takes part in an envelope."""
    table = schema.member
    found = connection.execute(
        select(table.c.envelope).where(
            table.c.organisation == organisation, table.c.envelope == envelope
        )
    )
    return found.one_or_none() is not None


def tell(
    connection: Connection, before: EnvelopeState, after: EnvelopeState
) -> tuple[tuple[str, str, int], ...]:
    """Keep who takes part as of a new entry, and say who is told what because of it.

    Whoever comes in is told all that was before. Gives organisation, envelope and sequence of each.
    """
    there = before.organisations if before.sequence else frozenset[str]()
    joined, left = sorted(after.organisations - there), there - after.organisations
    envelope = after.terms.envelope
    table = schema.member
    for organisation in joined:
        connection.execute(insert(table).values(organisation=organisation, envelope=envelope))
    for organisation in left:  # it has forwarded, and knows that
        connection.execute(delete(table).filter_by(organisation=organisation, envelope=envelope))
    told = [(each, envelope, after.sequence) for each in there]
    told += [
        (each, envelope, sequence) for each in joined for sequence in range(1, after.sequence + 1)
    ]
    return tuple(told)
