"""Several nodes lease from one server: its clock counts, whatever their own say."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.lease_time import ServerTime
from gateway.jobs.queue import DatabaseQueue
from gateway.store.engines.lane import WriterLane
from tests.postgres_server import Server, postgres
from tests.queue_house import new_job, open_queue_house
from tests.signing_house import FakeClock

__all__ = ["postgres"]


def _node(lane: WriterLane, name: str, **off: float) -> DatabaseQueue:
    """A node whose clock is off by so much."""
    clock = FakeClock()
    clock.moment += timedelta(**off)
    lease = timedelta(seconds=0.2)
    return DatabaseQueue(lane=lane, clock=clock, holder=name, lease=lease, time=ServerTime())


async def test_a_node_whose_clock_is_ahead_takes_no_lease_of_another(
    tmp_path: Path, postgres: Server
) -> None:
    async with open_queue_house(tmp_path, postgres.emptied()) as house:
        right = DatabaseQueue(lane=house.lane, clock=house.clock, holder="right", time=ServerTime())
        ahead = _node(house.lane, "ahead", hours=5)
        await house.enqueue(new_job("a"))
        (held,) = await right.claim("seal", most=1)
        assert await ahead.claim("seal", most=1) == ()
        await house.lane.write(lambda unit: right.finish(unit, held.lease))


async def test_a_node_whose_clock_is_behind_gives_up_its_leases_all_the_same(
    tmp_path: Path, postgres: Server
) -> None:
    async with open_queue_house(tmp_path, postgres.emptied()) as house:
        behind, other = _node(house.lane, "behind", hours=-5), _node(house.lane, "other")
        await house.enqueue(new_job("a"))
        (held,) = await behind.claim("seal", most=1)
        async with asyncio.timeout(10):
            while not (taken := await other.claim("seal", most=1)):
                await asyncio.sleep(0.02)  # by the server's clock
        (again,) = taken
        assert again.lease.fence == held.lease.fence + 1
        with pytest.raises(LeaseLostProblem):
            await house.lane.write(lambda unit: behind.finish(unit, held.lease))
