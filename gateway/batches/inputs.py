"""What was handed in and waits for its seal: on a shelf of its own, many documents to an entry."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from gateway.batches.keys import encoded, item_key
from gateway.batches.model import NewItem, ReadItem
from gateway.batches.problems import kept
from gateway.signing.digests import sha256_of
from gateway.store.files.content import Content, Location
from gateway.store.rows.batch_items import ItemRow

SHELF = "incoming"
_LONGEST_NAME = 300
_LONGEST_NUMBER = 200
_MOST_ITEMS = 256
_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """Items that become durable together.

    Attributes:
        rows: of the items; of those with an input, `segment_offset` counts from the page's own
            beginning.
        inputs: the documents, which follow one another.
    """

    rows: tuple[ItemRow, ...]
    inputs: tuple[bytes, ...]

    def content(self, at: datetime) -> Content:
        """What the shelf keeps: one entry, named after its first item."""
        first = self.rows[0]
        return Content(f"{first.batch}-{first.number}", at, self.inputs, SHELF)

    def rows_at(self, location: Location) -> tuple[ItemRow, ...]:
        """The rows, once it is known where the page is."""
        return tuple(_placed(row, location) for row in self.rows)


class PageMaker:
    """Gathers items until a page is full; numbers them from 1.

    Attributes:
        count: of the items so far.
        unreadable: those among them that cannot even be asked for.
    """

    def __init__(self, batch: str) -> None:
        """For a batch's id."""
        self._batch = batch
        self._rows: list[ItemRow] = []
        self._inputs: list[bytes] = []
        self._bytes = 0
        self.count = 0
        self.unreadable = 0

    @property
    def is_full(self) -> bool:
        """Whether it should be written before more is added."""
        return len(self._rows) >= _MOST_ITEMS or self._bytes >= _MOST_BYTES

    async def add(self, item: ReadItem, *, at: datetime) -> ItemRow:
        """Take one in; gives its row."""
        self.count += 1
        row = await self._row(item, at)
        self._rows.append(row)
        return row

    def take(self) -> Page | None:
        """What was gathered, and begin anew; None: nothing was."""
        if not self._rows:
            return None
        page = Page(tuple(self._rows), tuple(self._inputs))
        self._rows, self._inputs, self._bytes = [], [], 0
        return page

    async def _row(self, item: ReadItem, at: datetime) -> ItemRow:
        if not isinstance(item, NewItem):
            self.unreadable += 1
            return ItemRow(
                batch=self._batch,
                number=self.count,
                name=item.name[:_LONGEST_NAME],
                state="failed",
                business_number=item.business_number[:_LONGEST_NUMBER],
                problem=kept(item.problem),
                finished_at=at,
            )
        asked, offset = item.request, self._bytes
        self._inputs.append(item.document)
        self._bytes += len(item.document)
        return ItemRow(
            batch=self._batch,
            number=self.count,
            name=asked.name[:_LONGEST_NAME],
            state="waiting",
            key=item_key(asked),
            business_number=asked.business_number,
            document_type=asked.document_type,
            seal=asked.seal,
            input_digest=item.digest or await sha256_of(item.document),
            input_bytes=len(item.document),
            segment="",
            segment_offset=offset,
            request=encoded(asked),
        )


def _placed(row: ItemRow, page: Location) -> ItemRow:
    if row.segment_offset is None:
        return row
    offset = page.offset + row.segment_offset
    return msgspec.structs.replace(row, segment=page.segment, segment_offset=offset)
