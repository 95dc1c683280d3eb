"""Rows of jobs: what the queue asks of the database.

Written so that both engines understand it. The state `waiting` stands in the queries as it is, and
not as a parameter, because only then does SQLite use the index of what waits.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)

from gateway.store.engines.lane import Transaction
from gateway.store.engines.statements import PlainStatement, RowStatement
from gateway.store.engines.upserts import upsert
from gateway.store.interfaces import Rows
from gateway.store.schema import job, job_turn


class NewJobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it is enqueued. Moments are Unix µs; `not_before` 0: at once."""

    kind: str
    key: str
    share: str
    subject: str
    payload: bytes
    priority: int
    not_before: int
    created_at: int
    state: str = "waiting"


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A job that may be claimed."""

    id: int
    fence: int
    attempt: int
    kind: str
    key: str
    share: str
    subject: str
    payload: bytes


_COLUMNS = NewJobRow.__struct_fields__
_put = RowStatement(
    upsert(job).on_conflict_do_nothing(index_elements=[job.c.kind, job.c.key]), *_COLUMNS
)
_delete = RowStatement(
    text(
        "WITH ended (id, fence) AS (VALUES (:id, :fence)) "
        "DELETE FROM job WHERE (id, fence) IN (SELECT id, fence FROM ended)"
    ),
    "id",
    "fence",
)
_BACK = (
    "WITH back (id, fence, due, tried{column}) AS (VALUES (:id, :fence, :due, :tried{value})) "
    "UPDATE job SET state = {state}, fence = job.fence + 1, not_before = back.due, "
    "attempt = job.attempt - 1 + back.tried, reason = {reason}, holder = NULL, "
    "lease_until = NULL FROM back WHERE job.id = back.id AND job.fence = back.fence"
)
_NAMES = ("id", "fence", "due", "tried")
# PostgreSQL does not know of what type a column is that holds nothing, so it is left out.
_SILENT = {"column": "", "value": "", "reason": "job.reason"}
_TOLD = {"column": ", why", "value": ", :why", "reason": "back.why"}
_put_back_silently = RowStatement(text(_BACK.format(state="job.at_rest", **_SILENT)), *_NAMES)
_put_back = RowStatement(text(_BACK.format(state="job.at_rest", **_TOLD)), *_NAMES, "why")
_bury = RowStatement(text(_BACK.format(state="'dead'", **_TOLD)), *_NAMES, "why")

_is_waiting = job.c.state == literal_column("'waiting'")
_is_leased = job.c.state == literal_column("'leased'")
# Locked: claims of other nodes take no turn, and must not take what is just being ended.
_fence = PlainStatement(select(job.c.fence).where(job.c.id == bindparam("which")).with_for_update())
_next_priority = PlainStatement(
    select(func.min(job.c.priority)).where(
        _is_waiting, job.c.kind == bindparam("kind"), job.c.priority > bindparam("above")
    )
)
_of_priority = (
    _is_waiting,
    job.c.kind == bindparam("kind"),
    job.c.priority == bindparam("level"),
)
_first = select(func.min(job.c.share).label("share")).where(*_of_priority)
_found = _first.cte("shares", recursive=True)
_following = select(func.min(job.c.share)).where(*_of_priority, job.c.share > _found.c.share)
_found = _found.union_all(select(_following.scalar_subquery()).where(_found.c.share.is_not(None)))
_shares = PlainStatement(select(_found.c.share).where(_found.c.share.is_not(None)))
"""From one share to the next by the index, however many jobs wait in each."""

_waiting = (
    select(*(job.c[name] for name in WaitingRow.__struct_fields__))
    .where(*_of_priority, job.c.share == bindparam("of"))
    .limit(bindparam("most"))
    .offset(bindparam("beyond"))
    .with_for_update(skip_locked=True)
)
_at_once = PlainStatement(_waiting.where(job.c.not_before == 0).order_by(job.c.id))
_due = PlainStatement(
    _waiting.where(job.c.not_before > 0, job.c.not_before <= bindparam("at")).order_by(
        job.c.not_before, job.c.id
    )
)
_first_waiting = (
    select(job.c.created_at)
    .where(*_of_priority, job.c.share == bindparam("of"), job.c.not_before == 0)
    .order_by(job.c.id)
    .limit(1)
)
_leasing = update(job).values(
    state="leased",
    fence=job.c.fence + 1,
    attempt=job.c.attempt + 1,
    holder=bindparam("whose"),
    lease_until=bindparam("end"),
)
_lease = _leasing.where(job.c.id.in_(bindparam("those", expanding=True)))
_lease_one = PlainStatement(_leasing.where(job.c.id == bindparam("which")))
_held = select(job.c.id, job.c.fence).where(
    job.c.id.in_(bindparam("those", expanding=True)), _is_leased
)
_prolong = (
    update(job)
    .where(job.c.id.in_(bindparam("those", expanding=True)))
    .values(lease_until=bindparam("end"))
)
_take_back = update(job).values(state=job.c.at_rest, holder=None, lease_until=None)
_take_back_late = PlainStatement(_take_back.where(_is_leased, job.c.lease_until <= bindparam("at")))
_take_back_all = _take_back.where(_is_leased)
_take_back_of = _take_back.where(_is_leased, job.c.holder == bindparam("whose"))
_bring_forward = update(job).where(job.c.not_before > bindparam("beyond")).values(not_before=0)
_of_subject = job.c.subject == bindparam("whose")
_TURNED = {
    "paused": ("waiting",),
    "waiting": ("paused",),
    "cancelled": ("waiting", "paused"),
}
"""Which jobs are turned into a state of rest."""
_FEW = 4
"""So many are leased one by one: for more, a statement of that length is worth its making."""
_MOST_TURNED = 2000
"""At once, so that callers do not wait until all of a large batch is turned."""

_put_turn = insert(job_turn)
_drop_turn = delete(job_turn).where(job_turn.c.subject == bindparam("whose"))
_share_of = select(job.c.share).where(_of_subject).limit(1)
_turn_of = select(job_turn.c.rest).where(job_turn.c.subject == bindparam("whose"))


def put_jobs(transaction: Transaction, rows: Sequence[NewJobRow]) -> None:
    """Add them; those whose kind and key are there stay as they are."""
    for row in rows:
        transaction.later(_put, msgspec.structs.astuple(row))


def fence_of(connection: Connection, job_id: int) -> int | None:
    """The job's fence; None when there is no such job any more."""
    found = _fence.first(connection, {"which": job_id})
    return None if found is None else int(found[0])


