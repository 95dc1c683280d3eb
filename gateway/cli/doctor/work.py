"""What is to be done and is not: dead and stuck jobs, deliveries that fail, limits nearly used."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.store.engines.moments import microseconds, moment
from gateway.store.schema import audit_leaf, charge_slot, decision, delivery, job, stopped_target
from policies.conditions.windows import SLOT_SECONDS
from policies.model import Charge

_OVERDUE: Final = timedelta(minutes=10)
"""A running gateway takes back what is leased no longer within a second or two."""
_LONG_WAIT: Final = timedelta(hours=1)
_DECISIONS: Final = 2000
_NEAR: Final = 0.8


class _Decision(msgspec.Struct):
    charges: tuple[Charge, ...] = ()


class _Intent(msgspec.Struct):
    kind: str = ""
    decision: _Decision | None = None


_intent = msgspec.json.Decoder(_Intent)


def check_jobs(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Dead letters, leases that ran out and were not taken back, and what waits for long."""
    found = [*_dead(connection), *_stuck(connection, now), *_waiting(connection, now)]
    yield from found or [ok("jobs", "none is dead, stuck, or waits for long")]


def _dead(connection: Connection) -> Iterator[Finding]:
    by_kind = select(job.c.kind, func.count(), func.min(job.c.id)).where(job.c.state == "dead")
    for kind, count, first in connection.execute(by_kind.group_by(job.c.kind)):
        yield warning(
            "dead jobs",
            f"{count:,} of kind {kind} were given up, the oldest is {first}",
            cure=f"`sealgate jobs show {first}` says why. When that is mended: `sealgate batch "
            "retry` for seals, `sealgate webhooks replay` for deliveries.",
        )


def _stuck(connection: Connection, now: datetime) -> Iterator[Finding]:
    leased = (job.c.state == "leased") & (job.c.lease_until < microseconds(now - _OVERDUE))
    query = select(func.count(), func.min(job.c.lease_until), func.min(job.c.id)).where(leased)
    count, since, first = connection.execute(query).one()
    if count:
        yield failed(
            "stuck jobs",
            f"the leases of {count:,} jobs ran out, the first at {moment(since):%Y-%m-%d %H:%M} "
            f"UTC (job {first}), and nobody took them back",
            cure="Start the gateway, which does. If it runs, look at its log, and start it anew.",
        )


def _waiting(connection: Connection, now: datetime) -> Iterator[Finding]:
    # Only what may be claimed at once: what waits for its moment is not late.
    due = (job.c.state == "waiting") & (job.c.not_before == 0)
    long = due & (job.c.created_at < microseconds(now - _LONG_WAIT))
    query = select(job.c.kind, func.count(), func.min(job.c.created_at)).where(long)
    for kind, count, since in connection.execute(query.group_by(job.c.kind)):
        yield warning(
            "waiting jobs",
            f"{count:,} of kind {kind} have waited for more than an hour, the first since "
            f"{moment(since):%Y-%m-%d %H:%M} UTC",
            cure="See whether the gateway runs and is ready (the last line here), and whether "
            "jobs.maintenance keeps them.",
        )


def check_deliveries(connection: Connection) -> Iterator[Finding]:
    """Receivers that do not take what they are owed, with what they said last."""
    found = [*_failing(connection), *_stopped(connection)]
    yield from found or [ok("deliveries", "every receiver takes what it is owed")]


def _failing(connection: Connection) -> Iterator[Finding]:
    states = delivery.c.state.in_(("failing", "given-up"))
    query = select(delivery.c.target, delivery.c.state, func.count()).where(states)
    for target, state, count in connection.execute(
        query.group_by(delivery.c.target, delivery.c.state)
    ).all():
        last = select(delivery.c.answer).where(
            delivery.c.target == target, delivery.c.state == state
        )
        answer = connection.execute(last.order_by(delivery.c.at.desc()).limit(1)).scalar_one()
        tell = failed if state == "failing" else warning
        how = "are tried again and again" if state == "failing" else "were given up"
        yield tell(
            f"delivery {target}",
            f"{count:,} {how}; it said last: {answer}",
            cure=f"Mend the receiver (`sealgate webhooks test {target}` tries it), then `sealgate "
            "webhooks replay` brings what was given up.",
            owner="caller",
        )


def _stopped(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(select(stopped_target)):
        yield failed(
            f"delivery {row.name}",
            f"it wants nothing more since {moment(row.at):%Y-%m-%d %H:%M} UTC: {row.reason}",
            cure=f"`sealgate webhooks replay {row.name}` goes on, with all that it missed.",
            owner="caller",
        )


def check_limits(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Limits of the policies of which most is used, among those that were charged lately."""
    near = [
        _near(charge, used)
        for charge in sorted(_charged(connection, now), key=lambda each: each.counter)
        if (used := _used(connection, charge)) >= _NEAR * charge.limit
    ]
    yield from near or [ok("limits", "none of those that are in use is nearly reached")]


def _charged(connection: Connection, now: datetime) -> set[Charge]:
    """The charges of the newest decisions whose window lasts."""
    newest = (
        select(audit_leaf.c.leaf)
        .join(decision, decision.c.audit_index == audit_leaf.c.index)
        .where(decision.c.outcome == "allowed")
        .order_by(decision.c.at.desc())
        .limit(_DECISIONS)
    )
    read = (_charges(bytes(leaf)) for leaf in connection.execute(newest).scalars())
    second = now.timestamp()
    return {each for charges in read for each in charges if each.starts_at <= second < each.ends_at}


def _charges(leaf: bytes) -> tuple[Charge, ...]:
    try:
        said = _intent.decode(leaf)
    except (msgspec.DecodeError, UnicodeDecodeError):  # `audit log` says so
        return ()
    return () if said.decision is None else said.decision.charges


def _used(connection: Connection, charge: Charge) -> int:
    within: Any = (
        (charge_slot.c.counter == charge.counter)
        & (charge_slot.c.slot >= charge.starts_at // SLOT_SECONDS)
        & (charge_slot.c.slot < charge.ends_at // SLOT_SECONDS)
    )
    total = select(func.coalesce(func.sum(charge_slot.c.used), 0)).where(within)
    return int(connection.execute(total).scalar_one())


def _near(charge: Charge, used: int) -> Finding:
    told = f"{used:,} of {charge.limit:,} are used in {charge.window} ({charge.counter})"
    cure = "See who uses it so much (`sealgate usage`); officers may raise the rule's limit."
    part = f"limit {charge.rule}"
    if used >= charge.limit:
        return failed(part, f"{told}: nothing more is allowed", cure=cure, owner="officer")
    return warning(part, told, cure=cure, owner="officer")
