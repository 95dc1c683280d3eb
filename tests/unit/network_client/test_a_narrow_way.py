"""A proxy in between lets no large body through: each goes by itself, and what cannot says so."""

import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from cloud_bridge.client.model import Way
from cloud_bridge.client.open import open_client
from cloud_bridge.encryption import plain
from cloud_bridge.errors import NetworkRefusedError, WayTooNarrowError
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.model import DocumentTerms
from cloud_bridge.wire import NewEnvelope, Parcel
from tests.contracts.test_cloud_network import NoLedger
from tests.network_house import Company, network_house

_HALF = 1_000_000
_MOST = 1_500_000
_PASSED_ON = ("Authorization", "Content-Digest", "Content-Type", "Signature", "Signature-Input")


@dataclass
class Proxy:
    """Passes on what has no more than `most` bytes, and answers the rest by itself, unread."""

    port: int = 0
    to: str = ""
    most: int = 1 << 30
    refused: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if (request.content_length or 0) > self.most:
            self.refused.append(request.path.split("/")[4])
            page = "<h1>413 Request Entity Too Large</h1>"
            return web.Response(status=413, text=page, content_type="text/html")
        body = await request.content.read()
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        where, data = f"{self.to}{request.raw_path}", io.BytesIO(body) if body else None
        async with (
            aiohttp.ClientSession() as session,
            session.request(request.method, where, data=data, headers=headers) as answer,
        ):
            return web.Response(
                body=await answer.read(),
                status=answer.status,
                headers={"Content-Type": answer.headers.get("Content-Type", "text/plain")},
            )


@dataclass
class Behind:
    """A company that speaks with the network through the proxy."""

    company: Company
    network: CloudNetwork
    proxy: Proxy

    def parcel(self, *, half: int = _HALF) -> Parcel:
        """An envelope of two documents, of so many bytes each."""
        bodies = {name: f"%PDF {name}".encode().ljust(half, b" ") for name in ("one", "two")}
        documents = tuple(
            DocumentTerms(
                name=f"{name}.pdf",
                digest=hashlib.sha256(body).hexdigest(),
                size=len(body),
                type="purchase-contract",
            )
            for name, body in bodies.items()
        )
        draft = self.company.draft(self.company.party("buyer"), mode="open", documents=documents)
        new = draft.new()
        contents = tuple(plain(body, envelope=draft.id) for body in bodies.values())
        return Parcel(statement=new.sent, terms=new.terms, contents=contents)

    async def is_refused(self, parcel: Parcel) -> str:
        with pytest.raises(NetworkRefusedError) as refused:
            await self.network.bring(parcel)
        return refused.value.type

    async def each_by_itself(self, parcel: Parcel) -> None:
        for content in parcel.contents:
            await self.network.put_content(content)
        assert parcel.terms is not None
        await self.network.send(NewEnvelope(terms=parcel.terms, sent=parcel.statement))


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Behind]:
    proxy = Proxy()
    async with AsyncExitStack() as stack:
        runner = web.ServerRunner(web.Server(proxy.handle))
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        proxy.port = runner.addresses[0][1]
        server = {"port": 0, "external_url": proxy.url}
        house = await stack.enter_async_context(network_house(tmp_path, server=server))
        proxy.to, house.signed_url = house.url, proxy.url
        company = await house.company("买方有限公司")
        network = open_client(
            company.id,
            Way(url=proxy.url, network_key=house.network_key),
            key=company.signing,
            requests_per_second=1000,
            ledger=NoLedger(),
            time=house.time,
        )
        await stack.enter_async_context(network)
        yield Behind(company, network, proxy)


async def test_what_is_too_large_together_goes_by_itself_and_the_next_is_not_tried_in_vain(
    behind: Behind,
) -> None:
    behind.proxy.most = _MOST
    first, second = behind.parcel(), behind.parcel()
    assert await behind.is_refused(first) == "not-together"
    await behind.each_by_itself(first)
    assert await behind.is_refused(second) == "not-together"
    await behind.each_by_itself(second)
    await behind.network.bring(behind.parcel(half=_MOST // 3))  # what is smaller goes together
    assert behind.proxy.refused == ["parcels"]
    for each in (first, second):
        taken = await behind.company.record(each.contents[0].head.envelope)
        assert len(taken.entries) == 1


async def test_once_the_limit_is_raised_it_goes_together_again(behind: Behind) -> None:
    behind.proxy.most = _MOST
    assert await behind.is_refused(behind.parcel()) == "not-together"
    behind.proxy.most = 1 << 30
    assert await behind.is_refused(behind.parcel()) == "not-together"  # nobody has told us
    await behind.network.identity()  # as after an outage
    await behind.network.bring(behind.parcel())


async def test_a_content_that_passes_and_is_as_large_shows_that_the_limit_was_raised(
    behind: Behind,
) -> None:
    behind.proxy.most = _MOST
    assert await behind.is_refused(behind.parcel()) == "not-together"
    behind.proxy.most = 1 << 30
    await behind.each_by_itself(behind.parcel(half=2 * _HALF + 10_000))
    await behind.network.bring(behind.parcel())


async def test_a_content_that_does_not_pass_by_itself_is_told_with_its_size(
    behind: Behind,
) -> None:
    behind.proxy.most = _MOST
    parcel = behind.parcel(half=_MOST)
    assert await behind.is_refused(parcel) == "not-together"
    with pytest.raises(WayTooNarrowError, match="raise its limit") as narrow:
        await behind.network.put_content(parcel.contents[0])
    assert narrow.value.size > _MOST
    assert behind.proxy.refused == ["parcels", "contents"]
