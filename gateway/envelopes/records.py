"""What our copies of records make of envelopes. What is folded was verified when it was written."""

from collections import OrderedDict
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from cloud_bridge.envelopes import state as folding
from cloud_bridge.envelopes.chain import Entry, parse_link
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import parse
from gateway.store.rows.envelopes import EntryRow, EnvelopeReader, EnvelopeRow, entries_of

_MOST = 2048
_entry = msgspec.json.Decoder(Entry)


class Records:
    """States of our companies' envelopes, folded as far as the database has come."""

    def __init__(self, reader: EnvelopeReader, *, most: int = _MOST) -> None:
        """Remember the states of `most` envelopes, so that only what is new is folded."""
        self._reader = reader
        self._most = most
        self._known: OrderedDict[tuple[str, str], EnvelopeState] = OrderedDict()

    async def state(self, organisation: str, envelope: str) -> EnvelopeState | None:
        """How far an envelope has come, as we have it; None: we have none of this id."""
        key = (organisation, envelope)
        state = self._known.get(key)
        if state is None:
            row = await self._reader.by_id(organisation, envelope)
            if row is None:
                return None
            state, sequence = folding.begin(row.terms), row.sequence
        else:
            # Of what is known only that is asked which changes: the terms never do.
            found = await self._reader.sequence(organisation, envelope)
            if found is None:
                return None
            sequence = found
        if state.sequence < sequence:
            rows = await self._reader.entries(organisation, envelope, after=state.sequence)
            state = _folded(state, rows)
        self._known[key] = state
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return state

    async def entries(self, organisation: str, envelope: str) -> tuple[Entry, ...]:
        """Our copy of a record."""
        rows = await self._reader.entries(organisation, envelope)
        return tuple(_entry.decode(row.entry) for row in rows)


def state_now(connection: Connection, row: EnvelopeRow) -> EnvelopeState:
    """How far an envelope has come within a unit of work, folded from its beginning."""
    return _folded(folding.begin(row.terms), entries_of(connection, row.organisation, row.id))


def _folded(state: EnvelopeState, rows: Iterable[EntryRow]) -> EnvelopeState:
    for each in rows:
        entry = _entry.decode(each.entry)
        state = folding.apply(state, parse(entry.signed), at=parse_link(entry).at, hash=each.hash)
    return state
