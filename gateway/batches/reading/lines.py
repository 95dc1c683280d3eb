"""Rows out of lines of JSON (JSONL)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.batches.reading.columns import IGNORED, target, unknown
from gateway.batches.reading.model import Defaults
from gateway.batches.reading.names import shown
from gateway.batches.reading.rows import ReadRow, read_row, refused_row
from gateway.batches.reading.strict_json import read_strict

_MOST_LINE = 64 * 1024
# Not as `splitlines` has it, which also ends a line at marks that may stand in JSON's texts.
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def json_rows(
    text: str, *, name: str, defaults: Defaults, mapping: Mapping[str, str]
) -> Iterator[ReadRow]:
    """A row for every line that is not blank. A line that is wrong stops no other."""
    for number, found in enumerate(_LINE.finditer(text), start=1):
        line = found[0].strip()
        if line:
            yield _row(line, place=f"{name}, line {number}", defaults=defaults, mapping=mapping)


def _row(line: str, *, place: str, defaults: Defaults, mapping: Mapping[str, str]) -> ReadRow:
    if len(line) > _MOST_LINE:
        return refused_row(f"{place}: it has more than {_MOST_LINE} characters", place=place)
    try:
        read = read_strict(line)
    except (ValueError, RecursionError) as error:
        return refused_row(f"{place}: it is not valid JSON: {error}", place=place)
    if not isinstance(read, dict):
        return refused_row(f"{place}: it is no JSON object", place=place)
    given: dict[str, Any] = {}
    strange: list[str] = []
    for key, value in read.items():
        field = target(key, mapping)
        if field is None or field in given:
            strange.append(key)
        elif field != IGNORED and value is not None:
            given[field] = value
    if strange:
        file = given.get("file")
        return refused_row(
            f"{place}: {'; '.join(_mistake(key, mapping) for key in strange[:10])}",
            file=file if isinstance(file, str) else "",
            place=place,
        )
    return read_row(_nested(given), place=place, defaults=defaults)


def _mistake(key: str, mapping: Mapping[str, str]) -> str:
    field = target(key, mapping)
    return unknown(key) if field is None else f"two keys are for `{shown(field)}`"


def _nested(given: dict[str, Any]) -> dict[str, Any]:
    """`attributes.x` among the keys is what `x` within `attributes` is; the same for placement."""
    plain = {key: value for key, value in given.items() if "." not in key}
    for key, value in given.items():
        whole, dot, part = key.partition(".")
        if dot:
            inner = plain.get(whole, {})
            # What is no object stays, and is told as such.
            plain[whole] = {**inner, part: value} if isinstance(inner, dict) else inner
    if isinstance(plain.get("further"), list):
        plain["further"] = [
            each["seal"] if isinstance(each, dict) and each.keys() == {"seal"} else each
            for each in plain["further"]
        ]
    return plain
