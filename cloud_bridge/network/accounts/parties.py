"""Who may take part in an envelope: accounts that are there, and companies by their own names."""

from sqlalchemy import Connection, select

from cloud_bridge.envelopes.statements import Copied, Forwarded
from cloud_bridge.envelopes.terms import is_line
from cloud_bridge.model import Party, PartyKind
from cloud_bridge.names import misnamed
from cloud_bridge.network.problems import AccountUnknownProblem, PartyNameProblem
from cloud_bridge.network.store import schema


def joining(act: Forwarded | Copied, kind: PartyKind) -> Party:
    """Who takes part from now on, by what is said."""
    return Party(id=act.account, kind=kind, account=act.account, name=act.name)


def refuse_party(connection: Connection, party: Party) -> None:
    """See that a party is there, and is called what it is.

    Raises:
        AccountUnknownProblem: there is no such account.
        PartyNameProblem: the organisation is called otherwise.
    """
    if party.kind == "bearer":
        return
    if not is_line(party.account):
        raise AccountUnknownProblem(f"no {party.kind} has such an account: {party.account[:60]!r}")
    table = schema.organisation if party.kind == "organisation" else schema.person
    name = connection.scalar(select(table.c.name).where(table.c.id == party.account))
    if name is None:
        raise AccountUnknownProblem(f"there is no {party.kind} {party.account!r}")
    wrong = misnamed(party, [name])
    if wrong is not None:
        raise PartyNameProblem(wrong)
