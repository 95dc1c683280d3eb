"""Holds begin and end, each with its record in the same transaction."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.retention import records
from gateway.retention.errors import HoldEndedProblem, HoldScopeProblem, HoldUnknownProblem
from gateway.retention.model import Hold
from gateway.seals.in_force import InForce
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.moments import microseconds, moment
from gateway.store.rows.holds import end_hold, hold_row, hold_rows, put_hold
from policies.deciding.group import Group
from policies.model import Caller


class HoldBook:
    """All holds. A caller sees and changes those of its company and of the companies below it."""

    def __init__(
        self,
        *,
        lane: WriterLane,
        audit: AuditLog,
        in_force: Callable[[], InForce],
        clock: Clock,
    ) -> None:
        self._lane = lane
        self._audit = audit
        self._in_force = in_force
        self._clock = clock

    async def begin(
        self,
        caller: Caller,
        *,
        company: str,
        business_number: str,
        document_type: str,
        reason: str,
    ) -> Hold:
        """Hold documents; in force once this returns.

        Raises:
            HoldScopeProblem: the company is not the caller's to hold, or the type is unknown.
        """
        bundle = self._in_force().bundle
        if company not in self._companies(caller):
            raise HoldScopeProblem(f"{caller.system} cannot hold documents of {company!r}")
        if document_type and document_type not in bundle.document_types:
            raise HoldScopeProblem(f"the policies know no document type {document_type!r}")
        hold = Hold(
            id=str(uuid.uuid4()),
            company=company,
            business_number=business_number,
            document_type=document_type,
            reason=reason,
            by=caller.system,
            at=self._clock.now(),
            audit_index=-1,
        )

        def unit(transaction: Transaction) -> int:
            index = self._audit.append(transaction, records.hold_began(hold))
            put_hold(transaction, _values(hold, index))
            return index

        index = await self._lane.write(unit)
        return _with(hold, audit_index=index)

    async def end(self, caller: Caller, hold_id: str) -> Hold:
        """End a hold.

        Raises:
            HoldUnknownProblem: there is none, or it is another company's.
            HoldEndedProblem: it has ended already.
        """
        companies, at = self._companies(caller), self._clock.now()

        def unit(transaction: Transaction) -> Hold:
            row = hold_row(transaction.connection, hold_id)
            if row is None or row.company not in companies:
                raise HoldUnknownProblem(f"no hold {hold_id!r}")
            held = _hold(row)
            if not held.is_live:
                raise HoldEndedProblem(f"hold {hold_id} was ended by {held.ended_by}")
            index = self._audit.append(
                transaction, records.hold_ended(held, by=caller.system, at=at)
            )
            end_hold(
                transaction.connection,
                hold_id,
                by=caller.system,
                at=microseconds(at),
                index=index,
            )
            return _with(held, ended_by=caller.system, ended_at=at, end_index=index)

        return await self._lane.write(unit)

    async def listed(self, caller: Caller, *, live_only: bool) -> tuple[Hold, ...]:
        """Those of the caller's companies, the newest first."""
        companies = self._companies(caller)
        held = await self._lane.write(lambda unit: holds(unit.connection, live_only=live_only))
        return tuple(each for each in held if each.company in companies)

    def _companies(self, caller: Caller) -> frozenset[str]:
        companies = self._in_force().bundle.companies
        group = Group(companies)
        below = {name for name in companies if group.is_below(name, caller.company)}
        return frozenset({caller.company, *below} & companies.keys())


def holds(connection: Connection, *, live_only: bool) -> tuple[Hold, ...]:
    """Everybody's, the newest first."""
    return tuple(_hold(row) for row in hold_rows(connection, live_only=live_only))


def _hold(row: Any) -> Hold:  # noqa: ANN401 - a row
    values = dict(row._mapping)  # noqa: SLF001 - a row's own way to be read by name
    for name in ("at", "ended_at"):
        values[name] = None if values[name] is None else moment(values[name])
    return Hold(**values)


def _values(hold: Hold, index: int) -> tuple[object, ...]:
    return (
        hold.id,
        hold.company,
        hold.business_number,
        hold.document_type,
        hold.reason,
        hold.by,
        microseconds(hold.at),
        index,
        None,
        None,
        None,
    )


def _with(hold: Hold, **changes: str | int | datetime | None) -> Hold:
    changed: Hold = msgspec.structs.replace(hold, **changes)
    return changed
