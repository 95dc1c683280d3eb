"""What the pages answer to whoever is not a browser of the person."""

import asyncio
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import aiohttp
import pytest
import structlog

from cloud_bridge.network.pages.asking import csrf_token
from cloud_bridge.network.pages.rendering import Renderer
from cloud_bridge.network.persons.links import PersonLinks
from tests.network_house import NetworkHouse, network_house
from tests.person_house import Signer, asked, free_port


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path, server={"port": free_port()}) as opened:
        yield opened


@pytest.fixture
async def signer(house: NetworkHouse) -> Signer:
    return await asked(house)


@pytest.fixture
async def stranger() -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield session


async def cookie_of(stranger: aiohttp.ClientSession, signer: Signer) -> SimpleCookie:
    url = (await signer.link()).url
    async with stranger.post(url, allow_redirects=False) as answer:
        assert answer.status == 303
        return answer.cookies


async def test_of_fifty_browsers_that_open_a_link_at_once_one_is_let_in(
    stranger: aiohttp.ClientSession, signer: Signer
) -> None:
    url = (await signer.link()).url

    async def opened() -> tuple[int, str | None]:
        async with stranger.post(url, allow_redirects=False) as answer:
            cookie = answer.cookies.get("visit")
            return answer.status, None if cookie is None else cookie.value

    answers = await asyncio.gather(*(opened() for _ in range(50)))
    assert sorted(status for status, _ in answers) == [303, *[409] * 49]
    (let_in,) = {cookie for _, cookie in answers if cookie is not None}
    # Who has it may come again; the link that was used opens for nobody else.
    async with stranger.post(url, cookies={"visit": let_in}, allow_redirects=False) as answer:
        assert answer.status == 303
    assert await opened() == (409, None)


async def test_every_page_forbids_what_is_not_ours(
    stranger: aiohttp.ClientSession, signer: Signer
) -> None:
    async with stranger.get((await signer.link()).url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    for directive in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ):
        assert directive in policy.split("; ")
    assert "unsafe" not in policy


async def test_the_cookie_is_ours_alone(stranger: aiohttp.ClientSession, signer: Signer) -> None:
    cookies = await cookie_of(stranger, signer)
    morsel = cookies["visit"]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Strict", "/")


async def test_over_tls_the_cookie_is_never_sent_in_the_clear(tmp_path: Path) -> None:
    port = free_port()
    pages = {"external_url": "https://sign.example"}
    async with (
        network_house(tmp_path, server={"port": port}, pages=pages) as house,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as stranger,
    ):
        signer = await asked(house)
        url = (await signer.link()).url
        assert url.startswith("https://sign.example/s/")
        here = url.replace("https://sign.example", house.url)
        async with stranger.post(here, allow_redirects=False) as answer:
            assert answer.cookies["__Host-visit"]["secure"] is True


@pytest.mark.parametrize(
    "path",
    ["/sign", "/sign/check", "/sign/read", "/sign/act", "/sign/done", "/sign/documents/0"],
)
async def test_without_a_visit_nothing_is_shown(
    stranger: aiohttp.ClientSession, signer: Signer, path: str
) -> None:
    async with stranger.get(f"{signer.house.url}{path}") as answer:
        assert answer.status == 410
        assert "张三" not in await answer.text()


@pytest.mark.parametrize("path", ["/sign/read", "/sign/act", "/sign/documents/0", "/sign/done"])
async def test_before_the_check_no_document_is_shown(
    stranger: aiohttp.ClientSession, signer: Signer, path: str
) -> None:
    cookies = {name: each.value for name, each in (await cookie_of(stranger, signer)).items()}
    async with stranger.get(
        f"{signer.house.url}{path}", cookies=cookies, allow_redirects=False
    ) as answer:
        assert answer.status in {303, 404}
        assert b"%PDF" not in await answer.read()


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({}, {}),
        ({}, {"csrf": "AAAA"}),
        ({"Sec-Fetch-Site": "cross-site"}, {"csrf": "AAAA"}),
    ],
)
async def test_forms_that_are_not_ours_do_nothing(
    stranger: aiohttp.ClientSession, signer: Signer, headers: dict[str, str], form: dict[str, str]
) -> None:
    cookies = {name: each.value for name, each in (await cookie_of(stranger, signer)).items()}
    address = f"{signer.house.url}/sign/check/send"
    async with stranger.post(address, data=form, cookies=cookies, headers=headers) as answer:
        assert answer.status == 410
    assert not (signer.house.core.config.state_directory / "codes.jsonl").exists()


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_the_language_leads_nowhere_else(
    stranger: aiohttp.ClientSession, house: NetworkHouse, back: str
) -> None:
    form = {"language": "en", "back": back}
    address = f"{house.url}/language"
    async with stranger.post(address, data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/sign"


@pytest.mark.parametrize(
    "path", ["/assets/../rendering.py", "/assets/absent.js", "/pdfjs/../take.py", "/pdfjs/absent"]
)
async def test_only_files_of_the_pages_are_given(
    stranger: aiohttp.ClientSession, house: NetworkHouse, path: str
) -> None:
    async with stranger.get(f"{house.url}{path}") as answer:
        assert answer.status == 404


async def test_a_link_is_drawn_as_a_code_until_it_is_opened(
    stranger: aiohttp.ClientSession, signer: Signer
) -> None:
    url = (await signer.link()).url
    async with stranger.get(f"{url}/qr.svg") as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
    async with stranger.post(url, allow_redirects=False):
        pass
    async with stranger.get(f"{url}/qr.svg") as answer:
        assert answer.status == 404


async def test_what_opens_a_link_or_label_stands_in_no_log(
    stranger: aiohttp.ClientSession, signer: Signer
) -> None:
    url = (await signer.link()).url
    token = url.rpartition("/")[2]
    with structlog.testing.capture_logs() as logs:
        for address in (f"{url}/", f"{url}/x/y", url.replace("/s/", "/d/"), f"{url}/qr.png"):
            async with stranger.get(address) as answer:
                assert answer.status == 404
    assert logs
    assert token not in str(logs)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=none-such", b"language=en"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nno part"),
    ],
)
async def test_a_form_that_cannot_be_read_is_none_of_ours(
    stranger: aiohttp.ClientSession, house: NetworkHouse, kind: str, body: bytes
) -> None:
    headers = {"content-type": kind}
    async with stranger.post(f"{house.url}/language", data=body, headers=headers) as answer:
        assert answer.status == 410


