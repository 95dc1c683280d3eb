"""What the network says itself: signed with its key, under ids that nobody else can have taken."""

from datetime import datetime

from cloud_bridge.envelopes.state import OF_THE_NETWORK, EnvelopeState
from cloud_bridge.envelopes.statements import NETWORK, Act, SignedStatement, Statement
from cloud_bridge.keys import SigningKey, sign_statement


def own_id(id: str) -> str:  # noqa: A002 - the statement's own word
    """As a statement of the network's is called in the record."""
    return f"{OF_THE_NETWORK}{id}"


def own_statement(
    key: SigningKey,
    state: EnvelopeState,
    act: Act,
    *,
    party: str,
    id: str,  # noqa: A002 - the statement's own word
    at: datetime,
) -> SignedStatement:
    """A statement of the network's.

    Args:
        key: its own.
        state: of the envelope, before it.
        act: what is said.
        party: for whom; empty: for nobody.
        id: see `own_id`.
        at: the present moment.
    """
    statement = Statement(
        id=id,
        envelope=state.terms.envelope,
        terms=state.terms_digest,
        author=NETWORK,
        act=act,
        at=at,
        party=party,
        seen=state.sequence,
        head=state.head,
    )
    return sign_statement(statement, key, card=0)


def said_once(key: SigningKey, state: EnvelopeState, act: Act, *, at: datetime) -> SignedStatement:
    """The same of what the network says for nobody, and once an envelope, such as its end."""
    name = own_id(type(act).__name__.lower())
    return own_statement(key, state, act, party="", id=name, at=at)
