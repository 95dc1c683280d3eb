"""Moments as rows keep them: Unix time in microseconds, exact."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """The moment, which is aware, as a row has it."""
    return (at - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """The moment again, in UTC.

    Raises:
        OverflowError: no such year.
    """
    return _EPOCH + microseconds * _MICROSECOND
