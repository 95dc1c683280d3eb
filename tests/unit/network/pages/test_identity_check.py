"""Who must be known by identity tells the end of its identity number; a code is not enough."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from cloud_bridge.network.administration import LocalAdministration, VerifiedPerson
from cloud_bridge.network.persons.id_tails import IdTails
from tests.network_house import NetworkHouse, network_house
from tests.person_house import CONTACT, NAME, Signer, asked, free_port


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    persons = {"identity_check": "id-tail"}
    async with network_house(tmp_path, server={"port": free_port()}, persons=persons) as opened:
        core = opened.core
        operator = LocalAdministration(core.accounts, IdTails(core.lane), core.time)
        await operator.add_person(
            VerifiedPerson(
                name=NAME,
                contact=CONTACT,
                level="identity",
                method="id-document",
                expires_at=core.time.now() + timedelta(days=365),
                id_tail="123X",
            )
        )
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    # At an address without a name cookies are kept only if one asks for it.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def come(browser: aiohttp.ClientSession, signer: Signer) -> str:
    """What the page says after the link was opened."""
    async with browser.post((await signer.link()).url) as answer:
        return await answer.text()


async def enter(browser: aiohttp.ClientSession, house: NetworkHouse, page: str, **form: str) -> str:
    """The address at which it ends."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    form["csrf"] = found.group(1)
    async with browser.post(f"{house.url}/sign/check", data=form) as answer:
        return f"{answer.status} {answer.url.path}"


async def test_the_end_of_the_identity_number_lets_in(
    house: NetworkHouse, browser: aiohttp.ClientSession
) -> None:
    page = await come(browser, await asked(house, level="identity"))
    assert "身份证件号码的最后四位" in page
    assert await enter(browser, house, page, tail="8000") == "422 /sign/check"
    assert await enter(browser, house, page, tail="123x") == "200 /sign/read"


async def test_a_code_for_another_envelope_does_not_say_who_the_person_is(
    house: NetworkHouse, browser: aiohttp.ClientSession
) -> None:
    other = await asked(house)
    page = await come(browser, other)
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    async with browser.post(f"{house.url}/sign/check/send", data={"csrf": found.group(1)}):
        pass
    assert await enter(browser, house, page, code=other.code()) == "200 /sign/read"
    page = await come(browser, await asked(house, level="identity"))
    assert "身份证件号码的最后四位" in page
    async with browser.get(f"{house.url}/sign/documents/0") as answer:
        assert answer.content_type != "application/pdf"
    assert await enter(browser, house, page, tail="123X") == "200 /sign/read"


async def test_who_must_wait_reads_for_how_long(
    house: NetworkHouse, browser: aiohttp.ClientSession
) -> None:
    signer = await asked(house, level="identity")
    for _ in range(2):
        page = await come(browser, signer)
        for _ in range(5):
            await enter(browser, house, page, tail="0000")
    page = await come(browser, signer)
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    form = {"csrf": found.group(1), "tail": "123X"}
    async with browser.post(f"{house.url}/sign/check", data=form) as answer:
        assert "请在 24 小时后再试；此链接仍然有效" in await answer.text()
