"""Following and fetching where connections break: against a server that breaks them on purpose."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.cli.batch.fetching import fetch
from gateway.cli.batch.following import follow
from gateway.cli.batch.model import Batch, Item
from gateway.client import GatewayClient, GatewayRefusedError, RequestSigner
from gateway.clock import SystemClock

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def batch(state: str, sealed: int, *, of: int = 3) -> dict[str, object]:
    ended = {"finishedAt": "2026-11-27T00:00:00Z"} if state == "finished" else {}
    return {
        "id": "b1",
        "state": state,
        "items": of,
        "createdAt": "2026-11-27T00:00:00Z",
        "counts": {"sealed": sealed, "waiting": of - sealed},
        **ended,
    }


def sealed(told: Batch) -> int:
    assert told.counts is not None
    return told.counts.sealed


async def serving(**handlers: Handler) -> AsyncIterator[GatewayClient]:
    app = web.Application()
    for name, handler in handlers.items():
        paths = {
            "events": "/v1/batches/b1/events",
            "state": "/v1/batches/b1",
            "content": "/v1/documents/{id}/content",
            "receipt": "/v1/batches/{id}/receipt",
        }
        app.router.add_get(paths[name], handler)
    signer = RequestSigner(key_id="k", key=Ed25519PrivateKey.generate(), clock=SystemClock())
    async with TestServer(app) as server, GatewayClient(str(server.make_url("")), signer) as client:
        yield client


async def followed(client: GatewayClient) -> list[Batch]:
    return [each async for each in follow(client, "b1", pause_seconds=0)]


async def test_a_batch_is_told_by_events_until_it_has_ended() -> None:
    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": a heartbeat\n\nid: 1\nevent: progress\n")
        told = json.dumps(batch("open", 1), indent=1).splitlines()
        await response.write("".join(f"data: {line}\n" for line in told).encode() + b"\r\n")
        await response.write(f"data: {json.dumps(batch('finished', 3))}\n\n".encode())
        return response

    async def state(_: web.Request) -> web.StreamResponse:
        return web.json_response(batch("finished", 3))

    async for client in serving(events=events, state=state):
        told = await followed(client)
    assert [sealed(each) for each in told] == [1, 3, 3]
    assert told[-1].has_ended
    assert told[-1].is_whole


async def test_where_events_break_the_batch_is_asked_for() -> None:
    asked = 0

    async def events(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        raise web.HTTPInternalServerError

    async def state(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        if asked == 2:
            return web.json_response({"status": 503, "detail": "busy"}, status=503)
        if asked == 1:  # as while a gateway is started anew
            assert request.transport is not None
            request.transport.close()
        return web.json_response(batch("open", asked) if asked < 4 else batch("finished", 3))

    async for client in serving(events=events, state=state):
        told = await followed(client)
    assert sealed(told[-1]) == 3


async def test_a_gateway_that_stays_away_is_told() -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        raise web.HTTPInternalServerError

    async for client in serving(events=away, state=away):
        with pytest.raises(aiohttp.ClientError):
            await followed(client)


async def test_a_batch_of_others_is_no_batch() -> None:
    async def unknown(_: web.Request) -> web.StreamResponse:
        return web.json_response({"type": "batch-unknown", "detail": "no such"}, status=404)

    async for client in serving(events=unknown, state=unknown):
        with pytest.raises(GatewayRefusedError, match="no such"):
            await followed(client)


def item(name: str, content: bytes, *, number: int = 1) -> Item:
    digest = hashlib.sha256(content).hexdigest()
    return Item(number=number, name=name, state="sealed", document=name, output_digest=digest)


async def test_what_is_fetched_overwrites_nothing_and_stays_in_its_folder(tmp_path: Path) -> None:
    async def content(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"sealed" if "torn" not in request.match_info["id"] else b"se")

    asked = 0

    async def receipt(_: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        if asked == 1:  # it is signed a moment after the batch has ended
            problem = {"type": "urn:sealgate:problem:receipt-not-ready", "detail": "soon"}
            return web.json_response(problem, status=409)
        return web.Response(body=b"receipt" if asked < 4 else b"another")

    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine.pdf").write_bytes(b"mine")
    wanted = [
        item("a.pdf", b"sealed"),
        item("sub-a.pdf", b"sealed"),
        item("mine.pdf", b"sealed"),
        item("../out.pdf", b"sealed"),
        item("torn.pdf", b"sealed"),
        item("twice.pdf", b"sealed", number=6),
        item("TWICE.pdf", b"sealed", number=7),
    ]
    async for client in serving(content=content, receipt=receipt):
        first = await fetch(client, "b1", wanted, folder)
        again = await fetch(client, "b1", wanted[:2], folder)
        other = await fetch(client, "b1", wanted[:2], folder)
        next_shift = await fetch(client, "b2", wanted[:2], folder)
    assert first.there == 4
    assert (again.faults, again.no_receipt) == ((), "")
    assert "receipt-b1.p7m is there and differs" in other.no_receipt
    assert next_shift.no_receipt == ""
    for told in ("mine.pdf is there and differs", "'../out.pdf' is no name", "torn.pdf: what came"):
        assert any(told in fault for fault in first.faults), first.faults
    assert {path.name for path in folder.iterdir()} == {
        *(
            "a.pdf",
            "sub-a.pdf",
            "mine.pdf",
            "receipt-b1.p7m",
            "receipt-b2.p7m",
            "twice-6.pdf",
            "TWICE-7.pdf",
        ),
    }
    assert (folder / "mine.pdf").read_bytes() == b"mine"
    assert [*tmp_path.iterdir()] == [folder]
