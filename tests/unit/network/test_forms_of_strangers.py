"""A form is written in UTF-8, and of what people type: whoever sends another costs nothing."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import http_parser
from structlog.testing import capture_logs
from yarl import URL

from cloud_bridge.envelopes.statements import Forwarded
from tests.network_house import NetworkHouse, ProblemAnswer, network_house
from tests.person_house import free_port
from tests.postgres_server import Server, postgres

__all__ = ["postgres"]

_FORM = "application/x-www-form-urlencoded"
_PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="language"\r\n'
    b"Content-Type: text/plain; charset=punycode\r\n\r\nen-\r\n--x--\r\n"
)
# Each of them was read before, and gave the field `language` or `waybill`: of half a megabyte,
# Python decodes the first for twenty seconds.
STRANGE = [
    (f"{_FORM}; charset=punycode", b"language=en&waybill=x&digits=1-"),
    (f"{_FORM}; charset=idna", b"language=en&waybill=x&digits=1"),
    (f"{_FORM}; charset=unicode_escape", b"language=en&waybill=\\ud800&digits=1"),
    (f"{_FORM}; charset=utf-16", "language=en&waybill=x&digits=1".encode("utf-16")),
    ("multipart/form-data; boundary=x", _PARTS),
    (_FORM, b"language=en&waybill=a%00b&digits=1"),
]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path, server={"port": free_port()}) as opened:
        yield opened


@pytest.fixture
async def stranger() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.mark.parametrize(("kind", "body"), STRANGE)
async def test_a_form_in_other_characters_is_none_of_ours(
    house: NetworkHouse, stranger: aiohttp.ClientSession, kind: str, body: bytes
) -> None:
    headers = {"Content-Type": kind}
    for path, status in (("/language", 410), ("/s/x", 410), ("/status", 400)):
        address = f"{house.url}{path}"
        async with stranger.post(
            address, data=body, headers=headers, allow_redirects=False
        ) as answer:
            assert answer.status == status, path


@pytest.mark.parametrize("kind", [_FORM, f"{_FORM}; charset=UTF-8", f"{_FORM};charset=utf8"])
async def test_what_browsers_send_is_read(
    house: NetworkHouse, stranger: aiohttp.ClientSession, kind: str
) -> None:
    body, headers = b"language=en&back=%2Fstatus", {"Content-Type": kind}
    address = f"{house.url}/language"
    async with stranger.post(address, data=body, headers=headers, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/status")


@pytest.mark.parametrize("path", ["/language", "/s/x", "/status", "/v1/envelopes"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "none-such"])
async def test_nothing_that_is_packed_is_unpacked_or_is_a_defect(
    house: NetworkHouse,
    stranger: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    encoding: str,
) -> None:
    unpacked: list[str] = []

    def noted(_self: object, _out: object, encoding: str, **_: object) -> None:
        unpacked.append(encoding)

    # aiohttp's reader in C takes its own name of the same class.
    monkeypatch.setattr(http_parser.DeflateBuffer, "__init__", noted)
    headers = {"Content-Type": _FORM, "Content-Encoding": encoding}
    body = gzip.compress(bytes(1_000_000))
    with capture_logs() as log:
        async with stranger.post(f"{house.url}{path}", data=body, headers=headers) as answer:
            assert answer.status == 400
    assert not [each for each in log if each["event"] == "defect"]
    assert not unpacked


async def test_no_stranger_has_a_database_refuse_what_it_cannot_hold(
    postgres: Server, tmp_path: Path
) -> None:
    """PostgreSQL takes no NUL in a text: its refusal would look as if it did not answer."""
    shared = {
        "store": {"url": postgres.database().url},
        "contents_directory": tmp_path / "contents",
        "server": {"port": free_port()},
    }
    (tmp_path / "one").mkdir()
    async with (
        network_house(tmp_path / "one", **shared) as house,
        aiohttp.ClientSession() as stranger,
    ):
        buyer = await house.company("买方有限公司")
        draft = buyer.draft(buyer.party("buyer"))
        await draft.send()
        with capture_logs() as log:
            async with stranger.post(f"{house.url}/status", data={"waybill": "a\0b"}) as answer:
                assert answer.status == 400
            for path in ("/v1/envelopes/%00", "/v1/heads?after=%00", "/v1/organisations?name=%00"):
                request = buyer.request("GET", path)
                async with stranger.get(
                    URL(request.url, encoded=True), headers=request.headers
                ) as answer:
                    assert answer.status == 400, path
            with pytest.raises(ProblemAnswer) as refused:
                await draft.say(Forwarded(account="a\0b", name="x"), by=buyer, party="buyer")
            assert refused.value.type == "account-unknown"
        assert not [each for each in log if each["event"] == "store_failed"]