def delete_job(transaction: Transaction, job_id: int, fence: int) -> None:
    """Delete it, with the commit, if it still has this fence."""
    transaction.later(_delete, (job_id, fence))


def put_back(
    transaction: Transaction,
    job_id: int,
    fence: int,
    *,
    not_before: int,
    reason: bytes | None,
    counts: bool,
) -> None:
    """Let it rest, with the commit, if it still has this fence; the fence rises.

    `counts` tells whether the attempt counts; without a reason the last one stays.
    """
    row = (job_id, fence, not_before, int(counts))
    if reason is None:
        transaction.later(_put_back_silently, row)
    else:
        transaction.later(_put_back, (*row, reason))


def bury_job(transaction: Transaction, job_id: int, fence: int, *, reason: bytes) -> None:
    """Make a dead letter of it, with the commit, if it still has this fence; the fence rises."""
    transaction.later(_bury, (job_id, fence, 0, 1, reason))


def priorities(connection: Connection, kind: str) -> list[int]:
    """The priorities at which jobs of a kind wait, the first first."""
    found: list[int] = []
    above = -(2**15)
    while True:
        ((level,),) = _next_priority.rows(connection, {"kind": kind, "above": above})
        if level is None:
            return found
        found.append(level)
        above = level


def shares(connection: Connection, kind: str, priority: int) -> list[str]:
    """The shares that have waiting jobs of a priority, due or not, sorted as the database sorts."""
    return [share for (share,) in _shares.rows(connection, {"kind": kind, "level": priority})]


def jobs_at_once(
    connection: Connection, kind: str, priority: int, share: str, *, most: int, beyond: int
) -> list[WaitingRow]:
    """Of a share, those that may be claimed at once, in the order of their ids, `beyond` the first.

    Where other nodes claim too, those that they have in hand are passed over.
    """
    named = {"kind": kind, "level": priority, "of": share, "most": most, "beyond": beyond}
    return _waiting_rows(_at_once.rows(connection, named))


def jobs_due(
    connection: Connection,
    kind: str,
    priority: int,
    share: str,
    *,
    at: int,
    most: int,
    beyond: int,
) -> list[WaitingRow]:
    """As `jobs_at_once`, those whose moment has come."""
    named = {"kind": kind, "level": priority, "of": share, "most": most, "beyond": beyond, "at": at}
    return _waiting_rows(_due.rows(connection, named))


