"""What an answer means, and having none: tried again, refused for good, or not from the network."""

import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519

from cloud_bridge.client.budget import Budget
from cloud_bridge.client.calling import Caller, Question
from cloud_bridge.client.model import Way
from cloud_bridge.client.reference import ReferenceNetwork
from cloud_bridge.client.signing import OrganisationSigner
from cloud_bridge.errors import (
    NetworkAwayError,
    NetworkLiesError,
    NetworkRefusedError,
    WayTooNarrowError,
)
from cloud_bridge.keys import SigningKey
from gateway.clock import SystemClock

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PROBLEM = "application/problem+json"


@dataclass
class Ledger:
    """Keeps what leaves; `refuses`: it cannot, so nothing may."""

    rows: list[tuple[str, str, bytes, int]] = field(default_factory=list)
    refuses: bool = False

    async def leaving(self, *, kind: str, envelope: str, digest: bytes, size: int) -> None:
        if self.refuses:
            raise OSError("the disk is full")
        self.rows.append((kind, envelope, digest, size))


@dataclass
class Answering:
    """A server that answers as a test says, and keeps what came."""

    port: int = 0
    most: int = 1 << 20
    answer: Handler = field(default=lambda _request: _text("{}"))
    came: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        request._client_max_size = self.most  # a server without an application has no word for it
        body = await request.read()
        self.came.append((request.method, str(request.raw_path), dict(request.headers), body))
        return await self.answer(request)


async def _text(text: str, status: int = 200, **headers: str) -> web.Response:
    return web.Response(
        text=text, status=status, headers={"Content-Type": "application/json", **headers}
    )


