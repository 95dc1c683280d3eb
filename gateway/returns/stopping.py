"""Targets that want nothing more: written down, owed nothing, and resumed where they left off."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
import structlog
from sqlalchemy import Connection, delete, func, insert, select

from gateway.clock import Clock
from gateway.returns.model import Answer
from gateway.returns.outbox import TARGET
from gateway.returns.targets import TargetBook
from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds, moment
from gateway.store.schema import event, stopped_target

_CURE: Final = (
    "ask whoever runs it; then `sealgate webhooks replay NAME`, or give it another URL: what it "
    "missed is brought"
)

_log = structlog.get_logger("returns")


class StoppedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A target that wants nothing more.

    Attributes:
        name: the target's.
        url: where it said so.
        at: when.
        after: the number of the last event that it was owed.
        reason: what it said.
    """

    name: str
    url: str
    at: datetime
    after: int
    reason: str


class Stops:
    """Keeps who is stopped, in the database and in the book of targets.

    Attributes:
        remembered: of each target that this node owes nothing, the last event that it was owed.
    """

    def __init__(self, targets: TargetBook, urls: Mapping[str, str], *, clock: Clock) -> None:
        """Make it.

        Args:
            targets: who is told of what.
            urls: of each target.
            clock: says when.
        """
        self._targets = targets
        self._urls = urls
        self.remembered: dict[str, int] = {}
        self._clock = clock

    def gone(self, transaction: Transaction, subject: str, answer: Answer) -> None:
        """A target said that it wants nothing more; called on the writer lane's thread.

        Its jobs stay, and wait. Events after this one are kept for it, and no jobs made.
        """
        name = subject.removeprefix(TARGET)
        connection = transaction.connection
        known = self.of(connection, name)
        if known is not None:  # another node was told before
            transaction.after_commit(self._tell, (name, known.after, answer.said))
            return
        newest = connection.execute(select(func.coalesce(func.max(event.c.sequence), 0)))
        after = int(newest.scalar_one())
        stopped = {
            "name": name,
            "url": self._urls.get(name, ""),
            "at": microseconds(self._clock.now()),
            "after": after,
            "reason": answer.said,
        }
        connection.execute(insert(stopped_target), stopped)
        transaction.after_commit(self._tell, (name, after, answer.said))

    def load(self, connection: Connection) -> tuple[StoppedTarget, ...]:
        """Who is stopped, after a start; those whose URL has changed are told apart by it."""
        found = tuple(_stopped(row) for row in connection.execute(select(stopped_target)).all())
        for each in found:
            self.remembered[each.name] = each.after
            self._targets.stop(each.name)
        return found

    def remove(self, transaction: Transaction, name: str) -> None:
        """It wants events again."""
        transaction.connection.execute(delete(stopped_target).where(stopped_target.c.name == name))

    def of(self, connection: Connection, name: str) -> StoppedTarget | None:
        """The stop of a target, if there is one."""
        row = connection.execute(
            select(stopped_target).where(stopped_target.c.name == name)
        ).one_or_none()
        return None if row is None else _stopped(row)

    def _tell(self, gone: list[tuple[str, int, str]]) -> None:
        for name, after, said in gone:
            self.remembered[name] = after
            self._targets.stop(name)
            _log.error("webhook_gone", webhook=name, said=said, cure=_CURE)


def _stopped(row: Any) -> StoppedTarget:  # noqa: ANN401 - SQLAlchemy's
    return StoppedTarget(
        name=row.name, url=row.url, at=moment(row.at), after=int(row.after), reason=row.reason
    )
