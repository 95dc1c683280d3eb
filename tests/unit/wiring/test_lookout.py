"""A look at a directory that does not come to an end is told."""

from datetime import timedelta

import pytest

from gateway.http.operation.metrics import Metrics
from gateway.wiring.policies.lookout import Lookout, LookStuckError
from tests.signing_house import FakeClock


async def test_a_look_that_does_not_end_is_told_and_so_is_the_age_of_the_last() -> None:
    clock = FakeClock()
    lookout = Lookout("freezes by file", patience_seconds=10, clock=clock)
    with lookout.look():
        clock.move(timedelta(seconds=10))
        await lookout.prove()
        clock.move(timedelta(seconds=1))
        with pytest.raises(LookStuckError, match="freezes by file has been under way for 11 s"):
            await lookout.prove()
    await lookout.prove()
    assert lookout.age_seconds == 0


async def test_a_look_that_fails_is_not_complete_and_holds_nothing_up() -> None:
    clock = FakeClock()
    lookout = Lookout("the policies", patience_seconds=10, clock=clock)

    def failing() -> None:
        clock.move(timedelta(seconds=30))
        raise OSError("gone")

    for _ in range(2):
        with pytest.raises(OSError, match="gone"), lookout.look():
            failing()
    await lookout.prove()
    assert lookout.age_seconds == 60


def test_the_age_is_a_metric_by_directory() -> None:
    metrics = Metrics()
    metrics.rules.set_looks(policies=1.5, freezes=0.25)
    text = metrics.text().decode()
    assert 'sealgate_look_age_seconds{what="policies"} 1.5' in text
    assert 'sealgate_look_age_seconds{what="freezes"} 0.25' in text
