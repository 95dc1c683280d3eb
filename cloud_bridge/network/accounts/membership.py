"""Which organisations take part in an envelope, as its entries go on."""

from sqlalchemy import Connection, bindparam, insert, select, update

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.network.store.schema import member

_OWN = (member.c.organisation == bindparam("who")) & (member.c.envelope == bindparam("where"))
_IS_MEMBER = select(member.c.envelope).where(_OWN, ~member.c.has_left)
_NOTE = update(member).where(_OWN).values(has_left=bindparam("leaves"))
_ADD = insert(member)


def is_member(connection: Connection, organisation: str, envelope: str) -> bool:
    """Whether an organisation takes part in an envelope."""
    own = {"who": organisation, "where": envelope}
    return connection.execute(_IS_MEMBER, own).one_or_none() is not None


def tell(
    connection: Connection, before: EnvelopeState, after: EnvelopeState
) -> tuple[tuple[str, str, int], ...]:
    """Keep who takes part as of a new entry, and say who is told what because of it.

    Whoever comes in is told all that was before. Gives organisation, envelope and sequence of each.
    """
    there = before.organisations if before.sequence else frozenset[str]()
    joined, left = sorted(after.organisations - there), there - after.organisations
    envelope = after.terms.envelope
    for organisation in joined:
        if not _note(connection, organisation, envelope, has_left=False):
            row = {"organisation": organisation, "envelope": envelope, "has_left": False}
            connection.execute(_ADD, row)
    for organisation in left:  # it has forwarded, and knows that
        _note(connection, organisation, envelope, has_left=True)
    told = [(each, envelope, after.sequence) for each in there]
    told += [
        (each, envelope, sequence) for each in joined for sequence in range(1, after.sequence + 1)
    ]
    return tuple(told)


def _note(connection: Connection, organisation: str, envelope: str, *, has_left: bool) -> bool:
    """Whether it has ever taken part; and whether it does so now."""
    row = {"who": organisation, "where": envelope, "leaves": has_left}
    return bool(connection.execute(_NOTE, row).rowcount)
