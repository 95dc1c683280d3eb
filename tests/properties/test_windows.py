"""Windows of counters: every moment lies in one, they follow one another, and they are slots."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.conditions.windows import SLOT_SECONDS, Unit, window

UNITS = st.sampled_from(("hour", "day", "month"))
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})).map(ZoneInfo)
YEARS = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC))
MOMENTS = st.integers(*(int(year.timestamp()) for year in YEARS)).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
LENGTHS: dict[Unit, tuple[timedelta, timedelta]] = {
    "hour": (timedelta(minutes=15), timedelta(hours=1)),
    "day": (timedelta(hours=22), timedelta(hours=26)),
    "month": (timedelta(days=27), timedelta(days=32)),
}


@given(MOMENTS, ZONES, UNITS)
def test_every_moment_lies_in_its_window(at: datetime, zone: ZoneInfo, unit: Unit) -> None:
    start, end = window(at, zone, unit)
    assert start <= at.timestamp() < end
    assert start % SLOT_SECONDS == end % SLOT_SECONDS == 0
    shortest, longest = LENGTHS[unit]
    assert shortest <= timedelta(seconds=end - start) <= longest


@given(MOMENTS, ZONES, UNITS)
def test_windows_follow_one_another_without_a_gap(at: datetime, zone: ZoneInfo, unit: Unit) -> None:
    start, end = window(at, zone, unit)
    assert window(datetime.fromtimestamp(end, UTC), zone, unit)[0] == end
    assert window(datetime.fromtimestamp(start, UTC), zone, unit) == (start, end)
    assert window(datetime.fromtimestamp(end - 1, UTC), zone, unit) == (start, end)


@pytest.mark.parametrize(
    ("zone", "unit", "at", "starts", "minutes"),
    [
        ("Asia/Shanghai", "hour", "2026-11-22T06:05:00", "2026-11-22T06:00:00", 60),
        ("Asia/Shanghai", "day", "2026-11-21T23:30:00", "2026-11-21T16:00:00", 24 * 60),
        ("Asia/Shanghai", "month", "2026-11-21T23:30:00", "2026-10-31T16:00:00", 30 * 24 * 60),
        ("Asia/Kathmandu", "hour", "2026-11-22T06:05:00", "2026-11-22T05:15:00", 60),
        ("Europe/Berlin", "day", "2026-03-29T12:00:00", "2026-03-28T23:00:00", 23 * 60),
        ("Europe/Berlin", "day", "2026-10-25T12:00:00", "2026-10-24T22:00:00", 25 * 60),
        ("Europe/Berlin", "hour", "2026-10-25T00:30:00", "2026-10-25T00:00:00", 60),
        ("Europe/Berlin", "hour", "2026-10-25T01:30:00", "2026-10-25T01:00:00", 60),
        # The clock goes from 2:00 back to 1:30, so an hour and a half are called one o'clock.
        ("Australia/Lord_Howe", "hour", "2026-04-04T14:30:00", "2026-04-04T14:00:00", 60),
        ("Australia/Lord_Howe", "hour", "2026-04-04T15:10:00", "2026-04-04T15:00:00", 30),
    ],
)
def test_windows_by_the_clock_on_the_wall(
    zone: str, unit: Unit, at: str, starts: str, minutes: int
) -> None:
    moment = datetime.fromisoformat(f"{at}+00:00")
    start, end = window(moment, ZoneInfo(zone), unit)
    assert datetime.fromtimestamp(start, UTC) == datetime.fromisoformat(f"{starts}+00:00")
    assert end - start == minutes * 60
