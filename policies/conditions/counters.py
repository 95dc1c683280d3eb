"""What uses are counted by, and which counts a condition reads at a moment."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from policies.calendar import OFFICE_ZONE
from policies.conditions.variables import COUNTERS, DIMENSIONS
from policies.conditions.windows import current_window
from policies.model import CounterRead, SealRequest
from policies.objects.seals import Seal


def reads(
    names: Iterable[str], *, zone: ZoneInfo, seal: Seal, request: SealRequest, at: datetime
) -> Iterator[CounterRead]:
    """The counts behind these variables, in the windows of one time zone.

    A seal without a business line has no count of its line; see `not_counted`.
    """
    for name in sorted(names):
        dimension, unit = COUNTERS[name]
        counted = counter(dimension, seal, request)
        if counted is not None:
            starts_at, ends_at = current_window(at, zone, unit)
            yield CounterRead(
                name=in_zone(name, zone), counter=counted, starts_at=starts_at, ends_at=ends_at
            )


def not_counted(names: Iterable[str], *, seal: Seal, request: SealRequest) -> dict[str, int]:
    """The variables that count what this use does not have: nothing, ever."""
    return {name: 0 for name in names if counter(COUNTERS[name][0], seal, request) is None}


def in_zone(name: str, zone: ZoneInfo) -> str:
    """The name of a count: two policies' `used.seal_day` differ when their days do."""
    return name if zone.key == OFFICE_ZONE.key else f"{name}@{zone.key}"


def without_zone(name: str) -> str:
    """The variable whose count this is."""
    return name.partition("@")[0]


def counter(dimension: str, seal: Seal, request: SealRequest) -> str | None:
    """What is counted, such as `seal:receipt-east`; None where there is no such thing."""
    match dimension:
        case "seal":
            return f"seal:{seal.shares_key_with or seal.name}"
        case "system":
            return f"system:{request.caller.system}"
        case "company":
            return f"company:{seal.company}"
        case "line":
            return None if seal.line is None else f"line:{seal.line}"
        case _:
            return f"type:{request.document_type}"


def counters_of(seal: Seal, request: SealRequest) -> tuple[str, ...]:
    """What one use counts for, whether or not a rule reads it now: a later one may."""
    found = (counter(dimension, seal, request) for dimension in DIMENSIONS)
    return tuple(each for each in found if each is not None)
