"""The documents of a list, each by its own request, a few at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from connectors.errors import ConnectorAwayError, TooLargeError
from connectors.http.client import HTTPClient
from connectors.http.listing import Entry
from connectors.identity import marked
from connectors.model import Fetched

SUCCESS: Final = range(200, 300)

_GONE: Final = frozenset({404, 410})
_AT_ONCE: Final = 4
_PAGE_BYTES: Final = 64 * 1024 * 1024
_MOST_TRIES: Final = 10
_MOST_REMEMBERED: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Failure:
    """This document cannot be had now; others may."""

    entry: Entry
    reason: str


class Documents:
    """Gets them. One that fails again and again while its list is fine becomes a failed item.

    Args:
        client: that asks.
        max_bytes: of one document.
    """

    def __init__(self, client: HTTPClient, max_bytes: int) -> None:
        self._client = client
        self._max_bytes = max_bytes
        self._tries: dict[str, int] = {}

    async def of(
        self, entries: Sequence[Entry], base: URL, *, in_order: bool
    ) -> tuple[Fetched, ...]:
        """The first of them that fit into memory.

        Args:
            entries: of the list.
            base: address of the list.
            in_order: end with the first that cannot be had now, and do not leave it out.

        Raises:
            ConnectorAwayError: not one can be had now.
        """
        got: list[Fetched | _Failure] = []
        room = _PAGE_BYTES
        for start in range(0, len(entries), _AT_ONCE):
            group = entries[start : start + _AT_ONCE]
            got += await asyncio.gather(*(self._one(entry, base) for entry in group))
            room -= sum(len(one.content) for one in got[start:] if isinstance(one, Fetched))
            if room < 0 or (in_order and any(isinstance(one, _Failure) for one in got)):
                break
        return self._judged(got, in_order=in_order)

    def _judged(self, got: Sequence[Fetched | _Failure], *, in_order: bool) -> tuple[Fetched, ...]:
        others_work = any(isinstance(one, Fetched) and not one.problem for one in got)
        items: list[Fetched] = []
        failed: _Failure | None = None
        for one in got:
            if isinstance(one, Fetched):
                items.append(one)
            elif others_work and (given_up := self._tried(one)) is not None:
                items.append(given_up)
            else:
                failed = failed or one
                if in_order:
                    break
        if failed is not None and not items:
            raise ConnectorAwayError(f"document {failed.entry.id} cannot be had: {failed.reason}")
        return tuple(items)

    async def _one(self, entry: Entry, base: URL) -> Fetched | _Failure:
        if entry.url is None:
            return self._fetched(entry, entry.content or b"", entry.problem)
        try:
            return await self._asked(entry, base.join(URL(entry.url)))
        except TooLargeError as error:
            problem = f"the document has {error}"
        except ConnectorAwayError as error:
            problem = str(error)
        except ValueError:
            problem = "its address cannot be read"
        except (aiohttp.ClientError, OSError) as error:
            return _Failure(entry, str(error) or type(error).__name__)
        return self._fetched(entry, b"", problem)

    async def _asked(self, entry: Entry, url: URL) -> Fetched | _Failure:
        answer = await self._client.request("GET", url, most_bytes=self._max_bytes)
        told = f"its address was answered with {answer.status}"
        if answer.status in SUCCESS:
            self._tries.pop(entry.id, None)
            return self._fetched(entry, answer.body, "")
        return self._fetched(entry, b"", told) if answer.status in _GONE else _Failure(entry, told)

    def _tried(self, failure: _Failure) -> Fetched | None:
        """None: it is to be tried again."""
        if len(self._tries) >= _MOST_REMEMBERED:
            self._tries.clear()
        id_ = failure.entry.id
        tries = self._tries[id_] = self._tries.get(id_, 0) + 1
        if tries < _MOST_TRIES:
            return None
        problem = f"it could not be had in {tries} tries, while others could: {failure.reason}"
        return self._fetched(failure.entry, b"", problem)

    def _fetched(self, entry: Entry, content: bytes, problem: str) -> Fetched:
        if not problem and len(content) > self._max_bytes:
            size = len(content)
            content, problem = b"", f"it has {size:,} bytes, and {self._max_bytes:,} are allowed"
        return Fetched(
            id=marked(entry.id, content or problem.encode()),
            name=entry.name,
            content=content,
            fields=entry.fields,
            problem=problem,
        )
