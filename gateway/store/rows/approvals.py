"""Rows of approvals, and of what each person said of one.

What a unit of work writes is seen by the units after it in the same transaction, though it reaches
the database only with the commit.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Engine, bindparam, select

from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds, moment
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.engines.statements import Row, RowStatement
from gateway.store.engines.upserts import upsert
from gateway.store.schema import approval, approval_concern, approval_statement

State = Literal["pending", "rejected", "used", "closed"]
Act = Literal["approve", "reject"]


class ApprovalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One use of a seal that people must approve. Digests are raw bytes, `asked` is encoded.

    `request_digest` is that of the whole act (`Use.act_digest`). `rule` is the one that asks; it is
    empty where nobody was asked, but an OA system's approval came with the request. `used_by` is
    the document that it was used for, `closed_for` why nobody is asked any more.
    """

    id: str
    state: State
    created_at: datetime
    expires_at: datetime
    system: str
    request_digest: bytes
    document_digest: bytes
    seal: str
    document_type: str
    rule: str
    bundle: str
    asked: bytes
    used_by: str | None = None
    closed_for: str = ""

    @property
    def is_from_oa(self) -> bool:
        """Whether an OA system made it, before anybody was asked here."""
        return not self.rule

    def is_open(self, at: datetime) -> bool:
        """Whether people may still say something, and it may still be used."""
        return self.state == "pending" and at < self.expires_at


class ApprovalStatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one person said of an approval, and the statement that was signed."""

    approval: str
    subject: str
    act: Act
    statement: str
    at: datetime
    audit_index: int


_COLUMNS = ApprovalRow.__struct_fields__  # the tables' columns, each under its own name
_STATEMENT_COLUMNS = ApprovalStatementRow.__struct_fields__
_put_approval = RowStatement(
    upsert(approval).on_conflict_do_update(
        index_elements=[approval.c.id],
        set_={name: upsert(approval).excluded[name] for name in ("state", "used_by", "closed_for")},
    ),
    *_COLUMNS,
    key=1,
)
_put_statement = RowStatement(
    upsert(approval_statement).on_conflict_do_update(
        index_elements=[approval_statement.c.approval, approval_statement.c.subject],
        set_={
            name: upsert(approval_statement).excluded[name]
            for name in ("act", "statement", "at", "audit_index")
        },
    ),
    *_STATEMENT_COLUMNS,
    key=2,
)
_put_concern = RowStatement(upsert(approval_concern).on_conflict_do_nothing(), "who", "approval")
_row = select(*(approval.c[name] for name in _COLUMNS))
_statement = select(*(approval_statement.c[name] for name in _STATEMENT_COLUMNS))
_by_id = _row.where(approval.c.id == bindparam("approval_id"))
_of_request = _row.where(
    approval.c.request_digest == bindparam("digest"), approval.c.seal == bindparam("seal_id")
).order_by(approval.c.id)
_pending_of_document = _row.where(
    approval.c.state == "pending", approval.c.document_digest == bindparam("digest")
).order_by(approval.c.id)
_newest = _row.order_by(approval.c.id.desc())
_newest_of_state = _newest.where(approval.c.state == bindparam("wanted"))
_concerning = (
    _row.join(approval_concern, approval_concern.c.approval == approval.c.id)
    .where(approval_concern.c.who == bindparam("concerned"))
    .order_by(approval_concern.c.approval.desc())
)
_concerning_of_state = _concerning.where(approval.c.state == bindparam("wanted"))
_statements = _statement.where(approval_statement.c.approval == bindparam("approval_id")).order_by(
    approval_statement.c.audit_index
)
_statement_of = _statement.where(
    approval_statement.c.approval == bindparam("approval_id"),
    approval_statement.c.subject == bindparam("subject_name"),
)
_MOMENTS = frozenset({"created_at", "expires_at", "at"})


def put_approval(transaction: Transaction, row: ApprovalRow) -> None:
    """Write a new row, or the state and use of one that is there."""
    transaction.later(_put_approval, _values(row))
    # A new mapping, because a unit that raises must leave the old one as it was.
    transaction.state[_put_approval] = {**_pending(transaction), row.id: row}


def put_concerned(transaction: Transaction, approval_id: str, concerned: Iterable[str]) -> None:
    """Write whom a new approval concerns, see `gateway.store.schema.approval_concern`."""
    for who in sorted(concerned):
        transaction.later(_put_concern, (who, approval_id))


def put_statement(transaction: Transaction, said: ApprovalStatementRow) -> None:
    """Write what somebody said; what they said before of the same approval counts no more."""
    transaction.later(_put_statement, _values(said))
    key = said.approval, said.subject
    transaction.state[_put_statement] = {**_pending_statements(transaction), key: said}


def statement_of(
    transaction: Transaction, *, approval_id: str, subject: str
) -> ApprovalStatementRow | None:
    """What somebody said last of an approval, as this transaction leaves it so far."""
    pending = _pending_statements(transaction).get((approval_id, subject))
    if pending is not None:
        return pending
    named = {"approval_id": approval_id, "subject_name": subject}
    rows = transaction.connection.execute(_statement_of, named).all()
    return _statement_row(rows[0]) if rows else None


def approval_by_id(transaction: Transaction, approval_id: str) -> ApprovalRow | None:
    """The row as this transaction leaves it so far."""
    pending = _pending(transaction).get(approval_id)
    if pending is not None:
        return pending
    rows = transaction.connection.execute(_by_id, {"approval_id": approval_id}).all()
    return _approval_row(rows[0]) if rows else None


def approvals_of(
    transaction: Transaction, *, request_digest: bytes, seal: str
) -> tuple[ApprovalRow, ...]:
    """All rows for a request and a seal, as this transaction leaves them so far, oldest first."""
    named = {"digest": request_digest, "seal_id": seal}
    rows = map(_approval_row, transaction.connection.execute(_of_request, named).all())
    found = {row.id: row for row in rows}
    found |= {
        row.id: row
        for row in _pending(transaction).values()
        if (row.request_digest, row.seal) == (request_digest, seal)
    }
    return tuple(sorted(found.values(), key=lambda row: row.id))


def pending_of_documents(
    transaction: Transaction, digests: Iterable[bytes]
) -> tuple[ApprovalRow, ...]:
    """All that wait, for one of these documents, as this transaction leaves them so far."""
    wanted = frozenset(digests)
    found = {
        row.id: row
        for digest in wanted
        for row in map(
            _approval_row,
            transaction.connection.execute(_pending_of_document, {"digest": digest}).all(),
        )
    }
    found |= {
        row.id: row for row in _pending(transaction).values() if row.document_digest in wanted
    }
    return tuple(row for _, row in sorted(found.items()) if row.state == "pending")


def statements_of(connection: Connection, approval_id: str) -> tuple[ApprovalStatementRow, ...]:
    """What was said of an approval and is committed, in order."""
    rows = connection.execute(_statements, {"approval_id": approval_id}).all()
    return tuple(map(_statement_row, rows))


class ApprovalReader:
    """Reads rows on connections that cannot write, see `gateway.store.engines.reading`."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._by_id = compiled(_by_id, engine)
        self._of_request = compiled(_of_request, engine)
        self._newest = compiled(_newest, engine, limited=True)
        self._newest_of_state = compiled(_newest_of_state, engine, limited=True)
        self._concerning = compiled(_concerning, engine, limited=True)
        self._concerning_of_state = compiled(_concerning_of_state, engine, limited=True)
        self._statements = compiled(_statements, engine)

    async def by_id(self, approval_id: str) -> ApprovalRow | None:
        """The approval of that id."""
        rows = await self._rows(self._by_id, approval_id)
        return rows[0] if rows else None

    async def of_request(self, *, request_digest: bytes, seal: str) -> tuple[ApprovalRow, ...]:
        """All for a request and a seal, oldest first."""
        return await self._rows(self._of_request, request_digest, seal)

    async def newest(self, *, most: int, state: State | None = None) -> tuple[ApprovalRow, ...]:
        """The newest ones, newest first, at most so many; of a state, if one is named."""
        if state is None:
            return await self._rows(self._newest, most)
        return await self._rows(self._newest_of_state, state, most)

    async def concerning(
        self, concerned: Iterable[str], *, most: int, state: State | None = None
    ) -> tuple[ApprovalRow, ...]:
        """The newest that concern one of these, newest first, at most so many of each.

        `concerned` as `gateway.store.schema.approval_concern` has them.
        """
        found: dict[str, ApprovalRow] = {}
        for who in concerned:
            if state is None:
                rows = await self._rows(self._concerning, who, most)
            else:
                rows = await self._rows(self._concerning_of_state, who, state, most)
            found |= {row.id: row for row in rows}
        return tuple(sorted(found.values(), key=lambda row: row.id, reverse=True))

    async def statements(self, approval_id: str) -> tuple[ApprovalStatementRow, ...]:
        """What was said of an approval, in order."""
        rows = await self._connection.rows(self._statements, (approval_id,))
        return tuple(map(_statement_row, rows))

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    async def _rows(self, query: str, *values: object) -> tuple[ApprovalRow, ...]:
        return tuple(map(_approval_row, await self._connection.rows(query, values)))


def _approval_row(values: Sequence[Any]) -> ApprovalRow:
    return ApprovalRow(**_read(_COLUMNS, values))


def _statement_row(values: Sequence[Any]) -> ApprovalStatementRow:
    return ApprovalStatementRow(**_read(_STATEMENT_COLUMNS, values))


def _read(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return {
        name: moment(value) if name in _MOMENTS else value
        for name, value in zip(names, values, strict=True)
    }


def _values(row: ApprovalRow | ApprovalStatementRow) -> Row:
    return tuple(
        microseconds(value) if isinstance(value, datetime) else value
        for value in msgspec.structs.astuple(row)
    )


def _pending(transaction: Transaction) -> Mapping[str, ApprovalRow]:
    found: Mapping[str, ApprovalRow] = transaction.state.get(_put_approval, {})
    return found


def _pending_statements(transaction: Transaction) -> Mapping[tuple[str, str], ApprovalStatementRow]:
    found: Mapping[tuple[str, str], ApprovalStatementRow] = transaction.state.get(
        _put_statement, {}
    )
    return found
