"""The HTTP connector against a server of aiohttp."""

import asyncio
import base64
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from connectors.errors import ConnectorAwayError, DeliveryRefusedError
from connectors.http.client import HTTPAccess
from connectors.http.connector import HTTPConnector, HTTPSettings
from connectors.http.listing import ListShape
from connectors.model import Delivery
from connectors.tls import TLS
from tests.servers.certificates import server_certificate
from tests.servers.process import free_port


@dataclass
class Partner:
    """The internal system: a list, documents, and a receiver."""

    base: str = ""
    items: list[dict[str, object]] = field(default_factory=list)
    next: str | None = None
    documents: dict[str, web.StreamResponse | bytes] = field(default_factory=dict)
    acknowledged: list[str] = field(default_factory=list)
    delivered: dict[str, dict[str, object]] = field(default_factory=dict)
    tries: int = 0
    answer: int = 200
    pause: float = 0
    asked: list[web.Request] = field(default_factory=list)

    async def list_(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        tag = '"empty"' if not self.items else '"full"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        rest = [one for one in self.items if str(one.get("id")) not in self.acknowledged]
        return web.json_response({"items": rest, "next": self.next}, headers={"ETag": tag})

    async def document(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        found = self.documents.get(request.match_info["name"])
        match found:
            case None:
                return web.Response(status=404)
            case bytes():
                return web.Response(body=found)
            case _:
                return web.Response(status=found.status, headers=found.headers)

    async def endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):  # the other side ends it
            while True:
                await response.write(b"x" * 10_000)
        return response

    async def silent(self, request: web.Request) -> web.Response:
        del request
        await asyncio.Event().wait()
        raise AssertionError("never")

    async def acknowledge(self, request: web.Request) -> web.Response:
        self.acknowledged += (await request.json())["ids"]
        return web.Response(status=self.answer)

    async def deliver(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        self.tries += 1
        await asyncio.sleep(self.pause)
        self.delivered.setdefault(request.headers["Idempotency-Key"], await request.json())
        return web.Response(status=self.answer)


async def _served(partner: Partner, context: ssl.SSLContext | None) -> web.AppRunner:
    app = web.Application()
    app.add_routes(
        [
            web.get("/list", partner.list_),
            web.get("/documents/{name}", partner.document),
            web.get("/endless", partner.endless),
            web.get("/silent", partner.silent),
            web.post("/acknowledge", partner.acknowledge),
            web.post("/results/{id}", partner.deliver),
        ]
    )
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    partner.base = f"{'https' if context else 'http'}://127.0.0.1:{port}"
    return runner


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    partner = Partner()
    runner = await _served(partner, None)
    yield partner
    await runner.cleanup()


@pytest.fixture
def settings(partner: Partner, tmp_path: Path) -> HTTPSettings:
    (tmp_path / "token").write_text("s3cret-token\n")
    return HTTPSettings(
        name="tms",
        list_url=f"{partner.base}/list",
        acknowledge_url=f"{partner.base}/acknowledge",
        deliver_url=partner.base + "/results/{id}",
        access=HTTPAccess(token_file=tmp_path / "token", timeout_seconds=5),
        max_bytes=1000,
        max_list_bytes=100_000,
    )


def by_cursor(settings: HTTPSettings) -> HTTPSettings:
    return replace(settings, acknowledge_url=None, shape=ListShape(next="/next"))


def holding(id_: object, content: bytes, **more: object) -> dict[str, object]:
    return {"id": id_, "content": base64.b64encode(content).decode(), **more}


async def test_what_is_listed_comes_again_until_it_is_acknowledged(
    partner: Partner, settings: HTTPSettings
) -> None:
    partner.items = [holding(7, b"one", name="收据.pdf", company="east"), holding("b", b"two")]
    async with HTTPConnector(settings) as connector:
        page = await connector.fetch(None, most=9)
        assert await connector.fetch(page.cursor, most=9) == page
    async with HTTPConnector(settings) as connector:
        again = await connector.fetch(None, most=1)
        await connector.acknowledge(again.items)
        assert partner.acknowledged == ["7"]
        assert (await connector.fetch(again.cursor, most=9)).items == page.items[1:]
    first = page.items[0]
    assert (first.name, first.content) == ("收据.pdf", b"one")
    assert first.fields == {"id": "7", "name": "收据.pdf", "company": "east"}


async def test_a_cursor_acknowledges_where_the_server_wants_no_ids(
    partner: Partner, settings: HTTPSettings
) -> None:
    partner.items = [holding(number, b"%d" % number) for number in range(3)]
    partner.next = "page 2"
    async with HTTPConnector(by_cursor(settings)) as connector:
        first = await connector.fetch(None, most=2)
        assert [item.content for item in first.items] == [b"0", b"1"]
        rest = await connector.fetch(first.cursor, most=2)
        assert [item.content for item in rest.items] == [b"2"]
        partner.items, partner.next = [holding(3, b"3")], None
        last = await connector.fetch(rest.cursor, most=2)
        assert partner.asked[-1].query["cursor"] == "page 2"
        assert [item.content for item in last.items] == [b"3"]
        assert (await connector.fetch(last.cursor, most=2)).items == ()
        partner.items.append(holding(4, b"4"))
        assert [item.content for item in (await connector.fetch(last.cursor, most=2)).items] == [
            b"4"
        ]


async def test_an_empty_list_that_has_not_changed_is_not_sent_again(
    partner: Partner, settings: HTTPSettings
) -> None:
    async with HTTPConnector(settings) as connector:
        for _ in range(2):
            assert (await connector.fetch(None, most=9)).items == ()
        assert partner.asked[-1].headers["If-None-Match"] == '"empty"'
        partner.items = [holding(1, b"one")]
        assert len((await connector.fetch(None, most=9)).items) == 1


async def test_documents_are_fetched_and_those_that_cannot_be_have_their_problem(
    partner: Partner, settings: HTTPSettings
) -> None:
    partner.items = [
        {"id": 1, "url": "documents/good"},
        {"id": 2, "url": "/documents/large"},
        {"id": 3, "url": "/documents/missing"},
        {"id": 4, "url": f"{partner.base}/endless"},
        {"id": 5, "content": "no base64!"},
        {"id": 6},
        holding(7, b"x" * 1001),
        {"id": 8, "url": "http://[bad"},
    ]
    partner.documents = {"good": b"%PDF", "large": b"x" * 1001}
    async with HTTPConnector(settings) as connector:
        page = await connector.fetch(None, most=9)
    assert [(item.content, item.problem) for item in page.items] == [
        (b"%PDF", ""),
        (b"", "the document has 1,001 bytes, and 1,000 are allowed"),
        (b"", "its address was answered with 404"),
        (b"", "the document has more than the 1,000 bytes that are allowed"),
        (b"", "`content` is no base64"),
        (b"", "it has neither `content` nor `url`"),
        (b"", "it has 1,001 bytes, and 1,000 are allowed"),
        (b"", "its address cannot be read"),
    ]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://169.254.169.254/latest/meta-data", "none of the places that may be called"),
        ("http://localhost:1/", "none of the places that may be called"),
        ("file:///etc/passwd", "neither http nor https"),
        ("http://user:pw@127.0.0.1/", "neither http nor https, or holds a password"),
        ("documents/away", "sends us on to http://169.254.169.254"),
        ("documents/round", "round in circles"),
    ],
)
async def test_a_list_cannot_send_us_to_other_doors(
    partner: Partner, settings: HTTPSettings, url: str, told: str
) -> None:
    partner.documents = {
        "away": web.Response(status=302, headers={"Location": "http://169.254.169.254/"}),
        "round": web.Response(status=302, headers={"Location": "/documents/round"}),
    }
    partner.items = [{"id": 1, "url": url}]
    async with HTTPConnector(settings) as connector:
        (item,) = (await connector.fetch(None, most=9)).items
    assert told in item.problem
    assert item.content == b""


