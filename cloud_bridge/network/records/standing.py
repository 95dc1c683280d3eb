"""How far envelopes are, kept in memory, so that a statement need not fold the whole record again.

Used on the lane's thread by what writes, and on the event loop by what only looks.
"""

import threading
from collections import OrderedDict
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select

from cloud_bridge.envelopes.chain import Entry, parse_link
from cloud_bridge.envelopes.state import EnvelopeState, apply, begin
from cloud_bridge.envelopes.statements import parse
from cloud_bridge.network.store.schema import entry, envelope

_MOST: Final = 4096
_LOOK: Final = select(envelope.c.terms, envelope.c.sequence, envelope.c.head).where(
    envelope.c.id == bindparam("id")
)
_LOOK_AND_HOLD: Final = _LOOK.with_for_update()
_SINCE: Final = (
    select(entry.c.entry)
    .where(entry.c.envelope == bindparam("id"), entry.c.sequence > bindparam("after"))
    .order_by(entry.c.sequence)
)
_entries = msgspec.json.Decoder(Entry)


class Standings:
    """The states of the envelopes that were used last; the rows decide."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, EnvelopeState] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, state: EnvelopeState) -> None:
        """Remember what is committed."""
        envelope = state.terms.envelope
        with self._lock:
            there = self._kept.get(envelope)
            if there is None or there.sequence < state.sequence:
                self._kept[envelope] = state
            self._kept.move_to_end(envelope)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)

    def kept(self, envelope: str) -> EnvelopeState | None:
        """What is remembered; another node may have gone on."""
        with self._lock:
            state = self._kept.get(envelope)
            if state is not None:
                self._kept.move_to_end(envelope)
            return state

    def look(
        self, connection: Connection, envelope: str, *, hold: bool = False
    ) -> EnvelopeState | None:
        """As the rows have it; None: there is no such envelope.

        Args:
            connection: to the rows.
            envelope: its id.
            hold: keep other nodes from it until the transaction ends.
        """
        row = connection.execute(_LOOK_AND_HOLD if hold else _LOOK, {"id": envelope}).one_or_none()
        if row is None:
            return None
        state = self.kept(envelope)
        if state is None or state.sequence > row.sequence:
            state = begin(row.terms)
        elif state.sequence == row.sequence and state.head == row.head:
            return state
        return _folded(connection, state)


def _folded(connection: Connection, state: EnvelopeState) -> EnvelopeState:
    since = {"id": state.terms.envelope, "after": state.sequence}
    for written in connection.scalars(_SINCE, since):
        told = _entries.decode(written)
        state = apply(state, parse(told.signed), at=parse_link(told).at, hash=told.hash)
    return state
