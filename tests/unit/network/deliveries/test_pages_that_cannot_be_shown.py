"""Whoever has an address in hand that opens nothing, or nothing now, is told so in a page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_bridge.envelopes.statements import Voided
from cloud_bridge.network.problems import ContentForgottenProblem, NetworkProblem, StoreProblem
from tests.delivery_house import House, delivery_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with delivery_house(tmp_path) as house:
        yield house


async def shown(house: House, path: str) -> tuple[int, str]:
    async with house.http.get(house.url + path) as answer:
        assert answer.content_type == "text/html"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        return answer.status, await answer.text()


@pytest.mark.parametrize("path", ["/d/cut-off", f"/d/{'A' * 22}", f"/d/{'A' * 40}", "/c/cut-off"])
async def test_an_address_that_was_cut_off_or_replaced(house: House, path: str) -> None:
    status, page = await shown(house, path)
    assert status == 404
    assert "Scan the newest label, or call the shipper." in page


async def test_a_script_is_told_the_problem(house: House) -> None:
    status, problem = await house.claim("cut-off")
    assert (status, problem["type"]) == (404, "urn:sealgate:problem:delivery-label-unknown")


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (StoreProblem("away"), "Please try again in some minutes."),
        (ContentForgottenProblem("long over"), "call the shipper"),
    ],
)
async def test_what_fails_is_told_in_words(
    house: House, monkeypatch: pytest.MonkeyPatch, problem: NetworkProblem, words: str
) -> None:
    token = await house.label(await house.send())

    async def fails(_envelope: str) -> None:
        raise problem

    monkeypatch.setattr(house.core.book, "state", fails)
    status, page = await shown(house, f"/d/{token}")
    assert status == problem.status
    assert words in page


async def test_a_defect_is_told_in_words(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await house.label(await house.send())

    async def breaks(_envelope: str) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(house.core.book, "state", breaks)
    asked = {"Accept": "text/html,*/*;q=0.8"}
    async with house.http.get(f"{house.url}/d/{token}", headers=asked) as answer:
        assert (answer.status, answer.content_type) == (500, "text/html")
        assert "Please try again in some minutes." in await answer.text()


async def test_a_copy_of_what_is_void_is_not_called_received(house: House) -> None:
    envelope = await house.send()
    assert (await house.put(await house.label(envelope)))[0] == 200
    await house.seal(envelope)
    for work, _ in house.room.work:
        await work()
    ((_, address),) = house.telephones.copies
    path = address.removeprefix(house.url)
    assert "Received and sealed" in (await shown(house, path))[1]
    void = Voided(by="another envelope")
    await house.core.book.say(envelope, void, party="", id="voided")
    page = (await shown(house, path))[1]
    assert "It was made void since." in page
    assert "Received and sealed" not in page