async def test_the_token_goes_to_the_servers_own_addresses_only(
    partner: Partner, settings: HTTPSettings
) -> None:
    other = Partner(documents={"one": b"%PDF"})
    runner = await _served(other, None)
    partner.documents = {"moved": web.Response(status=307, headers={"Location": "two"})}
    partner.documents["two"] = b"%PDF 2"
    partner.items = [
        {"id": 1, "url": f"{other.base}/documents/one"},
        {"id": 2, "url": "documents/moved"},
    ]
    async with HTTPConnector(replace(settings, origins=(other.base,))) as connector:
        page = await connector.fetch(None, most=9)
    await runner.cleanup()
    assert [item.content for item in page.items] == [b"%PDF", b"%PDF 2"]
    assert {each.headers["Authorization"] for each in partner.asked} == {"Bearer s3cret-token"}
    assert "Authorization" not in other.asked[0].headers


async def test_a_document_that_fails_for_ever_is_given_up_and_holds_nothing_up(
    partner: Partner, settings: HTTPSettings
) -> None:
    partner.items = [{"id": 1, "url": "documents/bad"}, {"id": 2, "url": "documents/good"}]
    partner.documents = {"bad": web.Response(status=500), "good": b"%PDF"}
    async with HTTPConnector(settings) as connector:
        for _ in range(9):
            (good,) = (await connector.fetch(None, most=9)).items
            assert good.content == b"%PDF"
        bad, good = (await connector.fetch(None, most=9)).items
        assert bad.problem.startswith("it could not be had in 10 tries")
        partner.items = [{"id": 3, "url": "documents/bad"}]
        for _ in range(12):  # it alone tells nothing about itself
            with pytest.raises(ConnectorAwayError, match="document 3 cannot be had"):
                await connector.fetch(None, most=9)


