"""Rows out of a table with separators (RFC 4180), as Excel and business systems write it."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.batches.reading.columns import ATTRIBUTES, IGNORED, PLACEMENT, header_targets, target
from gateway.batches.reading.errors import ManifestUnreadableProblem
from gateway.batches.reading.model import Defaults
from gateway.batches.reading.rows import ReadRow, read_row, refused_row

_SEPARATORS = (",", ";", "\t")
_SAID_SEPARATOR = re.compile(r"\ufeff?sep=([,;|\t])\r?\n", re.IGNORECASE)
# Excel keeps leading zeros of a cell that is written so.
_AS_TEXT = re.compile(r'="([^"]*)"')
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?")
_MOST_CELLS = 500
# Not as `splitlines` has it, which also ends a line at marks that may stand in a cell.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def table_rows(
    text: str, *, name: str, defaults: Defaults, mapping: Mapping[str, str]
) -> Iterator[ReadRow]:
    """Every row below the header; empty rows are none. A row that is wrong stops no other.

    Raises:
        ManifestUnreadableProblem: at once: there is no header, or it is wrong.
    """
    separator, text, first = _separator(text, mapping)
    lines = (found[0] for found in _LINE.finditer(text))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise ManifestUnreadableProblem(f"its header: {error}") from None
    if len(header) > _MOST_CELLS:
        raise ManifestUnreadableProblem(f"its header has more than {_MOST_CELLS} columns")
    targets = header_targets(header, mapping)
    return _rows(reader, header, targets, name=name, first=first, defaults=defaults)


def _separator(text: str, mapping: Mapping[str, str]) -> tuple[str, str, int]:
    """The mark between cells, the text from its header on, and the number of that line less one."""
    said = _SAID_SEPARATOR.match(text)
    if said is not None:
        return said[1], text[said.end() :], 1
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]

    def known(separator: str) -> int:
        cells = (cell.strip('" ') for cell in header.split(separator))
        return sum(target(cell, mapping) is not None for cell in cells)

    return max(_SEPARATORS, key=known), text, 0


def _rows(
    reader: Any,  # noqa: ANN401 - csv does not export the type
    header: Sequence[str],
    targets: Sequence[str],
    *,
    name: str,
    first: int,
    defaults: Defaults,
) -> Iterator[ReadRow]:
    while True:
        line = first + reader.line_num + 1
        place = f"{name}, line {line}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            through = first + reader.line_num
            until = f" (read until line {through})" if through > line else ""
            yield refused_row(f"{place}{until}: its quotes are wrong: {error}", place=place)
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield _row(cells, header, targets, place=place, defaults=defaults)


def _row(
    cells: Sequence[str],
    header: Sequence[str],
    targets: Sequence[str],
    *,
    place: str,
    defaults: Defaults,
) -> ReadRow:
    values = [_AS_TEXT.sub(r"\1", cell.strip()) for cell in cells]
    given: dict[str, Any] = {}
    for each, value in zip(targets, values, strict=False):
        if each == IGNORED or not value:
            continue
        if each.startswith(ATTRIBUTES):
            given.setdefault("attributes", {})[each.removeprefix(ATTRIBUTES)] = value
        elif each.startswith(PLACEMENT):
            given.setdefault("placement", {})[each.removeprefix(PLACEMENT)] = _json_value(value)
        else:
            given[each] = value.split() if each == "further" else value
    if len(cells) < len(header) or any(values[len(header) :]):
        return refused_row(
            f"{place}: it has {len(cells)} cells, the header has {len(header)}: is a quote or "
            "separator missing?",
            file=given.get("file", ""),
            place=place,
        )
    if "file" not in given:
        return refused_row(f"{place}: the column `file` is empty", place=place)
    return read_row(given, place=place, defaults=defaults)


def _json_value(value: str) -> str | float | bool:
    number = _JSON_NUMBER.fullmatch(value)
    if number is not None:
        return float(value) if number[2] else int(value)
    return value.lower() == "true" if value.lower() in {"true", "false"} else value
