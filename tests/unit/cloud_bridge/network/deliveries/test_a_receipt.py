"""From the label to the sealed receipt."""

import io
import uuid

import pytest
from pikepdf import Pdf

from cloud_bridge.envelopes.statements import Claimed, Declined, Opened, Signed
from tests.delivery_house import DOCUMENT, House, photo


async def test_whoever_holds_the_goods_signs_and_the_company_seals(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    assert await house.claim(token) == (200, {"state": "checked"})
    status, outcome = await house.put(token, photos=(photo(),))
    assert (status, outcome["ending"]) == (200, "signed"), outcome
    await house.seal(envelope)
    state = await house.state(envelope)
    assert state.status == "completed"
    (claimed,) = await house.said(envelope, Claimed)
    assert claimed == Claimed(name="王师傅", contact="****4821", method="contact-tail")
    signed, _ = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert [each.received for each in signed.goods] == [7, 12]
    assert signed.values["short-1"] == "1"
    assert signed.remark == "外箱一处破损"
    assert signed.handwritten
    assert not signed.late
    assert len(await house.said(envelope, Opened)) == 1
    final = (await house.core.book.content(envelope, state.current[DOCUMENT])).body
    assert final.count(b"/ByteRange") == 2
    drawn = _drawn(final)
    for text in ("外箱一处破损", "12", "2026-11-27 06:00 +0000"):
        assert text.encode("utf-16-be").hex() in drawn, text


def _drawn(document: bytes) -> str:
    """The content of every mark in the document."""
    with Pdf.open(io.BytesIO(document)) as pdf:
        marks = [mark for page in pdf.pages for mark in page.get("/Annots", ())]
        return "".join(mark.AP.N.read_bytes().decode() for mark in marks if "/AP" in mark)


async def test_the_same_receipt_sent_again_is_signed_once(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    one = str(uuid.uuid4())
    first = await house.put(token, id=one)
    again = await house.put(token, id=one)
    assert first == again
    assert len(await house.said(envelope, Signed)) == 1
    status, told = await house.put(token, house.receipt(remark="another"), id=one)
    assert (status, str(told["type"])) == (409, "urn:sealgate:problem:delivery-receipt-differs")


async def test_whoever_refuses_the_goods_says_why(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    refusal = house.receipt(refused=True, goods=(), handwriting=None, remark="整批破损")
    status, outcome = await house.put(token, refusal)
    assert (status, outcome["ending"]) == (200, "declined"), outcome
    (declined,) = await house.said(envelope, Declined)
    assert declined == Declined(reason="goods-refused", remark="整批破损")
    assert (await house.state(envelope)).status == "declined"


async def test_a_document_that_nobody_can_sign_is_told_and_not_tried_for_ever(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.delivery_house.document", lambda: b"no PDF")
    token = await house.label(await house.send())
    status, told = await house.put(token)
    assert (status, told["type"]) == (422, "urn:sealgate:problem:delivery-document")
