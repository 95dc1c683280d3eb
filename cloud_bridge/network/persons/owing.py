"""Within the transaction of an entry: whom the network owes a link because of it.

Durable with the entry, so no crash between the two leaves a person waiting for a message.
"""

import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, delete, insert, select

from cloud_bridge.envelopes.model import PartyState
from cloud_bridge.envelopes.statements import Forwarded, Reminded, Sent, Signed
from cloud_bridge.network.persons.model import Cause
from cloud_bridge.network.records.recording import New
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.network.store.schema import invitation


def owe(connection: Connection, new: Sequence[New]) -> None:
    """Note who is to be brought a link because of these entries."""
    for each in new:
        for party, cause in _called(each):
            _note(connection, each, party, cause)


def _called(new: New) -> Iterator[tuple[PartyState, Cause]]:
    act = new.statement.act
    match act:
        case Sent() | Signed() | Forwarded():
            cause: Cause = "forwarded" if isinstance(act, Forwarded) else "turn"
            for each in new.state.parties:
                # Whoever got its turn, or took another's place, by this very entry.
                if each.state == "its-turn" and each.at == new.state.at and _is_brought(each):
                    yield each, cause
        case Reminded(party=name):
            reminded = new.state.party(name)
            if reminded is not None and _is_brought(reminded):
                yield reminded, "reminder"
        case _:
            pass


def _is_brought(each: PartyState) -> bool:
    return each.party.kind == "person" and not each.party.copy and each.party.bring_link


def _note(connection: Connection, new: New, each: PartyState, cause: Cause) -> None:
    envelope, party = new.state.terms.envelope, each.party
    pending = (
        (invitation.c.envelope == envelope)
        & (invitation.c.party == party.id)
        & invitation.c.due_at.is_not(None)
    )
    if cause == "reminder" and connection.scalar(select(invitation.c.id).where(pending)):
        return  # one message that is on its way says it as well
    connection.execute(delete(invitation).where(pending))
    assert new.state.at is not None  # noqa: S101 - an entry was added
    connection.execute(
        insert(invitation).values(
            id=str(uuid.uuid4()),
            envelope=envelope,
            party=party.id,
            account=party.account,
            cause=cause,
            tries=0,
            due_at=microseconds(new.state.at),
            link="",
        )
    )
