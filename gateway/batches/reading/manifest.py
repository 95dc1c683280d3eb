"""Manifests, and how their rows and the files that are there come together."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal
from unicodedata import normalize

from gateway.batches.model import NewItem, ReadItem, RefusedItem
from gateway.batches.reading.delimited import table_rows
from gateway.batches.reading.errors import (
    ArchiveTooLargeProblem,
    ManifestFileMissingProblem,
    ManifestFileTwiceProblem,
    ManifestFileUnnamedProblem,
    ManifestUnreadableProblem,
    MemberNameTakenProblem,
)
from gateway.batches.reading.lines import json_rows
from gateway.batches.reading.model import Defaults, Files, Limits
from gateway.batches.reading.names import folded
from gateway.batches.reading.rows import ReadRow, RefusedRow, Row
from gateway.batches.reading.text import decoded
from gateway.errors import Problem

ManifestForm = Literal["csv", "jsonl"]

_MOST_LINE_ENDS_A_ROW = 10


def read_manifest(
    data: bytes,
    form: ManifestForm,
    *,
    defaults: Defaults,
    mapping: Mapping[str, str] | None = None,
    name: str = "",
    limits: Limits | None = None,
) -> tuple[ReadRow, ...]:
    """The rows, in order; one that is wrong is in its place, and stops no other.

    Args:
        data: the manifest's bytes.
        form: what they are.
        defaults: for what a row leaves open.
        mapping: from names of columns or keys to `file`, `businessNumber`, `documentType`, `seal`,
            `further`, `requestedBy`, `attributes.NAME` or `placement.NAME`; to `""`: not read.
        name: as it is told.
        limits: of which `manifest_bytes` and `members` are looked at.

    Raises:
        ManifestUnreadableProblem: encoding or header are wrong, or it has no rows.
        ArchiveTooLargeProblem: it has more bytes or rows.
    """
    limits = limits or Limits()
    name = name or f"manifest.{form}"
    if len(data) > limits.manifest_bytes:
        raise ArchiveTooLargeProblem(
            f"{name} has {len(data):,} bytes; {limits.manifest_bytes:,} are taken"
        )
    text = decoded(data)
    if text.count("\n") + text.count("\r") > _MOST_LINE_ENDS_A_ROW * limits.members:
        raise ArchiveTooLargeProblem(f"{name} has more lines than {limits.members:,} rows need")
    read = {"csv": table_rows, "jsonl": json_rows}[form]
    found = read(text, name=name, defaults=defaults, mapping=mapping or {})
    rows = tuple(islice(found, limits.members + 1))
    if len(rows) > limits.members:
        raise ArchiveTooLargeProblem(f"{name} has more than {limits.members:,} rows")
    if not rows:
        raise ManifestUnreadableProblem(f"{name} has no rows: write one for each file")
    return rows


def joined(rows: Sequence[ReadRow], files: Files) -> Iterator[ReadItem]:
    """An item for every row, in order, then one for every file that no row names."""
    known: dict[str, Callable[[], bytes]] = {}
    again: list[str] = []
    for name, content in files.items():
        plain = normalize("NFC", name)
        if plain in known:
            again.append(name)
        known.setdefault(plain, content)
    named = Counter(normalize("NFC", row.file) for row in rows)
    nearly = {folded(name): name for name in known}
    for row in rows:
        yield row.item if isinstance(row, RefusedRow) else _item(row, known, named, nearly)
    for name in known:
        if name not in named:
            yield RefusedItem(name=name, problem=ManifestFileUnnamedProblem(f"{name} is there"))
    for name in again:
        problem = MemberNameTakenProblem(f"{name} comes more than once")
        yield RefusedItem(name=name, problem=problem)


def read_item(row: Row, content: Files, name: str) -> ReadItem:
    """The item of a row whose file is there."""
    try:
        return NewItem(request=row.request, document=content[name]())
    except Problem as problem:
        if problem.retry_after_seconds is not None:
            raise  # it is no fault of the document's
        return RefusedItem(name=name, problem=problem, business_number=row.request.business_number)


def _item(row: Row, files: Files, named: Mapping[str, int], nearly: Mapping[str, str]) -> ReadItem:
    name = normalize("NFC", row.file)
    problem: Problem | None = None
    if name not in files:
        other = nearly.get(folded(name.replace("\\", "/")))
        meant = f"; there is {other}" if other else ""
        problem = ManifestFileMissingProblem(f"{row.file} is not there{meant}")
    elif named[name] > 1:
        problem = ManifestFileTwiceProblem(f"{named[name]} rows name {row.file}")
    if problem is None:
        return read_item(row, files, name)
    return RefusedItem(name=row.file, problem=problem, business_number=row.request.business_number)
