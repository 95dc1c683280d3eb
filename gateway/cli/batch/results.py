"""What came of each document: as a table for people, and as CSV or JSON lines for programs."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Literal
from urllib.parse import urlencode

import msgspec
from rich.table import Table

from gateway.cli.batch.model import Item
from gateway.cli.batch.sending import PATH
from gateway.cli.terminal import printable
from gateway.client import GatewayClient

Form = Literal["table", "csv", "jsonl"]

_PAGE = 1000
_COLUMNS = (
    "number",
    "name",
    "businessNumber",
    "documentType",
    "seal",
    "state",
    "document",
    "inputDigest",
    "outputDigest",
    "problem",
    "title",
    "detail",
    "owner",
    "cure",
)
# Excel takes these for formulas, or changes them: signs in front, leading zeros, long numbers.
_NOT_FOR_EXCEL = re.compile(r"[=+\-@\t\r].*|0[0-9]+|[0-9]{12,}", re.DOTALL)


class _Page(msgspec.Struct, frozen=True):
    items: tuple[Item, ...]
    next: int | None = None


async def items(
    client: GatewayClient, batch_id: str, *, state: str | None = None
) -> AsyncIterator[Item]:
    """Every item of a batch, in order; those in one state only, if it is named.

    Raises:
        GatewayRefusedError: there is no such batch, or it is another's.
    """
    after: int | None = 0
    while after is not None:
        asked = {"after": after, "limit": _PAGE} | ({} if state is None else {"state": state})
        told = await client.get_json(f"{PATH}/{batch_id}/items?{urlencode(asked)}")
        page = msgspec.convert(told, _Page)
        for item in page.items:
            yield item
        after = page.next


async def failures(client: GatewayClient, batch_id: str) -> list[str]:
    """The first of the batch's failures, one of a type, as lines for people.

    Raises:
        GatewayRefusedError: there is no such batch, or it is another's.
    """
    asked = urlencode({"state": "failed", "limit": _PAGE})
    page = msgspec.convert(await client.get_json(f"{PATH}/{batch_id}/items?{asked}"), _Page)
    first: dict[str, Item] = {}
    for item in page.items:
        if item.problem is not None:
            first.setdefault(item.problem.type, item)
    return [f"{each.name}: {each.problem.line}" for each in first.values() if each.problem]


def table(found: Iterable[Item]) -> Table:
    """For people."""
    shown = Table()
    for title in ("no.", "name", "business number", "state", "document, or what to do"):
        shown.add_column(title, overflow="fold")
    for item in found:
        what = item.problem.line if item.problem else item.document or ""
        cells = (str(item.number), item.name, item.business_number, item.state, what)
        shown.add_row(*map(printable, cells))
    return shown


def as_csv(found: Iterable[Item], *, excel: bool) -> str:
    """With a header; for Excel with what it would change or run written as text (`="00123"`)."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(_COLUMNS)
    for item in found:
        writer.writerow(_for_excel(cell) if excel else cell for cell in _cells(item))
    return written.getvalue()


def as_jsonl(found: Iterable[Item]) -> Iterator[str]:
    """A JSON object each, as the API gives it."""
    return (msgspec.json.encode(item).decode() for item in found)


def _cells(item: Item) -> Iterator[str]:
    problem = item.problem
    yield from (str(item.number), item.name, item.business_number)
    yield from (item.document_type or "", item.seal or "", item.state, item.document or "")
    yield from (item.input_digest or "", item.output_digest or "")
    if problem is None:
        yield from [""] * 5
    else:
        yield from (problem.name, problem.title, problem.detail, problem.owner, problem.cure)


def _for_excel(cell: str) -> str:
    if _NOT_FOR_EXCEL.fullmatch(cell) is None:
        return cell
    return '="{}"'.format(cell.replace('"', '""'))
