"""Approvals that ended long ago are forgotten; the audit log keeps that they were."""

from datetime import datetime

from sqlalchemy import BindParameter, bindparam, delete, select

from gateway.approvals import records
from gateway.audit.log import AuditLog
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.moments import microseconds
from gateway.store.engines.pieces import in_pieces
from gateway.store.schema import approval, approval_concern, approval_statement

_AT_ONCE = 500
_ended = select(approval.c.id).where(approval.c.expires_at < bindparam("before")).limit(_AT_ONCE)
_ids: BindParameter[str] = bindparam("ids", expanding=True)
_forget = delete(approval).where(approval.c.id.in_(_ids))
_forget_concerns = delete(approval_concern).where(approval_concern.c.approval.in_(_ids))
_forget_statements = delete(approval_statement).where(approval_statement.c.approval.in_(_ids))


async def prune(lane: WriterLane, audit: AuditLog, *, before: datetime, at: datetime) -> int:
    """Delete what ended earlier, a little at a time; gives how many approvals there were.

    Whatever became of an approval, it ends at its `expires_at`: until then nothing else remembers
    that it was used, or that an OA system's token came. The log says in the same transactions that
    they went, or whoever verifies it would take them for removed by hand.

    Raises:
        StoreProblem: the database could not be written; what was deleted is.
    """
    # The log has ends in whole seconds; in these, what is before is the same for both.
    before = before.replace(microsecond=0)
    return await in_pieces(lane, lambda unit: _prune_some(unit, audit, before, at), most=_AT_ONCE)


def _prune_some(transaction: Transaction, audit: AuditLog, before: datetime, at: datetime) -> int:
    found = transaction.connection.execute(_ended, {"before": microseconds(before)})
    ids = list(found.scalars())
    if ids:
        record = records.forgotten(before=before, approvals=len(ids), at=at)
        audit.append(transaction, record)
        transaction.connection.execute(_forget_concerns, {"ids": ids})
        transaction.connection.execute(_forget_statements, {"ids": ids})
        transaction.connection.execute(_forget, {"ids": ids})
    return len(ids)
