"""Calendar hours, days and months of a time zone, as spans of Unix seconds.

Counters are kept in slots of fifteen minutes UTC, and a window is a sum of slots: every offset that
is in use today is a multiple of that. So a count is exact over midnight, over a change of the clock
and over an officer's change of the time zone.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

SLOT_SECONDS: Final = 900
_HOUR_SECONDS: Final = 3600

Unit = Literal["hour", "day", "month"]


def window(at: datetime, zone: ZoneInfo, unit: Unit) -> tuple[int, int]:
    """The window that `at` lies in: its first moment, and the first one after it, Unix seconds.

    It goes by the clock on the wall. An hour that comes twice is two windows, an hour that is cut
    short is one, and so is a day of 23 or 25 hours.
    """
    local = at.astimezone(zone)
    match unit:
        case "hour":
            return _hour(local, zone)
        case "day":
            today = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            return _unix(today), _unix(today + timedelta(days=1))
        case "month":
            first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
            # 32 days after the first of a month is always some day of the next.
            return _unix(first), _unix((first + timedelta(days=32)).replace(day=1))


def current_window(at: datetime, zone: ZoneInfo, unit: Unit) -> tuple[int, int]:
    """The same, remembered for all moments of a slot: a window is a sum of whole slots."""
    return _window_of(int(at.timestamp()) // SLOT_SECONDS, zone, unit)


@lru_cache(maxsize=1024)
def _window_of(slot: int, zone: ZoneInfo, unit: Unit) -> tuple[int, int]:
    return window(datetime.fromtimestamp(slot * SLOT_SECONDS, zone), zone, unit)


def _hour(local: datetime, zone: ZoneInfo) -> tuple[int, int]:
    # In seconds that pass: the wall's own arithmetic would step over a change of the clock, and
    # what has another offset has the same hour's name only.
    start = _unix(local) - 60 * local.minute - local.second
    offset = local.utcoffset()
    slots = [
        slot
        for slot in range(start, start + _HOUR_SECONDS, SLOT_SECONDS)
        if datetime.fromtimestamp(slot, zone).utcoffset() == offset
    ]
    return slots[0], slots[-1] + SLOT_SECONDS


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
