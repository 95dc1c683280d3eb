"""Rows of legal holds, and of documents whose content may go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, insert, select, update

from gateway.store.engines.lane import Transaction
from gateway.store.engines.statements import RowStatement
from gateway.store.schema import document, hold

HOLD_COLUMNS = tuple(column.name for column in hold.c)
_put_hold = RowStatement(insert(hold), *HOLD_COLUMNS)
_end_hold = (
    update(hold)
    .where(hold.c.id == bindparam("hold_id"))
    .values(ended_by=bindparam("who"), ended_at=bindparam("moment"), end_index=bindparam("index"))
)
_ids: BindParameter[str] = bindparam("ids", expanding=True)
_due = (
    select(
        document.c.id,
        document.c.signed_at,
        document.c.company,
        document.c.business_number,
        document.c.document_type,
        document.c.keep_until,
        document.c.erased_index,
        document.c.segment,
        document.c.segment_offset,
        document.c.output_bytes,
    )
    .where(document.c.keep_until.is_not(None), document.c.is_wiped == 0)
    .where(document.c.keep_until <= bindparam("now"))
    .where((document.c.keep_until > bindparam("end")) | (document.c.id > bindparam("last_id")))
    .where(document.c.keep_until >= bindparam("end"), document.c.state == "sealed")
    .order_by(document.c.keep_until, document.c.id)
    .limit(bindparam("most"))
)
_erase = update(document).where(document.c.id.in_(_ids)).values(erased_index=bindparam("record"))
_wiped = update(document).where(document.c.id.in_(_ids)).values(is_wiped=1)
_keep = (
    update(document)
    .where(document.c.id == bindparam("document_id"))
    .values(keep_until=bindparam("end"))
)


@dataclass(frozen=True, slots=True)
class DueRow:
    """A sealed document whose content is past its time, by its row; `keep_until` in Unix seconds.

    `erased_index` is set where its erasure is recorded and was not carried out yet.
    """

    id: str
    signed_at: int
    company: str
    business_number: str
    document_type: str
    keep_until: int
    erased_index: int | None
    segment: str
    segment_offset: int
    output_bytes: int


def due_rows(
    connection: Connection, *, now: int, most: int, after: DueRow | None
) -> tuple[DueRow, ...]:
    """Up to `most` documents whose time is over, the earliest first, behind `after`."""
    named = {
        "now": now,
        "most": most,
        "end": 0 if after is None else after.keep_until,
        "last_id": "" if after is None else after.id,
    }
    return tuple(DueRow(**row._asdict()) for row in connection.execute(_due, named))


def mark_erased(connection: Connection, ids: Sequence[str], *, record: int) -> None:
    """The content of these is not given out any more."""
    connection.execute(_erase, {"ids": list(ids), "record": record})


def mark_wiped(connection: Connection, ids: Sequence[str]) -> None:
    """Nothing of the content of these is on the disk."""
    connection.execute(_wiped, {"ids": list(ids)})


def keep_longer(connection: Connection, document_id: str, *, until: int | None) -> None:
    """Its content has another end; None: none."""
    connection.execute(_keep, {"document_id": document_id, "end": until})


def put_hold(transaction: Transaction, row: tuple[object, ...]) -> None:
    """Write a new hold; values in the order of `HOLD_COLUMNS`."""
    transaction.later(_put_hold, row)


def end_hold(connection: Connection, hold_id: str, *, by: str, at: int, index: int) -> None:
    """Write the end of a hold."""
    connection.execute(_end_hold, {"hold_id": hold_id, "who": by, "moment": at, "index": index})


def hold_rows(connection: Connection, *, live_only: bool) -> Sequence[Any]:
    """Holds, the newest first."""
    query = select(hold).order_by(hold.c.at.desc())
    return connection.execute(query.where(hold.c.ended_at.is_(None)) if live_only else query).all()


def hold_row(connection: Connection, hold_id: str) -> Any:  # noqa: ANN401 - a row or None
    """One hold."""
    return connection.execute(select(hold).where(hold.c.id == hold_id)).one_or_none()
