"""The results of a batch as one table, for people with a spreadsheet."""

import csv
import io
from collections.abc import Iterable

import msgspec

from gateway.store.rows.batch_items import ItemRow

_HEADER = (
    "number",
    "name",
    "businessNumber",
    "documentType",
    "seal",
    "state",
    "documentId",
    "sha256",
    "problem",
    "detail",
    "cure",
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def results_csv(items: Iterable[ItemRow]) -> bytes:
    """One row an item, in UTF-8 with a mark, so that Excel shows Chinese."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_HEADER)
    for item in items:
        problem = {} if item.problem is None else msgspec.json.decode(item.problem, type=dict)
        row = (
            str(item.number),
            item.name,
            item.business_number,
            item.document_type,
            item.seal,
            item.state,
            item.document or "",
            (item.output_digest or b"").hex(),
            *(str(problem.get(key, "")) for key in ("type", "detail", "cure")),
        )
        writer.writerow([_cell(text) for text in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(text: str) -> str:
    """A name of a stranger must not become a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) else text
