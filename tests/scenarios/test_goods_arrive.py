"""Goods arrive: label, driver and company at one network, over HTTP as each of them has it."""

import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.statements import Claimed, Signed, parse
from cloud_bridge.model import Delivery, DocumentTerms
from cloud_bridge.network.deliveries.model import AllEvidence, Claim, Receipt
from cloud_bridge.wire import PersonLink
from tests.delivery_house import DOCUMENT, OTHER_SECRET, SECRET, TAIL, bearer, document, receipt
from tests.network_house import Company, Draft, NetworkHouse, ProblemAnswer, network_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    pages = {"external_url": "https://sign.example.com"}
    async with network_house(tmp_path, pages=pages) as house:
        yield house


async def send(company: Company) -> Draft:
    body = document()
    digest = hashlib.sha256(body).hexdigest()
    draft = company.draft(
        bearer(),
        company.party("company", turn=2),
        mode="open",
        documents=(DocumentTerms(name=DOCUMENT, digest=digest, size=len(body), type="receipt"),),
        delivery=Delivery(
            waybill="SF-1",
            shipper="甲",
            carrier="乙",
            consignee="丙",
            lines=(("照明灯", 8), ("纸箱", 12)),
        ),
    )
    await company.put(plain(body, envelope=draft.id))
    await company.ask("POST", "/v1/envelopes", draft.new())
    return draft


async def at_the_label(
    house: NetworkHouse,
    link: PersonLink,
    method: str,
    path: str,
    **how: Any,  # noqa: ANN401
) -> tuple[int, dict[str, Any]]:
    """What a telephone asks; the proxy in front would bring it here."""
    address = link.url.replace("https://sign.example.com", house.url) + path
    async with house.http.request(method, address, **how) as answer:
        return answer.status, json.loads(await answer.read())


def form(told: Receipt) -> aiohttp.FormData:
    made = aiohttp.FormData()
    body = msgspec.json.encode(told)
    made.add_field("receipt", body, content_type="application/json", filename="blob")
    return made


async def test_a_claim_is_released_by_who_sent_the_goods_and_the_next_driver_signs(
    house: NetworkHouse,
) -> None:
    company, other = await house.company("org-carrier"), await house.company("org-other")
    draft = await send(company)
    party = f"/v1/envelopes/{draft.id}/parties/receiver"
    link = msgspec.json.decode(await company.ask("POST", f"{party}/links"), type=PersonLink)
    assert link.url.startswith("https://sign.example.com/d/")
    left_lying = Claim(secret=OTHER_SECRET, name="另一位", digits=TAIL)
    mine = msgspec.structs.replace(left_lying, secret=SECRET, name="王师傅")
    how = {"data": msgspec.json.encode(left_lying)}
    assert (await at_the_label(house, link, "POST", "/claim", **how))[0] == 200
    how = {"data": msgspec.json.encode(mine)}
    assert (await at_the_label(house, link, "POST", "/claim", **how))[0] == 409
    with pytest.raises(ProblemAnswer, match="envelope-unknown"):
        await other.ask("POST", f"{party}/release")
    await company.ask("POST", f"{party}/release")
    assert (await at_the_label(house, link, "POST", "/claim", **how))[0] == 200
    status, outcome = await at_the_label(
        house, link, "PUT", f"/receipts/{uuid.uuid4()}", data=form(receipt(house.time.now()))
    )
    assert (status, outcome["ending"]) == (200, "signed")
    # Who was first and let it go comes too late: it is kept, and the company reads it.
    late = receipt(house.time.now(), claim=left_lying, remark="我也在")
    how = {"data": form(late)}
    status, outcome = await at_the_label(house, link, "PUT", f"/receipts/{uuid.uuid4()}", **how)
    assert (status, outcome["ending"], outcome["reason"]) == (200, "kept", "taken")
    with pytest.raises(ProblemAnswer, match="envelope-unknown"):
        await other.ask("GET", f"{party}/receipts")
    answer = await company.ask("GET", f"{party}/receipts")
    evidence = msgspec.json.decode(answer, type=AllEvidence).receipts
    assert [each.outcome.ending for each in evidence if each.outcome] == ["signed", "kept"]
    assert evidence[1].receipt.remark == "我也在"
    assert evidence[1].by.name == "另一位"
    assert SECRET.encode() not in answer
    assert OTHER_SECRET.encode() not in answer
    # The company hears of it by its feed, and the record holds as it is.
    acts = [parse(each.entry.signed).act for each in (await company.feed()).items]
    assert [type(each) for each in acts][-2:] == [Claimed, Signed]
    state = await draft.now()
    party_now = state.party("receiver")
    assert party_now is not None
    assert party_now.claimed == Claimed(name="王师傅", contact="****4821", method="contact-tail")
    assert state.party("company").state == "its-turn"  # type: ignore[union-attr]
    signed = await company.content(draft.id, state.current[DOCUMENT])
    assert signed.body.startswith(document())
