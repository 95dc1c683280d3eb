"""What a company of ours says of an envelope: signed, and the same again where it is the same.

The id of a statement follows from what it says, through the company's key: whoever says it a second
time after a crash says it under the same id, and nobody else can take the id before.
"""

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Act, SignedStatement, Statement
from cloud_bridge.keys import sign_statement
from cloud_bridge.model import Card
from gateway.envelopes.cards import Cards
from gateway.envelopes.errors import CardMissingProblem
from gateway.envelopes.ground import Member

_DOMAIN: Final = b"sealgate id of a statement v1\n"


def said(
    member: Member,
    card: Card,
    state: EnvelopeState,
    act: Act,
    *,
    at: datetime,
    party: str = "",
    about: str = "",
) -> SignedStatement:
    """A statement of a company of ours.

    Args:
        member: whose it is.
        card: by which it speaks.
        state: all that it has seen of the envelope.
        act: what is said.
        at: the present moment.
        party: for whom.
        about: tells this act from others of its kind in the envelope, such as what was signed upon.
    """
    statement = Statement(
        id=_id(member, state, act, party, about),
        envelope=state.terms.envelope,
        terms=state.terms_digest,
        author=member.organisation,
        party=party,
        act=act,
        at=at,
        seen=state.sequence,
        head=state.head,
    )
    return sign_statement(statement, member.signing_key, card=card.serial)


def own_card(cards: Cards, member: Member) -> Card:
    """The card by which a company of ours speaks.

    Raises:
        CardMissingProblem: it is not signed yet.
    """
    card = cards.newest(member.organisation)
    if card is None:
        raise CardMissingProblem(f"company {member.company!r} has no card yet")
    return card


def _id(member: Member, state: EnvelopeState, act: Act, party: str, about: str) -> str:
    tag = str(act.__struct_config__.tag)
    words = msgspec.json.encode([state.terms.envelope, tag, party, about])
    return hashlib.sha256(member.signing_key.sign(_DOMAIN + words)).hexdigest()[:40]
