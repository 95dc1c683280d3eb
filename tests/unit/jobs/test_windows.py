"""Maintenance windows, by the clocks of those who maintain."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.jobs.windows import Maintenance, Window
from tests.signing_house import FakeClock

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_EVERY_DAY = frozenset(range(7))


def window(starts: str, ends: str, days: frozenset[int] = _EVERY_DAY) -> Window:
    return Window(
        name="HSM firmware",
        kinds=frozenset({"seal"}),
        days=days,
        starts=time.fromisoformat(starts),
        ends=time.fromisoformat(ends),
        zone=_SHANGHAI,
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=_SHANGHAI).astimezone(UTC)


_SATURDAY = frozenset({5})


@pytest.mark.parametrize(
    ("each", "moment", "holds"),
    [
        (window("12:00", "13:00"), "2026-11-28T11:59", False),
        (window("12:00", "13:00"), "2026-11-28T12:00", True),
        (window("12:00", "13:00"), "2026-11-28T13:00", False),
        (window("22:00", "02:00", _SATURDAY), "2026-11-28T01:00", False),
        (window("22:00", "02:00", _SATURDAY), "2026-11-28T22:00", True),
        (window("22:00", "02:00", _SATURDAY), "2026-11-29T01:59", True),
        (window("22:00", "02:00", _SATURDAY), "2026-11-29T02:00", False),
        (window("22:00", "02:00", _SATURDAY), "2026-11-29T22:30", False),
        (window("00:00", "00:00", _SATURDAY), "2026-11-27T23:59", False),
        (window("00:00", "00:00", _SATURDAY), "2026-11-28T23:59", True),
        (window("00:00", "00:00", _SATURDAY), "2026-11-29T00:00", False),
    ],
)
def test_a_window_holds_from_its_start_to_before_its_end(
    each: Window, moment: str, *, holds: bool
) -> None:
    assert each.holds(at(moment)) is holds


def test_a_window_holds_the_kinds_that_it_names() -> None:
    clock = FakeClock(at("2026-11-28T12:30"))
    maintenance = Maintenance([window("12:00", "13:00")], clock=clock)
    assert (maintenance.of("seal"), maintenance.of("deliver")) == ("HSM firmware", None)
    clock.move(timedelta(hours=1))
    assert maintenance.of("seal") is None


@given(
    starts=st.times(),
    ends=st.times(),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(_SHANGHAI)),  # noqa: DTZ001 - Hypothesis takes the zone apart
)
def test_one_way_round_or_the_other(starts: time, ends: time, moment: datetime) -> None:
    there = window(starts.isoformat(), ends.isoformat())
    back = window(ends.isoformat(), starts.isoformat())
    assert there.holds(moment) is not back.holds(moment) or starts == ends