async def test_a_page_by_cursor_ends_before_what_cannot_be_had_now(
    partner: Partner, settings: HTTPSettings
) -> None:
    partner.items = [holding(1, b"one"), {"id": 2, "url": "documents/two"}, holding(3, b"three")]
    partner.next = "behind"
    partner.documents = {"two": web.Response(status=503)}
    async with HTTPConnector(by_cursor(settings)) as connector:
        page = await connector.fetch(None, most=9)
        assert [item.content for item in page.items] == [b"one"]
        partner.documents["two"] = b"two"
        rest = await connector.fetch(page.cursor, most=9)
        assert [item.content for item in rest.items] == [b"two", b"three"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>", "is no JSON"),
        (b"[" * 50_000, "is no JSON"),
        (b'{"rows": []}', "no list at `/items`"),
        (b'{"items": [3]}', "item 0 of the list is no JSON object"),
        (b'{"items": [{"name": "x"}]}', "has no `id`"),
        (b'{"items": [{"id": "\\ud800"}]}', "printable characters"),
        (b"x" * 100_001, "100,001 bytes"),
    ],
)
async def test_a_list_that_is_none_is_told(
    partner: Partner, settings: HTTPSettings, body: bytes, told: str
) -> None:
    partner.documents = {"list": body}
    async with HTTPConnector(
        replace(settings, list_url=f"{partner.base}/documents/list")
    ) as connector:
        with pytest.raises(ConnectorAwayError, match=told) as caught:
            await connector.fetch(None, most=1)
    assert f'connector "tms" (HTTP, {partner.base})' in str(caught.value)


async def test_a_slow_server_does_not_hold_us(partner: Partner, settings: HTTPSettings) -> None:
    slow = replace(
        settings,
        list_url=f"{partner.base}/silent",
        access=replace(settings.access, timeout_seconds=0.2),
    )
    async with HTTPConnector(slow) as connector:
        with pytest.raises(ConnectorAwayError, match="tried again"):
            await connector.fetch(None, most=1)


async def test_a_result_goes_out_under_one_key_however_often(
    partner: Partner, settings: HTTPSettings
) -> None:
    delivery = Delivery(
        id="d/1", kind="sealed", name="收据.pdf", content=b"%PDF", result={"seal": "章"}
    )
    async with HTTPConnector(settings) as connector:
        partner.answer = 503
        with pytest.raises(ConnectorAwayError, match="503"):
            await connector.deliver(delivery)
        partner.answer = 201
        await connector.deliver(delivery)
    assert partner.tries == 2
    assert partner.delivered == {
        "d/1": {
            "id": "d/1",
            "kind": "sealed",
            "name": "收据.pdf",
            "fetched": None,
            "result": {"seal": "章"},
            "content": "JVBERg==",
        }
    }
    assert partner.asked[-1].raw_path == "/results/d%2F1"


