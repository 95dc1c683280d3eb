"""What a person signs is what the page showed, however the envelope goes on meanwhile."""

import asyncio
import hashlib
import html
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.statements import Revision, Signed
from cloud_bridge.network.http.answers import pdf_name
from cloud_bridge.network.store.schema import person
from tests.network_house import Company, NetworkHouse, network_house
from tests.person_house import CONTRACT, NAME, Desk, Signer, asked, field, free_port


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path, server={"port": free_port()}) as opened:
        yield opened


@pytest.fixture
async def desk(house: NetworkHouse) -> AsyncIterator[Desk]:
    async with Desk.at(house) as desk:
        yield desk


async def comes_in(desk: Desk, signer: Signer) -> str:
    """Open the link; the page on which the documents are read."""
    where, page = await desk.open(signer)
    assert where == "/sign/read"
    return page


async def put_another_document(signer: Signer, seller: Company) -> None:
    """The other party signs: with a document that has nothing to do with the first one."""
    state = await signer.state()
    body = (CONTRACT.parent / "contract-25-pages.pdf").read_bytes()
    await seller.put(plain(body, envelope=signer.draft.id))
    revision = Revision(
        document="合同.pdf",
        base=state.current["合同.pdf"],
        digest=hashlib.sha256(body).hexdigest(),
        size=len(body),
        container=b"\x30\x03\x02\x01\x01",
        field="Signature-seller",
    )
    await signer.draft.say(Signed(revisions=(revision,)), by=seller, party="seller")


async def two_parties(house: NetworkHouse) -> tuple[Signer, Company]:
    seller = await house.company("卖方有限公司")
    return await asked(house, seller.party("seller"), by=seller, fields=(), level="none"), seller


async def test_what_another_put_there_after_the_reading_is_not_signed_unread(
    house: NetworkHouse, desk: Desk
) -> None:
    signer, seller = await two_parties(house)
    form = (await desk.post("/sign/read", await comes_in(desk, signer)))[1]
    await put_another_document(signer, seller)
    _, told = await desk.post("/sign/act", form, typed=NAME)
    assert "The documents have changed" in told
    state = await signer.state()
    assert [each.state for each in state.parties if each.party.id == "signer"] == ["opened"]
    # Looked at again, it is signed.
    where, page = await desk.get("/sign")
    assert where == "/sign/read"
    _, form = await desk.post("/sign/read", page)
    assert (await desk.post("/sign/act", form, typed=NAME))[0] == "/sign/done"


async def test_what_another_put_there_while_it_was_read_is_shown_first(
    house: NetworkHouse, desk: Desk
) -> None:
    signer, seller = await two_parties(house)
    page = await comes_in(desk, signer)
    await put_another_document(signer, seller)
    where, again = await desk.post("/sign/read", page)
    assert (where, "the documents have changed" in again) == ("/sign/read", True)
    assert (await desk.get("/sign/act"))[0] == "/sign/read"
    assert (await desk.post("/sign/read", again))[0] == "/sign/act"


async def test_ten_presses_of_the_button_sign_once(house: NetworkHouse, desk: Desk) -> None:
    signer = await asked(house, fields=(), level="none")
    form = (await desk.post("/sign/read", await comes_in(desk, signer)))[1]
    ends = await asyncio.gather(*(desk.post("/sign/act", form, typed=NAME) for _ in range(10)))
    assert {where for where, _ in ends} == {"/sign/done"}
    assert len((await signer.state()).revisions["合同.pdf"]) == 1


async def test_a_document_comes_as_a_document_and_stays_nowhere(
    house: NetworkHouse, desk: Desk
) -> None:
    signer = await asked(house, fields=(), level="none")
    await comes_in(desk, signer)
    async with desk.session.get(f"{desk.url}/sign/documents/0") as answer:
        kept = answer.headers["Content-Disposition"]
        assert kept == "inline; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("合同.pdf", "合同.pdf"),
        ("合同.PDF", "合同.PDF"),
        ("合同.exe", "合同.exe.pdf"),
        ("合同\u202efdp.exe", "合同fdp.exe.pdf"),
    ],
)
def test_a_document_is_kept_as_a_document_whatever_it_is_called(name: str, kept: str) -> None:
    assert pdf_name(name) == kept


async def test_a_place_is_called_as_its_sender_wrote_it(house: NetworkHouse, desk: Desk) -> None:
    label = """<b>A&B"'</b>"""
    signer = await asked(house, fields=(field("f", "text", 130, label=label),), level="none")
    page = await comes_in(desk, signer)
    (places,) = re.findall(r'data-places="([^"]*)"', page)
    assert [each["label"] for each in json.loads(html.unescape(places))] == [f"You: {label}"]
    assert "<b>A" not in page


async def test_nobody_is_asked_instead_when_it_is_over(house: NetworkHouse, desk: Desk) -> None:
    signer = await asked(house, fields=(), level="none")
    form = (await desk.post("/sign/read", await comes_in(desk, signer)))[1]
    where, _ = await desk.post("/sign/act", form, typed=NAME)
    assert where == "/sign/done"
    where, _ = await desk.post("/sign/forward", form, name="赵六", contact="13900139000")
    assert where == "/sign/done"
    found = await house.core.lane.read(
        lambda connection: connection.execute(select(person.c.name)).scalars().all()
    )
    assert "赵六" not in found


@pytest.mark.parametrize("name", ["赵\u202e六", "赵\x00六", "\u200b"])
async def test_a_name_is_what_is_read(house: NetworkHouse, desk: Desk, name: str) -> None:
    signer = await asked(house, fields=(), level="none")
    page = await comes_in(desk, signer)
    where, _ = await desk.post("/sign/forward", page, name=name, contact="13900139000")
    assert where == "/sign/forward"
    state = await signer.state()
    assert [each.party.account for each in state.parties if each.party.kind == "person"] == [
        signer.person.id
    ]
