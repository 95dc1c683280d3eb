"""All or nothing: every document is looked at before any of them is sealed."""

import asyncio
from collections.abc import AsyncIterator

from gateway.batches.asking import ItemAsking
from gateway.batches.problems import as_told
from gateway.errors import Problem
from gateway.signing.service import SigningService
from gateway.store.rows.batch_items import ItemReader, ItemRow
from gateway.store.rows.batches import BatchRow
from gateway.store.rows.documents import DocumentReader

_AT_ONCE = 32
_PAGE_ITEMS = 256


class BatchChecking:
    """Screens, prepares and decides every item, as far as it can be done without a key."""

    def __init__(
        self,
        *,
        signing: SigningService,
        asking: ItemAsking,
        items: ItemReader,
        documents: DocumentReader,
    ) -> None:
        self._signing = signing
        self._asking = asking
        self._items = items
        self._documents = documents

    async def refusals(self, batch: BatchRow) -> tuple[tuple[int, Problem], ...]:
        """The items that would be refused now, by number, of those that could be read.

        Raises:
            Problem: something is away without which it cannot be said (a worker, the store).
        """
        turns = asyncio.Semaphore(_AT_ONCE)
        found: list[tuple[int, Problem]] = []

        async def look(item: ItemRow) -> None:
            async with turns:
                problem = await self._refusal(batch, item)
            if problem is not None:
                found.append((item.number, problem))

        async for page in self._pages(batch):
            await asyncio.gather(*(look(item) for item in page if item.state == "waiting"))
        found.sort(key=lambda each: each[0])
        return tuple(found)

    async def _pages(self, batch: BatchRow) -> AsyncIterator[tuple[ItemRow, ...]]:
        after = 0
        while page := await self._items.page(batch.id, after=after, most=_PAGE_ITEMS):
            yield page
            after = page[-1].number

    async def _refusal(self, batch: BatchRow, item: ItemRow) -> Problem | None:
        try:
            request = self._asking.request(batch, item, None)
            await self._signing.examine(request, await self._asking.document(item))
        except Problem as problem:
            if problem.retry_after_seconds is not None:
                raise
            return await as_told(problem, self._documents, system=batch.system, item=item)
        return None
