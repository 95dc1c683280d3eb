"""An envelope of ours that has not gone out: what it waits for, and when it is tried again."""

from datetime import timedelta
from typing import Final

from gateway.envelopes.carriage.carrying import Bridge
from gateway.envelopes.course.turning import Paused
from gateway.envelopes.ground import Ground
from gateway.envelopes.keeping.troubles import NO_CARD, troubles_in
from gateway.jobs.outcomes import Later, Reason

_ASKED_AGAIN: Final = timedelta(minutes=5)


async def waits_for(ground: Ground, bridge: Bridge, envelope: str) -> Paused | None:
    """What keeps it here that no feed tells the end of; None: it has gone out, or is held or over.

    A partner's card is published when its gateway starts, of which nobody hears until it is asked
    for again.
    """
    row = await ground.envelopes.by_id(bridge.member.organisation, envelope)
    state = await bridge.state(envelope)
    if row is None or state is None or row.status != "sending":
        return None
    why = dict(troubles_in(row)).get(NO_CARD, "")
    # The trouble stays until something has gone out, which another may keep from it.
    is_known = all(ground.cards.newest(each) is not None for each in state.organisations)
    if not why or is_known:
        return Paused("send", "")
    words = f"It waits for a partner's card, and is tried again every five minutes: {why}"
    return Paused("send", words, Later(reason=Reason(type=NO_CARD, detail=why), after=_ASKED_AGAIN))
