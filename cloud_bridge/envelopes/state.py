"""What an envelope's state is: a fold over its terms and its entries, and nothing else.

The network, each gateway and whoever verifies a transcript fold by this same code; so there is one
answer to whose turn it is and what may be said. Pure: moments are given. `allow` is in `rules`, who
may sign in `turns`, what a signature must hold in `signing_rules`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from cloud_bridge.envelopes.chain import terms_digest
from cloud_bridge.envelopes.model import PEN, EnvelopeState, PartyState, Pen, Status
from cloud_bridge.envelopes.rules import MOST_ENTRIES, OF_THE_NETWORK, allow
from cloud_bridge.envelopes.statements import (
    Acknowledged,
    Act,
    Began,
    Claimed,
    Completed,
    Copied,
    Declined,
    Expired,
    Forwarded,
    Opened,
    Reminded,
    Revision,
    Sent,
    Signed,
    Statement,
    Voided,
    Withdrawn,
)
from cloud_bridge.envelopes.terms import read_terms
from cloud_bridge.envelopes.turns import give_turns, may_sign
from cloud_bridge.model import Party

__all__ = [
    "MOST_ENTRIES",
    "OF_THE_NETWORK",
    "PEN",
    "EnvelopeState",
    "PartyState",
    "Pen",
    "Status",
    "allow",
    "apply",
    "begin",
    "due",
    "may_sign",
]

_replace: Final = msgspec.structs.replace


def begin(terms: bytes) -> EnvelopeState:
    """Before the first entry.

    Raises:
        NotAllowedError: `senseless`: nobody could sign such terms, see `terms.read_terms`.
    """
    read = read_terms(terms)
    return EnvelopeState(
        terms=read,
        terms_digest=terms_digest(terms),
        status="draft",
        sequence=0,
        head="",
        at=None,
        parties=tuple(
            PartyState(party=each, state="copy" if each.copy else "waiting")
            for each in read.parties
        ),
        current={each.name: each.digest for each in read.documents},
        revisions={each.name: () for each in read.documents},
        pen=None,
        acknowledged={},
        statement_ids={},
        hashes=(),
        substance=0,
    )


def apply(
    state: EnvelopeState,
    statement: Statement,
    *,
    at: datetime,
    hash: str,  # noqa: A002
) -> EnvelopeState:
    """The state after the statement became the next entry. It must be allowed: see `allow`.

    Args:
        state: before it.
        statement: what was said.
        at: when the network received it.
        hash: of the entry that it became, hex.
    """
    sequence = state.sequence + 1
    changes = _changes(state, statement, at, sequence)
    if not isinstance(statement.act, Acknowledged):
        changes["substance"] = sequence
    return _replace(
        state,
        sequence=sequence,
        head=hash,
        at=at,
        statement_ids={**state.statement_ids, statement.id: sequence},
        hashes=(*state.hashes, hash),
        **changes,
    )


def due(state: EnvelopeState, *, at: datetime) -> Act | None:
    """What the network itself must state now: that everybody has signed, or that time is over."""
    if state.status != "signing":
        return None
    if not state.missing:
        return Completed(final=dict(state.current))
    return Expired() if at >= state.terms.expires_at else None


def _changes(  # noqa: C901, PLR0911, PLR0912 - one line a kind of act reads best in one place
    state: EnvelopeState, statement: Statement, at: datetime, sequence: int
) -> dict[str, Any]:
    act = statement.act
    match act:
        case Sent():
            return {"status": "signing", "parties": give_turns(state.parties, at=at)}
        case Opened():
            return {"parties": _opened(state, statement.party, at)}
        case Began():
            return {"pen": Pen(party=statement.party, at=at)}
        case Claimed():
            each = _of(state, statement.party)
            party = _replace(each.party, name=act.name) if act.name else each.party
            return {"parties": _with(state, each.party.id, claimed=act, party=party)}
        case Signed():
            return _signed(state, statement.party, act, at)
        case Declined():
            parties = _with(state, statement.party, state="declined", at=at)
            return {"parties": parties, "status": "declined", "pen": None}
        case Withdrawn():
            return {"status": "withdrawn", "pen": None}
        case Forwarded():
            return _forwarded(state, statement.party, act, at)
        case Copied():
            copy = Party(
                id=f"copy-{sequence}:{act.account}",
                kind=act.kind,
                account=act.account,
                name=act.name,
                copy=True,
            )
            return {"parties": (*state.parties, PartyState(party=copy, state="copy"))}
        case Reminded():
            return {}
        case Expired():
            return {"status": "expired", "pen": None}
        case Completed():
            return {"status": "completed"}
        case Voided():
            return {"status": "voided"}
        case Acknowledged():
            return {"acknowledged": {**state.acknowledged, statement.author: act.sequence}}


def _opened(state: EnvelopeState, party: str, at: datetime) -> tuple[PartyState, ...]:
    if _of(state, party).state == "copy":
        return _with(state, party, at=at)
    return _with(state, party, state="opened", at=at)


def _signed(state: EnvelopeState, party: str, act: Signed, at: datetime) -> dict[str, Any]:
    group = _of(state, party).party.any_of
    parties = tuple(
        _replace(each, state="stood-for", at=at)
        if group is not None and each.missing and each.party.any_of == group
        else each
        for each in _with(state, party, state="signed", at=at)
    )
    return {
        "parties": give_turns(parties, at=at),
        "current": {each.document: each.digest for each in act.revisions},
        "revisions": _longer(state.revisions, act.revisions),
        "pen": None,
    }


def _longer(
    revisions: Mapping[str, tuple[Revision, ...]], new: tuple[Revision, ...]
) -> dict[str, tuple[Revision, ...]]:
    return {**revisions, **{each.document: (*revisions[each.document], each) for each in new}}


def _forwarded(state: EnvelopeState, party: str, act: Forwarded, at: datetime) -> dict[str, Any]:
    each = _of(state, party)
    changes: dict[str, Any] = {
        "parties": _with(
            state,
            party,
            party=_replace(each.party, account=act.account, name=act.name),
            state="waiting" if each.state == "waiting" else "its-turn",
            at=at,
        )
    }
    if state.pen is not None and state.pen.party == party:
        changes["pen"] = None
    return changes


def _of(state: EnvelopeState, party: str) -> PartyState:
    return next(each for each in state.parties if each.party.id == party)


def _with(envelope: EnvelopeState, one: str, /, **changes: Any) -> tuple[PartyState, ...]:  # noqa: ANN401
    return tuple(
        _replace(each, **changes) if each.party.id == one else each for each in envelope.parties
    )
