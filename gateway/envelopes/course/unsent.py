"""What we owe in an envelope and cannot send now: what it waits for, and when it is tried again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from cloud_bridge.envelopes.state import EnvelopeState
from gateway.envelopes.carriage.carrying import Bridge
from gateway.envelopes.course.turning import Paused
from gateway.envelopes.ground import Ground
from gateway.envelopes.keeping.troubles import NARROW, NO_CARD, NO_ROOM, REFUSED, troubles_in
from gateway.jobs.outcomes import Later, Reason

_FOR_A_CARD: Final = timedelta(minutes=5)
_FOR_ROOM: Final = timedelta(minutes=15)
"""Longer: each try may take all of a document there, of each envelope that waits."""
_WORDS: Final = {
    f"{REFUSED}{NO_ROOM}": "It waits for room at the network",
    NARROW: "It waits for IT to let it through to the network",
}


async def waits_for(ground: Ground, bridge: Bridge, envelope: str) -> Paused | None:
    """What keeps it here that no feed tells the end of; None: nothing, or it is held or over.

    A partner's card is published when its gateway starts, room is made by the network's operator,
    a proxy's limit raised by IT: of none of these anybody hears until it is tried again.
    """
    organisation = bridge.member.organisation
    row = await ground.envelopes.by_id(organisation, envelope)
    state = await bridge.state(envelope)
    if row is None or state is None or row.status not in ("sending", "signing"):
        return None
    troubles = dict(troubles_in(row))
    found = _card(ground, state, troubles) if row.status == "sending" else None
    # A trouble stays until something has gone out, which another may keep from it.
    if found is None and await ground.owed.of_envelope(organisation, envelope):
        found = _way(row.status, troubles)
    return found or (Paused("send", "") if row.status == "sending" else None)


def _card(ground: Ground, state: EnvelopeState, troubles: Mapping[str, str]) -> Paused | None:
    why = troubles.get(NO_CARD)
    if why is None or all(ground.cards.newest(each) is not None for each in state.organisations):
        return None
    words = f"It waits for a partner's card, and is tried again every five minutes: {why}"
    return Paused("send", words, Later(reason=Reason(type=NO_CARD, detail=why), after=_FOR_A_CARD))


def _way(status: str, troubles: Mapping[str, str]) -> Paused | None:
    for type_, words in _WORDS.items():
        if type_ in troubles:
            why = troubles[type_]
            return Paused(
                "send" if status == "sending" else "wait-for-network",
                f"{words}, and is tried again every quarter of an hour: {why}",
                Later(reason=Reason(type=type_, detail=why), after=_FOR_ROOM),
            )
    return None
