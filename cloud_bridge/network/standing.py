"""How far envelopes are, kept in memory, so that a statement need not fold the whole record again.

Used on the lane's thread by what writes, and on the event loop by what only looks.
"""

import threading
from collections import OrderedDict
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from cloud_bridge.envelopes.chain import Entry, parse_link
from cloud_bridge.envelopes.state import EnvelopeState, apply, begin
from cloud_bridge.envelopes.statements import parse
from cloud_bridge.network.store import schema

_MOST: Final = 4096
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
        table = schema.envelope
        question = select(table.c.terms, table.c.sequence, table.c.head).where(
            table.c.id == envelope
        )
        row = connection.execute(question.with_for_update() if hold else question).one_or_none()
        if row is None:
            return None
        state = self.kept(envelope)
        if state is None or state.sequence > row.sequence:
            state = begin(row.terms)
        elif state.sequence == row.sequence and state.head == row.head:
            return state
        return _folded(connection, state)


def _folded(connection: Connection, state: EnvelopeState) -> EnvelopeState:
    table = schema.entry
    rows = connection.scalars(
        select(table.c.entry)
        .where(table.c.envelope == state.terms.envelope, table.c.sequence > state.sequence)
        .order_by(table.c.sequence)
    )
    for written in rows:
        entry = _entries.decode(written)
        state = apply(state, parse(entry.signed), at=parse_link(entry).at, hash=entry.hash)
    return state
