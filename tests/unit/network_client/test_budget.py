"""The network is asked no more often than the operator says."""

import pytest

from cloud_bridge.client.budget import Budget
from cloud_bridge.errors import NetworkAwayError
from tests.signing_house import FakeClock


class Waiting:
    """A pause that moves the clock, so that nothing sleeps."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.pauses: list[float] = []

    async def pause(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 6))
        self.clock.seconds += seconds

    def budget(self, **changes: float) -> Budget:
        ordinary = {"per_second": 10.0, "burst": 3.0}
        return Budget(time=self.clock, pause=self.pause, **{**ordinary, **changes})


async def test_a_burst_goes_at_once_and_the_rest_at_the_steady_rate() -> None:
    waiting = Waiting()
    budget = waiting.budget()
    for _ in range(6):
        await budget.spend()
    assert waiting.pauses == [0.1, 0.1, 0.1]


async def test_who_would_wait_long_is_told_when_to_come_again() -> None:
    waiting = Waiting()
    budget = waiting.budget(per_second=0.1, burst=1.0)
    await budget.spend()
    with pytest.raises(NetworkAwayError, match="requests_per_second") as away:
        await budget.spend()
    assert away.value.retry_after_seconds == 10
    waiting.clock.seconds += 10
    await budget.spend()
    assert waiting.pauses == []


async def test_the_bucket_never_holds_more_than_its_burst() -> None:
    waiting = Waiting()
    budget = waiting.budget()
    waiting.clock.seconds += 3600
    for _ in range(4):
        await budget.spend()
    assert waiting.pauses == [0.1]


async def test_nothing_is_asked_until_the_network_wants_it_again() -> None:
    waiting = Waiting()
    budget = waiting.budget()
    budget.close(30)
    budget.close(5)
    with pytest.raises(NetworkAwayError) as away:
        await budget.spend()
    assert away.value.retry_after_seconds == 30
    waiting.clock.seconds += 30
    await budget.spend()
