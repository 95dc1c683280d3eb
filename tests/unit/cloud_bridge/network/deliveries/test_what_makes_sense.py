"""What a telephone may say, and what is refused before anything is kept."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import msgspec
import pytest

from cloud_bridge.envelopes.statements import Place, Received, Signed
from cloud_bridge.network.press.model import Handwritten
from tests.delivery_house import DRAWN, House

LINE = Received(line=1, received=12)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"goods": ()}, id="no line"),
        pytest.param({"goods": (LINE,)}, id="a line is missing"),
        pytest.param({"goods": (LINE, LINE)}, id="a line twice"),
        pytest.param({"goods": (Received(line=0, received=-1), LINE)}, id="less than nothing came"),
        pytest.param(
            {"goods": (Received(line=0, received=1, damaged=2), LINE)},
            id="more damaged than came",
        ),
        pytest.param({"remark": "长" * 501}, id="a remark without end"),
        pytest.param({"handwriting": None}, id="no handwriting where it is required"),
        pytest.param(
            {"handwriting": Handwritten(width=10, height=10, strokes=(((50, 5),),))},
            id="ink beside the sheet",
        ),
        pytest.param({"handwriting": Handwritten(width=10, height=10, strokes=())}, id="no stroke"),
        pytest.param(
            {"handwriting": Handwritten(width=10, height=10, strokes=(((1, 1),) * 10_001,))},
            id="too much ink",
        ),
        pytest.param(
            {"handwriting": Handwritten(width=640, height=280, strokes=(((9, 9),),))},
            id="a dot",
        ),
        pytest.param(
            {
                "handwriting": Handwritten(
                    width=1e-320, height=1e-320, strokes=(((0, 0), (1e-320, 1e-320)),)
                )
            },
            id="a sheet of no size",
        ),
        pytest.param(
            {"place": Place(latitude=91, longitude=0, accuracy_m=1)}, id="beyond the pole"
        ),
        pytest.param({"refused": True, "goods": (), "remark": " "}, id="refused without a word"),
        pytest.param({"refused": True}, id="refused and received"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_signed(
    house: House, changes: dict[str, object]
) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    status, told = await house.put(token, house.receipt(**changes))
    assert (status, told["type"]) == (422, "urn:sealgate:problem:delivery-receipt-senseless")
    assert await house.said(envelope, Signed) == []


async def test_handwriting_may_be_forbidden(house: House) -> None:
    token = await house.label(await house.send(handwriting="forbidden"))
    assert (await house.put(token, house.receipt(handwriting=DRAWN)))[0] == 422
    assert (await house.put(token, house.receipt(handwriting=None)))[0] == 200


async def test_the_waybill_must_be_read_as_long_as_the_terms_say(house: House) -> None:
    token = await house.label(await house.send(reading_seconds=61))
    assert (await house.put(token))[0] == 422
    opened = house.clock.now() - timedelta(seconds=61)
    assert (await house.put(token, house.receipt(opened_at=opened)))[0] == 200


async def test_a_claim_that_comes_in_pieces_is_read_whole_and_one_without_end_is_not(
    house: House,
) -> None:
    token = await house.label(await house.send())
    claim = msgspec.json.encode(house.claim_of())

    async def pieces(body: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(body), 7):
            yield body[at : at + 7]
            await asyncio.sleep(0)

    address = f"{house.url}/d/{token}/claim"
    async with house.http.post(address, data=pieces(claim)) as answer:
        assert answer.status == 200
    async with house.http.post(address, data=claim + b" " * 65_536) as answer:
        assert answer.status == 413


@pytest.mark.parametrize("body", [b"", b"{}", b"not JSON", b'{"claim": 1}'])
async def test_what_is_no_receipt_is_refused(house: House, body: bytes) -> None:
    token = await house.label(await house.send())
    form = aiohttp.FormData()
    form.add_field("receipt", body, content_type="application/json", filename="blob")
    address = f"{house.url}/d/{token}/receipts/3c0ff9c2-7a0e-4e5c-8f6b-1f2e3d4c5b6a"
    async with house.http.put(address, data=form) as answer:
        assert answer.status == 400
    async with house.http.put(address, data=body) as answer:
        assert answer.status == 400
    async with house.http.put(f"{address}x", data=form) as answer:
        assert answer.status in {400, 404}
