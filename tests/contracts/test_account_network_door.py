"""Who gets into the account network, and who does not: forged, replayed, foreign, too much."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest

from cloud_bridge.envelopes.statements import Opened
from cloud_bridge.wire import NetworkIdentity
from tests.network_house import Company, NetworkHouse, ProblemAnswer, Request, network_house

_NESTED = b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
_NESTED_PACK = b"\x81\xa1x" + b"\x91" * 200_000 + b"\x01"
_WEBHOOK = msgspec.json.encode({"url": "http://127.0.0.1:1/hook"})


async def test_whoever_asks_is_told_who_the_network_is(house: NetworkHouse) -> None:
    async with house.http.get(f"{house.url}/v1/identity") as answer:
        told = msgspec.json.decode(await answer.read(), type=NetworkIdentity)
    assert told == NetworkIdentity(
        name="Test network", signing_key=house.network_key, parcel_bytes=4 * 1024 * 1024
    )


def _unsigned(request: Request) -> None:
    del request.headers["Signature"], request.headers["Signature-Input"]


def _other_body(request: Request) -> None:
    request.body = b'{"url": "http://127.0.0.1:1/other"}'


def _other_body_and_digest(request: Request) -> None:
    _other_body(request)
    assert request.body is not None
    digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    request.headers["Content-Digest"] = f"sha-256=:{digest}:"


def _no_digest(request: Request) -> None:
    del request.headers["Content-Digest"]


def _other_target(request: Request) -> None:
    request.url += "?after=1"


def _two_key_ids(request: Request) -> None:
    request.headers["Signature-Input"] += ';keyid="org-other"'


def _cut(request: Request) -> None:
    request.headers["Signature"] = request.headers["Signature"][:-6] + "AAAA:"


@pytest.mark.parametrize(
    "spoil",
    [
        _unsigned,
        _other_body,
        _other_body_and_digest,
        _no_digest,
        _other_target,
        _two_key_ids,
        _cut,
    ],
)
async def test_a_request_that_is_not_as_it_was_signed_is_nobodys(
    spoil: Callable[[Request], None], buyer: Company
) -> None:
    request = buyer.request("POST", "/v1/webhooks", _WEBHOOK)
    spoil(request)
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.deliver(request)
    assert (refused.value.status, refused.value.type) == (401, "not-authenticated")
    assert await buyer.ask("GET", "/v1/webhooks") == b'{"webhooks":[]}'


async def test_the_method_is_signed_too(buyer: Company) -> None:
    request = buyer.request("GET", "/v1/webhooks")
    request.method = "DELETE"
    request.url += "/x"
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.deliver(request)
    assert refused.value.type == "not-authenticated"


async def test_a_key_of_one_organisation_does_not_sign_for_another(
    buyer: Company, house: NetworkHouse
) -> None:
    seller = await house.company("Seller Ltd")
    seller.signing, own = buyer.signing, seller.signing
    with pytest.raises(ProblemAnswer) as refused:
        await seller.heads()
    assert refused.value.type == "not-authenticated"
    seller.signing = own
    assert (await seller.heads()).heads == ()
    stranger = Company(house=house, id="org-nobody", name="Nobody", seal=buyer.seal)
    with pytest.raises(ProblemAnswer) as refused:
        await stranger.heads()
    assert refused.value.type == "not-authenticated"


async def test_a_request_that_came_before_is_refused_until_it_is_too_old(
    buyer: Company, house: NetworkHouse
) -> None:
    request = buyer.request("GET", "/v1/heads")
    await buyer.deliver(request)
    for moved, word in (
        (0, "request-replayed"),
        (270, "request-replayed"),
        (40, "request-time-off"),
    ):
        house.time.move(timedelta(seconds=moved))
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.deliver(request)
        assert refused.value.type == word


async def test_a_clock_that_was_ahead_once_does_not_keep_nonces_for_as_long(
    buyer: Company, house: NetworkHouse
) -> None:
    access = house.served.network.api._access
    house.time._start += timedelta(days=365)  # of which the monotonic clock knows nothing
    await buyer.heads()
    house.time._start -= timedelta(days=365)
    before = buyer.request("GET", "/v1/heads")
    await buyer.deliver(before)
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.deliver(before)
    assert refused.value.type == "request-replayed"
    for _ in range(3):
        house.time.move(timedelta(minutes=11))
        await buyer.heads()
        assert len(access._nonces) == 1


@pytest.mark.parametrize("seconds", [-301, 302])
async def test_a_request_of_another_time_is_refused(
    seconds: int, buyer: Company, house: NetworkHouse
) -> None:
    created = house.time.now() + timedelta(seconds=seconds)
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.ask("GET", "/v1/heads", created=created)
    assert refused.value.type == "request-time-off"


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/v1/envelopes/{envelope}/parties/buyer/links", None, "envelope-unknown"),
        # A claim that somebody has made since would be let go, and its wrong tries forgotten.
        ("/v1/envelopes/{envelope}/parties/buyer/release", None, "envelope-unknown"),
        # What was removed since would be called again.
        ("/v1/webhooks", b'{"url": "ftp://x"}', "webhook-address"),
    ],
)
async def test_what_would_do_something_else_the_second_time_is_remembered_across_restarts(
    tmp_path: Path, path: str, body: bytes | None, answer: str
) -> None:
    server = {"port": 0, "external_url": "http://network.test"}
    async with network_house(tmp_path, server=server) as house:
        house.signed_url = "http://network.test"
        buyer = await house.company("买方有限公司")
        path = path.format(envelope=buyer.draft(buyer.party("buyer")).id)
        request = buyer.request("POST", path, body)
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.deliver(request)
        assert refused.value.type == answer
    async with network_house(tmp_path, time=house.time, server=server) as house:
        request.url = house.url + path
        with pytest.raises(ProblemAnswer) as refused:
            await house.deliver(request)
        assert refused.value.type == "request-replayed"


async def test_an_organisation_that_asks_too_often_is_told_when_it_may_again(
    tmp_path: Path,
) -> None:
    limits = {"requests_per_second": 0.5, "burst": 3}
    async with network_house(tmp_path, limits=limits) as house:
        buyer = await house.company("买方有限公司")
        seller = await house.company("Seller Ltd")
        await buyer.heads()
        await buyer.heads()
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.heads()
        assert (refused.value.status, refused.value.type) == (429, "too-many-requests")
        assert refused.value.headers["Retry-After"] == "2"
        assert (await seller.heads()).heads == ()
        house.time.move(timedelta(seconds=2))
        assert (await buyer.heads()).heads == ()


async def test_a_request_that_was_one_too_many_counts_when_it_comes_again(tmp_path: Path) -> None:
    limits = {"requests_per_second": 0.1, "burst": 1}
    async with network_house(tmp_path, limits=limits) as house:
        buyer = await house.company("买方有限公司")  # which has published its card
        request = buyer.request("GET", "/v1/heads")
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.deliver(request)
        assert refused.value.type == "too-many-requests"
        house.time.move(timedelta(seconds=20))
        await buyer.deliver(request)


async def test_a_body_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async with network_house(tmp_path, limits={"statement_bytes": 5000}) as house:
        buyer = await house.company("买方有限公司")
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.ask("POST", "/v1/envelopes", b"x" * 5001)
        assert (refused.value.status, refused.value.type) == (413, "request-too-large")


async def test_a_body_that_does_not_say_how_large_it_is_is_not_read_to_its_end(
    tmp_path: Path,
) -> None:
    async with network_house(tmp_path, limits={"statement_bytes": 5000}) as house:
        buyer = await house.company("买方有限公司")
        body = b"x" * (32 << 20)
        request = buyer.request("POST", "/v1/envelopes", body)
        sent = 0

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal sent
            for start in range(0, len(body), 1 << 16):
                sent += 1 << 16
                yield body[start : start + (1 << 16)]

        async with (
            aiohttp.ClientSession() as session,
            session.post(request.url, data=pieces(), headers=request.headers) as answer,
        ):
            assert answer.status == 413
        assert sent < len(body)


@pytest.mark.parametrize(
    "change", [{"name": "Li\0Lei"}, {"name": "\u202eieL iL"}, {"contact": "1\0" * 9}]
)
async def test_a_person_has_a_name_that_people_can_read(
    buyer: Company, change: dict[str, str]
) -> None:
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.ask("POST", "/v1/persons", {"name": "李雷", "contact": "13800000000", **change})
    assert refused.value.type == "request-malformed"


async def test_bodies_that_are_nothing_are_told_as_the_callers_mistake(buyer: Company) -> None:
    draft = buyer.draft(buyer.party("buyer"))
    await draft.send()
    statements = f"/v1/envelopes/{draft.id}/statements"
    content = f"/v1/envelopes/{draft.id}/contents/{'0' * 64}"
    for method, path in (
        ("POST", "/v1/envelopes"),
        ("POST", statements),
        ("PUT", content),
        ("PUT", "/v1/card"),
        ("POST", "/v1/persons"),
    ):
        for body in (b"", b"\xff\x00", b"[]", b'{"terms": 1}', _NESTED, _NESTED_PACK):
            with pytest.raises(ProblemAnswer) as refused:
                await buyer.ask(method, path, body)
            assert (refused.value.status, refused.value.type) == (400, "request-malformed"), path
    wrong = ("after=x", "wait=x", "wait=-1", "wait=nan", "after=-1", "after=" + "9" * 19, "with=x")
    for query in wrong:
        with pytest.raises(ProblemAnswer) as refused:
            await buyer.ask("GET", f"/v1/feed?{query}")
        assert refused.value.type == "request-malformed"
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.ask("GET", "/v1/nothing")
    assert refused.value.type == "not-found"
    assert (await draft.now()).sequence == 1


async def test_a_caller_that_hangs_up_while_it_is_served_leaves_everything_whole(
    buyer: Company, house: NetworkHouse
) -> None:
    draft = buyer.draft(buyer.party("buyer"))
    await draft.send()
    signed = await draft.statement(Opened(), by=buyer, party="buyer")
    path = f"/v1/envelopes/{draft.id}/statements"
    request = buyer.request("POST", path, msgspec.json.encode(signed))
    short = aiohttp.ClientTimeout(total=0.002)
    for _ in range(3):
        try:
            async with house.http.post(
                request.url, data=request.body, headers=request.headers, timeout=short
            ) as answer:
                await answer.read()
        except TimeoutError:
            continue
    # Whether or not it was taken: said again, it is there once.
    entry = await buyer.state(signed, envelope=draft.id)
    record = await buyer.record(draft.id)
    assert record.entries[1:] == (entry,)


async def test_the_description_has_every_path_and_every_type(house: NetworkHouse) -> None:
    async with house.http.get(f"{house.url}/openapi.json") as answer:
        description = msgspec.json.decode(await answer.read())
    assert description["openapi"].startswith("3.1")
    told = {
        (method.upper(), path)
        for path, operations in description["paths"].items()
        for method in operations
    }
    routes = {
        (route.method, route.path)
        for route in house.served.network.api.routes
        if route.who != "page"
    }
    assert told == routes
    schemas = description["components"]["schemas"]
    text = msgspec.json.encode(description["paths"]).decode()
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(schemas)
    assert {"NewEnvelope", "SignedStatement", "Taken", "Content", "Parcel"} <= named
    assert {"Feed", "Heads"} <= named
    feed = description["paths"]["/v1/feed"]["get"]["responses"]["2XX"]["content"]
    assert set(feed) == {"application/json", "application/msgpack"}


async def test_counters_tell_what_happened(buyer: Company, house: NetworkHouse) -> None:
    await buyer.draft(buyer.party("buyer")).send()
    async with house.http.get(f"{house.url}/metrics") as answer:
        told = await answer.text()
    assert 'sealgate_network_entries_total{act="sent"} 1.0' in told
    assert 'sealgate_network_requests_total{outcome="ok",route="envelope.send"} 1.0' in told
    assert buyer.id not in told
    async with house.http.get(f"{house.url}/healthz") as answer:
        assert answer.status == 200
