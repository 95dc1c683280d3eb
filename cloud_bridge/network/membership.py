"""Which organisations take part in an envelope, as its entries go on."""

from sqlalchemy import Connection, insert, select, update

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.network.store import schema


def is_member(connection: Connection, organisation: str, envelope: str) -> bool:
    """Whether an organisation takes part in an envelope."""
    table = schema.member
    found = connection.execute(
        select(table.c.envelope).where(
            table.c.organisation == organisation,
            table.c.envelope == envelope,
            ~table.c.has_left,
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
        if not _note(connection, organisation, envelope, has_left=False):
            row = {"organisation": organisation, "envelope": envelope, "has_left": False}
            connection.execute(insert(table).values(**row))
    for organisation in left:  # it has forwarded, and knows that
        _note(connection, organisation, envelope, has_left=True)
    told = [(each, envelope, after.sequence) for each in there]
    told += [
        (each, envelope, sequence) for each in joined for sequence in range(1, after.sequence + 1)
    ]
    return tuple(told)


def _note(connection: Connection, organisation: str, envelope: str, *, has_left: bool) -> bool:
    """Whether it has ever taken part; and whether it does so now."""
    table = schema.member
    own = (table.c.organisation == organisation) & (table.c.envelope == envelope)
    return bool(connection.execute(update(table).where(own).values(has_left=has_left)).rowcount)
