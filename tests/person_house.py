"""Persons who sign on a real network: their envelopes, their links, the codes that reach them."""

import hashlib
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec
from playwright.async_api import Page

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.model import Box, DocumentTerms, Party, PartyField, Person
from cloud_bridge.wire import NewPerson, PersonLink
from tests.network_house import Company, Draft, NetworkHouse

CONTRACT = Path(__file__).parent / "vectors" / "documents" / "contract-2-pages.pdf"
NAME, CONTACT, TITLE = "张三", "13800138000", "运输合同 2026-11"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def field(name: str, kind: str, top: float, **more: Any) -> PartyField:  # noqa: ANN401
    """A field on the contract's last page, one below the other."""
    box = Box(page=-1, left_mm=20, top_mm=top, width_mm=60, height_mm=10)
    changes = {"document": "合同.pdf", "box": box, "label": name, **more}
    return PartyField(name=name, kind=kind, **changes)  # type: ignore[arg-type]  # of the test


SIGNATURE = field(
    "签名",
    "signature",
    230,
    box=Box(page=-1, left_mm=110, top_mm=230, width_mm=60, height_mm=25),
)
_TICK = Box(page=-1, left_mm=20, top_mm=175, width_mm=8, height_mm=8)
ALL_FIELDS = (
    field("收货人", "text", 130),
    field("到货日期", "date", 145),
    field("件数", "number", 160),
    field(
        "包装完好",
        "checkbox",
        175,
        required=False,
        box=Box(page=-1, left_mm=20, top_mm=175, width_mm=8, height_mm=8),
    ),
    field("运输方式", "choice", 190, choices=("公路", "铁路", "海运")),
    SIGNATURE,
)


@dataclass
class Signer:
    """A person of an envelope."""

    house: NetworkHouse
    draft: Draft
    party: str
    person: Person

    async def link(self) -> PersonLink:
        told = await self.draft.initiator.ask(
            "POST", f"/v1/envelopes/{self.draft.id}/parties/{self.party}/links"
        )
        return msgspec.json.decode(told, type=PersonLink)

    async def state(self) -> EnvelopeState:
        state = await self.house.core.book.state(self.draft.id)
        assert state is not None
        return state

    def code(self) -> str:
        """The newest code that was sent to the person."""
        file = self.house.core.config.state_directory / "codes.jsonl"
        sent = [json.loads(line) for line in file.read_text().splitlines()]
        return str([each for each in sent if each["contact"] == self.person.contact][-1]["code"])

    async def document(self) -> bytes:
        """The contract as it is now."""
        state = await self.state()
        content = await self.house.core.book.content(self.draft.id, state.current["合同.pdf"])
        return content.body


@dataclass
class Desk:
    """A person's browser, in English, without what it shows."""

    session: aiohttp.ClientSession
    url: str

    @classmethod
    @asynccontextmanager
    async def at(cls, house: NetworkHouse) -> AsyncIterator[Self]:
        """A fresh one, with cookies of its own."""
        jar = aiohttp.CookieJar(unsafe=True)
        language = {"Accept-Language": "en"}
        async with aiohttp.ClientSession(cookie_jar=jar, headers=language) as session:
            yield cls(session, house.url)

    async def open(self, signer: Signer) -> tuple[str, str]:
        """Open a new link of a person: where it leads, and the page there."""
        async with self.session.post((await signer.link()).url) as answer:
            return answer.url.path, await answer.text()

    async def get(self, path: str) -> tuple[str, str]:
        """Where it leads, and the page there."""
        async with self.session.get(f"{self.url}{path}") as answer:
            return answer.url.path, await answer.text()

    async def post(self, path: str, page: str, **form: str) -> tuple[str, str]:
        """Send the form of a page, with what its hidden fields have."""
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        async with self.session.post(f"{self.url}{path}", data={**hidden, **form}) as answer:
            return answer.url.path, await answer.text()


async def asked(
    house: NetworkHouse,
    *parties: Party,
    by: Company | None = None,
    fields: tuple[PartyField, ...] = (SIGNATURE,),
    name: str = NAME,
    contact: str = CONTACT,
    expires_at: datetime | None = None,
    document: Path = CONTRACT,
    **changes: Any,  # noqa: ANN401
) -> Signer:
    """A person is asked to sign the contract, alone or beside further parties."""
    company = by or await house.company("买方有限公司")
    person = await house.core.accounts.find_or_add(NewPerson(name=name, contact=contact))
    party = Party(
        id="signer",
        kind="person",
        account=person.id,
        name=name,
        **{"level": "contact", "fields": fields, **changes},
    )
    content = document.read_bytes()
    terms = DocumentTerms(
        name="合同.pdf",
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        type="purchase-contract",
    )
    end = {} if expires_at is None else {"expires_at": expires_at}
    draft = company.draft(
        party, *parties, mode="open", documents=(terms,), title="运输合同 2026-11", **end
    )
    await company.put(plain(content, envelope=draft.id))
    await company.ask("POST", "/v1/envelopes", draft.new())
    return Signer(house, draft, party.id, person)


async def come_in(page: Page, signer: Signer) -> None:
    """Open a new link and pass the check by code; then the documents are shown."""
    await page.goto((await signer.link()).url)
    await page.locator("main button.main").click()
    await page.locator("main button.main").click()
    await page.locator("#code").fill(signer.code())
    await page.locator("main button.main").first.click()
    await page.wait_for_url("**/sign/read")


async def see_all_pages(page: Page) -> None:
    """Scroll through the documents until each page is drawn."""
    await page.wait_for_selector(".page")
    for number in range(1, await page.locator(".page").count() + 1):
        await page.locator(f".page[data-number='{number}']").scroll_into_view_if_needed()
        await page.wait_for_selector(f".page[data-number='{number}'][data-shown]")


async def draw(page: Page) -> None:
    """Write something by hand on the pad."""
    pad = page.locator("canvas.pad")
    await pad.scroll_into_view_if_needed()
    box = await pad.bounding_box()
    assert box is not None
    strokes = [
        [(0.15, 0.6), (0.25, 0.25), (0.3, 0.7), (0.4, 0.35), (0.45, 0.65)],
        [(0.55, 0.3), (0.7, 0.32), (0.62, 0.7), (0.85, 0.55)],
    ]
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        await page.mouse.move(*points[0])
        await page.mouse.down()
        for point in points[1:]:
            await page.mouse.move(*point, steps=8)
        await page.mouse.up()


async def fill_in(page: Page) -> None:
    """Fill in `ALL_FIELDS`."""
    await page.get_by_label("收货人").fill("李四（仓库）")
    await page.get_by_label("到货日期").fill("2026-11-27")
    await page.get_by_label("件数").fill("12")
    await page.get_by_label("包装完好").check()
    await page.get_by_label("运输方式").select_option("公路")