@pytest.fixture
async def server() -> AsyncIterator[Answering]:
    answering = Answering()
    runner = web.ServerRunner(web.Server(answering.handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    answering.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # it has started
    yield answering
    await runner.cleanup()


KEY = SigningKey.generate()


def caller(way: Way, ledger: Ledger) -> Caller:
    clock = SystemClock()
    return Caller(
        way,
        OrganisationSigner("org-east", KEY, time=clock),
        budget=Budget(per_second=1000, time=clock),
        ledger=ledger,
    )


@pytest.fixture
async def asking(server: Answering) -> AsyncIterator[Caller]:
    async with caller(Way(url=server.url, network_key=KEY.public), Ledger()) as made:
        yield made


def problem(status: int, type_: str, **headers: str) -> Handler:
    text = f'{{"type":"urn:sealgate:problem:{type_}","title":"No","detail":"because"}}'

    async def answer(_request: web.Request) -> web.Response:
        return await _text(text, status, **{"Content-Type": PROBLEM, **headers})

    return answer


GET = Question(method="GET", path="/v1/feed?after=a%3Ab&wait=0", kind="feed")


async def test_a_request_is_signed_by_the_organisations_key_over_what_is_sent(
    server: Answering, asking: Caller
) -> None:
    body = b'{"a":1}'
    await asking.ask(Question(method="PUT", path="/v1/card", kind="SignedCard", body=body))
    await asking.ask(GET)

    for method, path, headers, came in server.came:
        message = _Came(method, f"{server.url}{path}", headers)
        required = ["@method", "@target-uri"] + ["content-digest", "content-type"] * bool(came)
        verifier = HTTPMessageVerifier(signature_algorithm=ED25519, key_resolver=_Key())
        (result,) = verifier.verify(message, max_age=None, require_components=required)
        assert result.parameters["keyid"] == "org-east"
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert server.came[0][2]["Content-Digest"] == f"sha-256=:{digest}:"
    assert server.came[1][1] == GET.path


async def test_the_ledger_has_it_before_it_leaves(server: Answering) -> None:
    ledger = Ledger()
    seen: list[int] = []

    async def answer(_request: web.Request) -> web.Response:
        seen.append(len(ledger.rows))
        return await _text("{}")

    server.answer = answer
    async with caller(Way(url=server.url, network_key=KEY.public), ledger) as made:
        await made.ask(Question(method="PUT", path="/", kind="Content", envelope="e", body=b"abc"))
        await made.ask(GET)
        assert seen == [1, 2]
        empty = hashlib.sha256(b"").digest()
        content = ("Content", "e", hashlib.sha256(b"abc").digest(), 3)
        assert ledger.rows == [content, ("feed", "", empty, 0)]
        ledger.refuses = True
        with pytest.raises(OSError, match="full"):
            await made.ask(GET)
    assert len(server.came) == 2


@pytest.mark.parametrize(
    ("status", "type_"),
    [(400, "request-malformed"), (409, "not-allowed"), (413, "request-too-large")],
)
async def test_what_the_network_will_never_take_is_refused_in_its_words(
    server: Answering, asking: Caller, status: int, type_: str
) -> None:
    server.answer = problem(status, type_)
    with pytest.raises(NetworkRefusedError, match="because") as refused:
        await asking.ask(GET)
    assert refused.value.type == type_


@pytest.mark.parametrize(
    ("status", "type_"),
    [
        (401, "request-time-off"),
        (429, "too-many-requests"),
        (500, "network-internal-error"),
        (503, "network-store-failed"),
    ],
)
async def test_what_is_nobodys_fault_for_ever_is_tried_again(
    server: Answering, asking: Caller, status: int, type_: str
) -> None:
    server.answer = problem(status, type_)
    with pytest.raises(NetworkAwayError, match=type_):
        await asking.ask(GET)


async def test_nothing_more_is_asked_until_the_time_that_the_network_named(
    server: Answering, asking: Caller
) -> None:
    server.answer = problem(503, "network-store-failed", **{"Retry-After": "40"})
    with pytest.raises(NetworkAwayError) as away:
        await asking.ask(GET)
    assert away.value.retry_after_seconds == 40
    with pytest.raises(NetworkAwayError) as away:
        await asking.ask(GET)
    assert 30 < (away.value.retry_after_seconds or 0) <= 40
    assert len(server.came) == 1


@pytest.mark.parametrize("status", [302, 403, 404, 511])
async def test_the_page_of_something_between_refuses_nothing_for_good(
    server: Answering, asking: Caller, status: int
) -> None:
    async def page(_request: web.Request) -> web.Response:
        headers = {"Content-Type": "text/html", "Location": "/elsewhere"}
        return web.Response(text="<h1>Blocked</h1>", status=status, headers=headers)

    server.answer = page
    with pytest.raises(NetworkAwayError, match="stands between"):
        await asking.ask(GET)
    assert len(server.came) == 1


async def test_who_lets_no_body_of_this_size_through_is_told_apart(
    server: Answering, asking: Caller
) -> None:
    large = Question(method="PUT", path="/", kind="Content", body=bytes(server.most + 1))
    with pytest.raises(WayTooNarrowError, match=r"1,048,577 bytes.*raise its limit") as narrow:
        await asking.ask(large)  # refused by the server itself, which has a page of its own
    assert narrow.value.size == server.most + 1
    assert server.came == []
    await asking.ask(GET)
    assert len(server.came) == 1


async def test_a_network_that_is_not_there_is_away() -> None:
    async with caller(Way(url="http://127.0.0.1:9", network_key=KEY.public), Ledger()) as made:
        with pytest.raises(NetworkAwayError, match="does not answer") as away:
            await made.ask(GET)
    # Whoever tells it under a title of the same words has the cause alone.
    assert away.value.why.startswith("http://127.0.0.1:9: ")
    assert "does not answer" not in away.value.why


async def test_an_answer_that_takes_too_long_is_away(server: Answering) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        while not request.transport.is_closing():
            await response.write(b" ")
        return response

    server.answer = never
    way = Way(url=server.url, network_key=KEY.public, answer_seconds=0.2)
    async with caller(way, Ledger()) as made:
        with pytest.raises(NetworkAwayError):
            await made.ask(GET)


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("application/json", b'{"items": 3}'),
        ("application/json", b'{"items":"\xff"}'),
        ("application/json", b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
        ("application/msgpack", b"\x81\xa1x" + b"\x91" * 200_000 + b"\x01"),
        ("application/msgpack", b"\x81\xa1\xff\x01"),
        ("application/msgpack", b""),
    ],
    ids=["other", "no-utf-8", "nested", "nested-pack", "no-utf-8-pack", "nothing"],
)
async def test_what_is_no_answer_of_a_network_is_a_lie(
    server: Answering, asking: Caller, type_: str, body: bytes
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=type_)

    network = ReferenceNetwork(Way(url=server.url, network_key=KEY.public), caller=asking)
    server.answer = answer
    with pytest.raises(NetworkLiesError) as lies:
        await network.feed("", wait_seconds=0)
    assert lies.value.lie == "unreadable"


async def test_a_problem_that_is_nested_without_end_is_none_of_the_networks(
    server: Answering, asking: Caller
) -> None:
    nested = '{"x":' + "[" * 200_000 + "]" * 200_000 + "}"
    server.answer = lambda _request: _text(nested, 400, **{"Content-Type": PROBLEM})
    with pytest.raises(NetworkAwayError, match="stands between"):
        await asking.ask(GET)


@pytest.mark.filterwarnings("error::ResourceWarning")
async def test_a_large_body_leaves_without_a_warning(server: Answering, asking: Caller) -> None:
    body = bytes(1 << 21)
    server.most = 1 << 22
    await asking.ask(Question(method="PUT", path="/v1/contents", kind="Content", body=body))
    ((_, _, headers, came),) = server.came
    assert came == body
    assert headers["Content-Length"] == str(len(body))


async def test_a_large_body_has_the_time_that_a_slow_line_needs(server: Answering) -> None:
    server.most = 1 << 23
    way = Way(url=server.url, network_key=KEY.public, answer_seconds=1e-6)
    body = bytes(1 << 22)
    async with caller(way, Ledger()) as made:
        await made.ask(Question(method="PUT", path="/v1/contents", kind="Content", body=body))
        with pytest.raises(NetworkAwayError):
            await made.ask(GET)


async def test_another_key_than_the_pinned_one_is_a_lie(server: Answering, asking: Caller) -> None:
    network = ReferenceNetwork(Way(url=server.url, network_key=KEY.public), caller=asking)
    other = SigningKey.generate().public
    server.answer = lambda _request: _text(f'{{"name":"n","signingKey":"{other}"}}')
    with pytest.raises(NetworkLiesError, match="network_key") as lies:
        await network.identity()
    assert lies.value.lie == "network-key"


async def test_a_proxy_is_asked_in_place_of_the_network(server: Answering) -> None:
    way = Way(url="http://network.invalid", network_key=KEY.public, proxy=server.url)
    async with caller(way, Ledger()) as made:
        await made.ask(GET)
    (_, path, headers, _) = server.came[0]
    assert headers["Host"] == "network.invalid"
    assert path.endswith(GET.path)


class _Key(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        assert key_id == "org-east"
        raw = base64.urlsafe_b64decode(KEY.public + "=")
        return Ed25519PublicKey.from_public_bytes(raw)


@dataclass
class _Came:
    method: str
    url: str
    headers: dict[str, str]
