"""The time by which leases end: whose clock counts, and what putting it does."""

from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import BigInteger, Connection, cast, extract, func, select

from gateway.clock import Clock
from gateway.store.engines.moments import moment

_now = select(cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger))


class LeaseTime(Protocol):
    """Where the moments of leases come from. All who lease from one database must agree on it."""

    def now(self, connection: Connection) -> datetime:
        """The moment, aware, UTC; the connection is to the database of the jobs."""
        ...


class SteadyTime:
    """For a process that alone owns its database: goes on evenly, however the clock is put.

    It begins as the clock's time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begin = clock.now()
        self._monotonic = clock.monotonic()

    def now(self, _connection: Connection) -> datetime:
        """See `LeaseTime`."""
        return self._begin + timedelta(seconds=self._clock.monotonic() - self._monotonic)


class ServerTime:
    """For several nodes on one PostgreSQL: the server's clock, whatever the nodes' own say."""

    def now(self, connection: Connection) -> datetime:
        """See `LeaseTime`."""
        return moment(connection.execute(_now).scalar_one())
