"""The office's calendar: in it the days of holdings and of grants begin and end at midnight."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

OFFICE_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""Also the time zone of a policy that names none."""


def office_day(at: datetime) -> date:
    """The day there at an aware moment."""
    return at.astimezone(OFFICE_ZONE).date()
