"""Within one transaction: statements become entries, and whoever takes part is told.

All of this runs on the lane's thread. What is put off until the commit, and what is only known once
that is durable, is here too (`Companion`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, insert, update

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.record import append
from cloud_bridge.envelopes.state import EnvelopeState, begin, due
from cloud_bridge.envelopes.statements import Act, SignedStatement, Statement, Voided, parse
from cloud_bridge.errors import NotAllowedError, RecordBrokenError
from cloud_bridge.keys import SigningKey
from cloud_bridge.network.accounts.membership import tell
from cloud_bridge.network.problems import (
    ConflictProblem,
    EnvelopeUnknownProblem,
    NotAllowedProblem,
    StatementInvalidProblem,
)
from cloud_bridge.network.records.answering import at_once, between, entry_at
from cloud_bridge.network.records.feed import Feeds
from cloud_bridge.network.records.own_words import own_id, own_statement, said_once
from cloud_bridge.network.records.standing import Standings
from cloud_bridge.network.store import schema
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.wire import Taken

_encoder: Final = msgspec.json.Encoder()

_entry, _envelope = schema.entry, schema.envelope
_ADD: Final = insert(_entry)
_GO_ON: Final = (
    update(_envelope)
    .where(_envelope.c.id == bindparam("of"))
    .values(sequence=bindparam("sequence"), head=bindparam("head"), status=bindparam("status"))
)


@dataclass(frozen=True, slots=True)
class New:
    """An entry that this transaction adds.

    Attributes:
        state: after it.
        statement: what it says.
        told: organisation, envelope and sequence of everything that somebody is told because of it.
    """

    state: EnvelopeState
    statement: Statement
    told: tuple[tuple[str, str, int], ...]

    @property
    def tag(self) -> str:
        """The word for the act, such as `signed`."""
        return str(self.statement.act.__struct_config__.tag)

    @property
    def called(self) -> frozenset[str]:
        """Organisations that are told something besides what they have just said themselves."""
        own = (self.statement.author, self.state.sequence)
        return frozenset(who for who, _, sequence in self.told if (who, sequence) != own)


class Recording:
    """Adds entries; implements `Companion`.

    `tell` is called with what a transaction adds, last before its commit; `done` once it is
    durable, with how many entries came and the newest position of each organisation.
    """

    def __init__(
        self,
        *,
        key: SigningKey,
        feeds: Feeds,
        standings: Standings,
        is_shared: bool,
        tell: Callable[[Connection, list[New]], None],
        done: Callable[[list[New], dict[str, int]], None],
    ) -> None:
        self._key = key
        self._feeds = feeds
        self._standings = standings
        self._is_shared = is_shared
        self._tell = tell
        self._done = done
        self._new: list[New] = []
        self._states: dict[str, EnvelopeState] = {}
        self._newest: dict[str, int] = {}

    def send(
        self, connection: Connection, terms: bytes, signed: SignedStatement, key: str, at: datetime
    ) -> Taken:
        """The first entry of a new envelope. The caller has looked at contents and accounts.

        Raises:
            NotAllowedProblem, StatementInvalidProblem: see there.
        """
        state = begun(terms)
        told = state.terms
        connection.execute(
            insert(schema.envelope).values(
                id=told.envelope,
                terms=terms,
                initiator=told.initiator,
                mode=told.mode,
                status=state.status,
                sequence=0,
                head="",
                expires_at=microseconds(told.expires_at),
            )
        )
        entry, after = self._append(connection, state, signed, key, at)
        return Taken.of(entry, after=after)

    def take(
        self, connection: Connection, signed: SignedStatement, key: str, at: datetime
    ) -> Taken:
        """The next entry of an envelope, or the one that the same statement became before.

        With it comes what its author may not have, see `Taken`.

        Raises:
            EnvelopeUnknownProblem, NotAllowedProblem, StatementInvalidProblem, ConflictProblem:
                see there.
        """
        statement = parse(signed)
        state = self.state(connection, statement.envelope)
        if state is None:
            raise EnvelopeUnknownProblem(f"there is no envelope {statement.envelope!r}")
        if statement.id in state.statement_ids:
            return self.earlier(connection, state, statement)
        entry, after = self._append(connection, state, signed, key, at)
        before = between(connection, statement, state.sequence + 1)
        return Taken.of(entry, before=before, after=after)

    def say(
        self,
        connection: Connection,
        envelope: str,
        act: Act,
        *,
        party: str,
        id: str,  # noqa: A002 - the statement's own word
        account: str = "",
        at: datetime,
    ) -> Entry:
        """The network's own word, for a party while it is of an account; raises as `take` does."""
        id = own_id(id)  # noqa: A001 - as it is in the record
        state = self.state(connection, envelope)
        if state is None:
            raise EnvelopeUnknownProblem(f"there is no envelope {envelope!r}")
        if id in state.statement_ids:
            return entry_at(connection, envelope, state.statement_ids[id])
        each = state.party(party)
        if account and (each is None or each.party.account != account):
            raise NotAllowedProblem(
                f"envelope {envelope}: another is asked for party {party!r} now",
                reason="not-its-turn",
            )
        signed = own_statement(self._key, state, act, party=party, id=id, at=at)
        entry, _ = self._append(connection, state, signed, self._key.public, at)
        return entry

    def state(self, connection: Connection, envelope: str) -> EnvelopeState | None:
        """An envelope within this transaction; on a shared database held against other nodes."""
        state = self._states.get(envelope)
        if state is None and not self._is_shared:
            state = self._standings.kept(envelope)
        if state is None:
            state = self._standings.look(connection, envelope, hold=self._is_shared)
            if state is not None and not self._is_shared:
                self._standings.keep(state)
        return state

    def earlier(self, connection: Connection, state: EnvelopeState, statement: Statement) -> Taken:
        """The entry that a statement of this id became; ConflictProblem: it said something else."""
        sequence = state.statement_ids[statement.id]
        entry = entry_at(connection, statement.envelope, sequence)
        before = parse(entry.signed)
        if (before.author, before.party, before.act) != (
            statement.author,
            statement.party,
            statement.act,
        ):
            raise ConflictProblem(f"statement {statement.id!r} said something else, {sequence=}")
        return Taken.of(
            entry,
            before=between(connection, statement, sequence),
            after=at_once(connection, statement.envelope, sequence, entry),
        )

    def _append(
        self,
        connection: Connection,
        state: EnvelopeState,
        signed: SignedStatement,
        key: str,
        at: datetime,
    ) -> tuple[Entry, list[Entry]]:
        """Its entry, and those of what the network must say because of it."""
        after, entry = self._added(connection, state, signed, key, at)
        dues = []
        while (act := due(after, at=at)) is not None:
            own = said_once(self._key, after, act, at=at)
            after, said = self._added(connection, after, own, self._key.public, at)
            dues.append(said)
        if after.status == "completed" and state.status != "completed":
            self._void(connection, after, at)
        return entry, dues

    def _void(self, connection: Connection, agreement: EnvelopeState, at: datetime) -> None:
        """The cancellation agreement is complete: say so where it counts."""
        if agreement.terms.voids is None:
            return
        voided = self.state(connection, agreement.terms.voids)
        if voided is None or voided.status != "completed":
            return
        act = Voided(by=agreement.terms.envelope)
        own = said_once(self._key, voided, act, at=at)
        self._added(connection, voided, own, self._key.public, at)

    def _added(
        self,
        connection: Connection,
        state: EnvelopeState,
        signed: SignedStatement,
        key: str,
        at: datetime,
    ) -> tuple[EnvelopeState, Entry]:
        try:
            after, entry = append(state, signed, at=at, network=self._key, author_key=key)
        except NotAllowedError as error:
            raise NotAllowedProblem(str(error), reason=error.reason) from error
        except RecordBrokenError as error:
            raise StatementInvalidProblem(f"{error} ({error.fault})") from error
        statement = parse(signed)
        envelope = after.terms.envelope
        written = _encoder.encode(entry)
        row = {"envelope": envelope, "sequence": after.sequence, "entry": written}
        connection.execute(_ADD, row)
        gone = {"sequence": after.sequence, "head": after.head, "status": after.status}
        connection.execute(_GO_ON, {"of": envelope, **gone})
        self._states[envelope] = after
        told = tell(connection, state, after)
        self._new.append(New(after, statement, told))
        return after, entry

    def mark(self) -> int:
        """See `Companion`."""
        return len(self._new)

    def undo(self, mark: int) -> None:
        """See `Companion`."""
        del self._new[mark:]
        self._states = {each.state.terms.envelope: each.state for each in self._new}
        self._newest = {}

    def flush(self, connection: Connection) -> None:
        """See `Companion`."""
        if self._new:
            told = [each for new in self._new for each in new.told]
            self._tell(connection, self._new)
            self._newest = self._feeds.add(connection, told)

    def committed(self) -> None:
        """See `Companion`."""
        new, newest = self._new, self._newest
        self._new, self._states, self._newest = [], {}, {}
        for each in new:
            self._standings.keep(each.state)
        if new:
            self._done(new, newest)


def begun(terms: bytes) -> EnvelopeState:
    """The terms, before anything was said; NotAllowedProblem: they are none that can be signed."""
    try:
        return begin(terms)
    except NotAllowedError as error:
        raise NotAllowedProblem(str(error), reason=error.reason) from error