async def test_there_are_the_documents_of_the_terms_and_no_others(
    stranger: aiohttp.ClientSession, signer: Signer
) -> None:
    cookies = {name: each.value for name, each in (await cookie_of(stranger, signer)).items()}
    csrf, url = csrf_token(cookies["visit"]), signer.house.url
    for path in ("/sign/check/send", "/sign/check"):
        form = {"csrf": csrf} | ({} if path.endswith("send") else {"code": signer.code()})
        async with stranger.post(
            f"{url}{path}", data=form, cookies=cookies, allow_redirects=False
        ) as answer:
            assert answer.status == 303
    # The last is more digits than Python makes a number of.
    for number, status in (("0", 200), ("1", 404), ("-1", 404), ("00", 404), ("1" * 5000, 404)):
        async with stranger.get(f"{url}/sign/documents/{number}", cookies=cookies) as answer:
            assert answer.status == status, number[:10]


_AS_A_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def _breaks(_self: object, _secret: str) -> None:
    raise RuntimeError("a defect, and what it says is nobody's business")


@pytest.mark.parametrize(
    ("language", "words", "never"),
    [
        ("en", "Something went wrong here", "nothing was signed"),
        ("zh-CN", "这里出错了", "没有签署"),
    ],
)
async def test_a_defect_is_told_in_a_page_of_the_persons_language(
    stranger: aiohttp.ClientSession,
    signer: Signer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    language: str,
    words: str,
    never: str,
) -> None:
    monkeypatch.setattr(PersonLinks, "visit", _breaks)
    asked = {**_AS_A_BROWSER, "Accept-Language": language, "Cookie": "visit=any"}
    async with stranger.get(f"{signer.house.url}/sign", headers=asked) as answer:
        assert (answer.status, answer.content_type) == (500, "text/html")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        page = await answer.text()
    assert words in page
    assert answer.headers["Sealgate-Trace"] in page
    assert "nobody's business" not in page
    assert never not in page  # it may have failed behind the signature


async def test_a_script_of_the_page_is_told_a_defect_as_programs_are(
    stranger: aiohttp.ClientSession, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PersonLinks, "visit", _breaks)
    asked = {"Accept": "*/*", "Cookie": "visit=any"}
    async with stranger.get(f"{signer.house.url}/sign/documents/0", headers=asked) as answer:
        assert (answer.status, answer.content_type) == (500, "application/problem+json")


async def test_where_the_page_itself_is_the_defect_there_is_an_answer_all_the_same(
    stranger: aiohttp.ClientSession, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("no template")

    monkeypatch.setattr(Renderer, "page", breaks)
    asked = {**_AS_A_BROWSER, "Cookie": "visit=any"}
    async with stranger.get(f"{signer.house.url}/sign", headers=asked) as answer:
        assert (answer.status, answer.content_type) == (500, "application/problem+json")


async def test_what_is_refused_at_the_door_is_a_page_too(
    stranger: aiohttp.ClientSession, signer: Signer
) -> None:
    asked = {**_AS_A_BROWSER, "Accept-Language": "en"}
    async with stranger.get(f"{signer.house.url}/s/%00", headers=asked) as answer:
        assert (answer.status, answer.content_type) == (400, "text/html")
        assert "Something went wrong here" in await answer.text()
