"""What a gateway does by itself goes on, whatever went wrong once."""

import asyncio
from types import SimpleNamespace
from typing import cast

from structlog.testing import capture_logs

from gateway.wiring.house import House
from gateway.wiring.watch.watching import forget_daily
from tests.sealed_bundles import AT
from tests.signing_house import FakeClock


class DisturbedLane:
    """Fails in a way that nobody expected."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def write(self, _unit: object) -> object:
        self.asked.set()
        raise ValueError("a row that nobody can read")


async def test_what_nobody_expected_is_logged_and_forgetting_goes_on() -> None:
    lane = DisturbedLane()
    kept = SimpleNamespace(
        policies=SimpleNamespace(history_days=1, approvals_days=1),
        returns=SimpleNamespace(events_days=7),
    )
    house = cast(House, SimpleNamespace(lane=lane, clock=FakeClock(AT), config=kept))
    with capture_logs() as lines:
        task = asyncio.create_task(forget_daily(house))
        await lane.asked.wait()
        await asyncio.sleep(0)
        goes_on = not task.done()
        task.cancel()
    assert goes_on
    assert [(each["event"], each["kind"], each["error"]) for each in lines] == [
        ("not_forgotten", "ValueError", "a row that nobody can read")
    ]
