"""/v1/batches: how far they are, what came of each document, and what may be done with them."""

from collections.abc import Awaitable, Callable
from typing import Any, get_args

from aiohttp import web

from gateway.batches.progress import ProgressBook
from gateway.batches.receipts.maker import ReceiptMaker
from gateway.batches.service import BatchService
from gateway.http import answers
from gateway.http.batches import answers as batch_answers
from gateway.http.batches.schemas import PATHS, SCHEMAS
from gateway.http.errors import MalformedRequestProblem
from gateway.http.reading.queries import number_in
from gateway.http.reading.small_bodies import read_small_body
from gateway.http.routes import TOLD, WHO, Route
from gateway.store.batch_items import ItemState
from gateway.store.batches import BatchRow
from policies.model import Caller

_BATCHES = "/v1/batches"
_ONE = f"{_BATCHES}/{{id}}"
_MOST_BATCHES = 100
_MOST_ITEMS = 1000
_MOST_BODY_BYTES = 1024

_Act = Callable[[str, Caller], Awaitable[BatchRow]]


class Batches:
    """The handlers, and what they ask."""

    def __init__(
        self, service: BatchService, *, progress: ProgressBook, receipts: ReceiptMaker
    ) -> None:
        self._service = service
        self._receipts = receipts
        self._progress = progress

    def routes(self) -> tuple[Route, ...]:
        """What this file answers."""
        return (
            Route("GET", _BATCHES, "batches", "document.read", self.batches),
            Route("GET", _ONE, "batch", "document.read", self.batch),
            Route("GET", f"{_ONE}/items", "batch-items", "document.read", self.items),
            Route("GET", f"{_ONE}/receipt", "batch-receipt", "document.read", self.receipt),
            Route("POST", f"{_ONE}/pause", "batch-pause", "seal.use", self.pause),
            Route("POST", f"{_ONE}/resume", "batch-resume", "seal.use", self.resume),
            Route("POST", f"{_ONE}/cancel", "batch-cancel", "seal.use", self.cancel),
            Route("POST", f"{_ONE}/retry", "batch-retry", "seal.use", self.retry),
        )

    async def batches(self, request: web.Request) -> web.StreamResponse:
        """The caller's, the newest first."""
        most = number_in(request, "limit", usual=50, least=1, most=_MOST_BATCHES)
        before = request.query.get("before")
        rows = await self._service.newest(request[WHO].caller, before=before, most=most)
        following = rows[-1].id if len(rows) == most else None
        told = [batch_answers.batch(row) for row in rows]
        return answers.plain_json({"batches": told, "next": following})

    async def batch(self, request: web.Request) -> web.StreamResponse:
        """One, and how far it has come."""
        row = await self._service.batch(request.match_info["id"], request[WHO].caller)
        progress = await self._progress.of(row)
        return answers.plain_json(batch_answers.with_progress(row, progress))

    async def items(self, request: web.Request) -> web.StreamResponse:
        """Its documents in their order, a page at a time."""
        row = await self._service.batch(request.match_info["id"], request[WHO].caller)
        most = number_in(request, "limit", usual=100, least=1, most=_MOST_ITEMS)
        after = number_in(request, "after", usual=0, least=0, most=2**31 - 1)
        state = _state(request)
        rows = await self._service.items(row, after=after, most=most, state=state)
        following = rows[-1].number if len(rows) == most else None
        told = [batch_answers.item(each) for each in rows]
        return answers.plain_json({"items": told, "next": following})

    async def receipt(self, request: web.Request) -> web.StreamResponse:
        """What went in and what came out, signed."""
        row = await self._service.batch(request.match_info["id"], request[WHO].caller)
        return web.Response(
            body=await self._receipts.of(row),
            content_type="application/pkcs7-mime",
            headers={"Content-Disposition": f'attachment; filename="{row.id}.p7m"'},
        )

    async def pause(self, request: web.Request) -> web.StreamResponse:
        """Begin no further document of it."""
        return await self._after(request, self._service.pause)

    async def resume(self, request: web.Request) -> web.StreamResponse:
        """Go on with what was paused."""
        return await self._after(request, self._service.resume)

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        """Seal no further document of it."""
        return await self._after(request, self._service.cancel)

    async def retry(self, request: web.Request) -> web.StreamResponse:
        """Try what failed once more."""
        return await self._after(request, self._service.retry)

    async def _after(self, request: web.Request, act: _Act) -> web.StreamResponse:
        await _refuse_what_is_said(request)
        row = await act(request.match_info["id"], request[WHO].caller)
        told: dict[str, object] = {"batch": row.id, "state": row.state}
        request[TOLD] = told
        progress = await self._progress.of(row)
        return answers.plain_json(batch_answers.with_progress(row, progress))


async def _refuse_what_is_said(request: web.Request) -> None:
    """These have no body, or an empty object."""
    body = await read_small_body(request, most_bytes=_MOST_BODY_BYTES)
    if body.strip() not in {b"", b"{}"}:
        raise MalformedRequestProblem("this has no body")


def _state(request: web.Request) -> ItemState | None:
    said = request.query.get("state")
    if said is None:
        return None
    for state in get_args(ItemState):
        if said == state:
            known: ItemState = state
            return known
    raise MalformedRequestProblem(
        f"`state` is {said[:40]!r}, and none of {', '.join(get_args(ItemState))}"
    )


def openapi_paths() -> dict[str, Any]:
    """What this file answers, described."""
    return PATHS


def openapi_schemas() -> dict[str, Any]:
    """The types that this file brings along."""
    return SCHEMAS
