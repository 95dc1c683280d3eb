"""Whose turn it is, and who has the pen."""

from datetime import datetime

import msgspec

from cloud_bridge.envelopes.model import PEN, EnvelopeState, PartyState


def may_sign(state: EnvelopeState, *, at: datetime) -> tuple[str, ...]:
    """Whose turn it is and who is not kept off by the pen, by their ids in the envelope."""
    if state.status != "signing" or at >= state.terms.expires_at:
        return ()
    holder = holder_of_the_pen(state, at=at)
    return tuple(
        each.party.id
        for each in state.parties
        if each.has_its_turn and holder in {None, each.party.id}
    )


def holder_of_the_pen(state: EnvelopeState, *, at: datetime) -> str | None:
    """Who keeps the others of its turn from signing; None: nobody, or its time is over."""
    pen = state.pen
    return pen.party if pen is not None and at - pen.at < PEN else None


def give_turns(parties: tuple[PartyState, ...], *, at: datetime) -> tuple[PartyState, ...]:
    """Let the lowest turn of those who are missing have its turn."""
    turn = min((each.party.turn for each in parties if each.missing), default=None)
    return tuple(
        msgspec.structs.replace(each, state="its-turn", at=at)
        if each.state == "waiting" and each.party.turn == turn
        else each
        for each in parties
    )