def first_waiting(connection: Connection, kind: str, priority: int, share: str) -> int | None:
    """When the oldest job of a share was enqueued that may be claimed at once; Unix µs."""
    named = {"kind": kind, "level": priority, "of": share}
    found: int | None = connection.execute(_first_waiting, named).scalar()
    return found


def lease_jobs(connection: Connection, ids: Sequence[int], *, holder: str, until: int) -> None:
    """Lease waiting jobs: fence and attempt rise by one."""
    if len(ids) > _FEW:
        connection.execute(_lease, {"those": ids, "whose": holder, "end": until})
        return
    for each in ids:
        _lease_one.run(connection, {"which": each, "whose": holder, "end": until})


def leased_among(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Those of the jobs that are leased, with their fences."""
    return {row.id: row.fence for row in connection.execute(_held, {"those": ids})}


def prolong(connection: Connection, ids: Sequence[int], *, until: int) -> None:
    """Move the end of leases."""
    connection.execute(_prolong, {"those": ids, "end": until})


def take_back_late(connection: Connection, *, at: int) -> int:
    """Let rest what was leased until `at` or earlier; gives how many. Fences stay."""
    return _take_back_late.run(connection, {"at": at})


def bring_forward(connection: Connection, *, beyond: int) -> None:
    """Let be due at once what was put off until after a moment, Unix µs."""
    connection.execute(_bring_forward, {"beyond": beyond})


def take_back_all(connection: Connection) -> int:
    """Let rest whatever is leased, by whomever; gives how many. Fences stay."""
    return connection.execute(_take_back_all).rowcount


def take_back_of(connection: Connection, *, holder: str) -> int:
    """Let rest what is leased by one holder; gives how many. Fences stay."""
    return connection.execute(_take_back_of, {"whose": holder}).rowcount


def turn_some(connection: Connection, subject: str, rest: str) -> bool:
    """Give some jobs of a subject another state, and what is leased another one to rest in.

    Gives whether there may be more to turn; that is kept, too, until there is none.
    """
    among = _TURNED[rest]
    connection.execute(
        update(job).where(_of_subject, _is_leased, job.c.at_rest.in_(among)).values(at_rest=rest),
        {"whose": subject},
    )
    some = select(job.c.id).where(_of_subject, job.c.state.in_(among)).limit(_MOST_TURNED)
    change = update(job).where(job.c.id.in_(some)).values(state=rest, at_rest=rest)
    is_more = connection.execute(change, {"whose": subject}).rowcount == _MOST_TURNED
    connection.execute(_drop_turn, {"whose": subject})
    if is_more:
        connection.execute(_put_turn, {"subject": subject, "rest": rest})
    return is_more


def turning(connection: Connection) -> dict[str, str]:
    """The subjects of which there is more to turn, and into which state."""
    return {row.subject: row.rest for row in connection.execute(select(job_turn))}


def share_of(connection: Connection, subject: str) -> str | None:
    """The share of a subject's jobs."""
    found: str | None = connection.execute(_share_of, {"whose": subject}).scalar()
    return found


def turn_of(connection: Connection, subject: str) -> str | None:
    """Into which state more of a subject's jobs are to be turned."""
    found: str | None = connection.execute(_turn_of, {"whose": subject}).scalar_one_or_none()
    return found


def revive_jobs(connection: Connection, subject: str) -> int:
    """Let dead letters of a subject wait again as if they were new; gives how many."""
    change = (
        update(job)
        .where(_of_subject, job.c.state == "dead")
        .values(state="waiting", at_rest="waiting", attempt=0, not_before=0, reason=None)
    )
    return connection.execute(change, {"whose": subject}).rowcount


def drop_cancelled(connection: Connection, subject: str) -> None:
    """Delete what is cancelled for a subject, is in nobody's hand and was once."""
    gone = delete(job).where(_of_subject, job.c.state == "cancelled", job.c.attempt > 0)
    connection.execute(gone, {"whose": subject})


def delete_cancelled(connection: Connection, *, most: int) -> int:
    """Delete up to `most` jobs that were cancelled; gives how many those were."""
    some = select(job.c.id).where(job.c.state == "cancelled").limit(most)
    return connection.execute(delete(job).where(job.c.id.in_(some))).rowcount


def _waiting_rows(rows: Rows) -> list[WaitingRow]:
    names = WaitingRow.__struct_fields__
    return [WaitingRow(**dict(zip(names, row, strict=True))) for row in rows]