async def test_results_that_wait_for_their_turn_do_not_run_out_of_time(
    partner: Partner, settings: HTTPSettings
) -> None:
    partner.pause = 0.1
    hurried = replace(settings, access=replace(settings.access, timeout_seconds=1))
    async with HTTPConnector(hurried) as connector:
        await asyncio.gather(
            *(
                connector.deliver(
                    Delivery(id=f"{number}", kind="failed", name="", content=b"", result={})
                )
                for number in range(100)
            )
        )
    assert len(partner.delivered) == 100


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, DeliveryRefusedError),
        (422, DeliveryRefusedError),
        (302, ConnectorAwayError),
        (401, ConnectorAwayError),
        (404, ConnectorAwayError),
        (409, ConnectorAwayError),
        (429, ConnectorAwayError),
        (500, ConnectorAwayError),
    ],
)
async def test_only_an_answer_about_the_delivery_itself_ends_the_tries(
    partner: Partner, settings: HTTPSettings, status: int, error: type[Exception]
) -> None:
    partner.answer = status
    async with HTTPConnector(settings) as connector:
        with pytest.raises(error, match=str(status)):
            await connector.deliver(
                Delivery(id="1", kind="failed", name="", content=b"", result={})
            )


async def test_acknowledging_that_fails_is_told(partner: Partner, settings: HTTPSettings) -> None:
    partner.items, partner.answer = [holding(1, b"one")], 500
    async with HTTPConnector(settings) as connector:
        page = await connector.fetch(None, most=1)
        with pytest.raises(ConnectorAwayError, match="acknowledging was answered with 500"):
            await connector.acknowledge(page.items)


async def test_proving_tells_what_is_wrong_and_no_token(
    partner: Partner, settings: HTTPSettings
) -> None:
    async with HTTPConnector(settings) as connector:
        await connector.prove()
    for wrong in (
        replace(settings, deliver_url=f"{partner.base}/nowhere"),
        replace(settings, list_url=f"http://127.0.0.1:{free_port()}/list"),
    ):
        async with HTTPConnector(wrong) as connector:
            with pytest.raises(ConnectorAwayError, match='connector "tms"') as caught:
                await connector.prove()
        assert "s3cret" not in str(caught.value) + repr(settings)


async def test_a_server_whose_certificate_is_unknown_is_not_talked_to(
    settings: HTTPSettings, tmp_path: Path
) -> None:
    files = server_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    secure = Partner(items=[holding(1, b"one")])
    runner = await _served(secure, context)
    there = replace(settings, list_url=f"{secure.base}/list")
    async with HTTPConnector(there) as connector:
        with pytest.raises(ConnectorAwayError, match="CERTIFICATE_VERIFY_FAILED"):
            await connector.fetch(None, most=1)
    known = replace(there.access, tls=TLS(ca=files.ca))
    async with HTTPConnector(replace(there, access=known)) as connector:
        assert len((await connector.fetch(None, most=1)).items) == 1
    await runner.cleanup()


def test_a_list_that_would_be_read_for_ever_is_refused() -> None:
    with pytest.raises(ValueError, match="acknowledge"):
        HTTPSettings(name="x", list_url="http://h/list")


async def test_names_that_no_store_could_hold_are_made_plain(
    partner: Partner, settings: HTTPSettings
) -> None:
    names: list[object] = ["a\ud800.pdf", "b\x00\n.pdf", "c" * 600, {"no": "text"}, ""]
    partner.items = [holding(number, b"x", name=name) for number, name in enumerate(names)]
    async with HTTPConnector(settings) as connector:
        page = await connector.fetch(None, most=9)
    assert [item.name for item in page.items] == [
        "a\ufffd.pdf",
        "b\ufffd\ufffd.pdf",
        "c" * 500,
        "3",
        "4",
    ]


async def test_every_item_of_a_list_is_given_once(partner: Partner, settings: HTTPSettings) -> None:
    partner.items = [holding(1, b"one"), holding(1, b"one"), holding(2, b"two")]
    async with HTTPConnector(settings) as connector:
        page = await connector.fetch(None, most=9)
    assert [json.loads(item.fields["id"]) for item in page.items] == [1, 2]
