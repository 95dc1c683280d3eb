"""Conditions by a second engine: common-expression-language, CEL in Rust.

It knows no dotted variables, so that these become maps within maps, and no time zones, so that the
clock is read by Python. Whatever it raises is no answer. It takes `size` of a text for its bytes,
where the specification says code points, so that conditions with it are not compared.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from cel import Context, evaluate

SIZE_OF_TEXT: Final = re.compile(r"size\(\s*(?:\"|'|doc\.attributes|doc\.text|seal\.|caller\.s)")
"""What is not compared."""

_CLOCK: Final[Mapping[str, Callable[[datetime], int]]] = {
    "getHours": lambda local: local.hour,
    "getMinutes": lambda local: local.minute,
    "getDate": lambda local: local.day,
    "getDayOfWeek": lambda local: local.isoweekday() % 7,
    "getFullYear": lambda local: local.year,
    "getMonth": lambda local: local.month - 1,
}


def answer(condition: str, variables: Mapping[str, object]) -> bool | None:
    """Yes, no, or None where there is no answer."""
    context = Context(variables=_nested(variables))
    for name, read in _CLOCK.items():
        context.add_function(name, _zoned(read))
    try:
        found = evaluate(condition, context)
    except Exception:  # noqa: BLE001 - no answer, whatever it was
        return None
    return found if found is True or found is False else None


def _zoned(read: Callable[[datetime], int]) -> Callable[[datetime, str], int]:
    return lambda moment, zone: read(moment.astimezone(ZoneInfo(zone)))


def _nested(variables: Mapping[str, object]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in variables.items():
        *maps, last = name.split(".")
        inner = nested
        for each in maps:
            inner = inner.setdefault(each, {})
        inner[last] = value
    return nested
