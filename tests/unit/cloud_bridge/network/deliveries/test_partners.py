"""What partners without an account see: the label, the status, the copy; and no more."""

import io
import zlib

import pytest
from PIL import Image

from cloud_bridge.envelopes.statements import Withdrawn
from cloud_bridge.network.deliveries.problems import DeliveryProblem, LabelRefusedProblem
from tests.delivery_house import TAIL, WAYBILL, House


async def ask(house: House, waybill: str, digits: str) -> tuple[int, str]:
    form = {"waybill": waybill, "digits": digits}
    async with house.http.post(f"{house.url}/status", data=form) as answer:
        return answer.status, await answer.text()


async def get(house: House, path: str) -> tuple[int, bytes]:
    async with house.http.get(f"{house.url}{path}") as answer:
        return answer.status, await answer.read()


async def test_a_form_that_is_large_or_unpacks_to_what_is_is_not_taken(house: House) -> None:
    packed = zlib.compress(b"waybill=" + b"7" * (1 << 20))
    for body, headers in (
        (b"waybill=" + b"7" * (1 << 15), {}),
        (packed, {"Content-Encoding": "deflate"}),
    ):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        async with house.http.post(f"{house.url}/status", data=body, headers=headers) as answer:
            assert answer.status == 413


async def test_the_label_opens_the_page_and_tells_waybill_goods_and_status_only(
    house: House,
) -> None:
    token = await house.label(await house.send())
    status, page = await get(house, f"/d/{token}")
    assert status == 200
    text = page.decode()
    assert WAYBILL in text
    assert "照明灯 LED-40W" in text
    for secret in (TAIL, "13900007733", "发货人", "签收回单"):
        assert secret not in text
    assert (await get(house, f"/d/{token}/label.svg"))[1].startswith(b"<?xml")
    with Image.open(io.BytesIO((await get(house, f"/d/{token}/label.png"))[1])) as image:
        assert image.width > 200


async def test_the_page_has_a_sentence_for_every_word_that_it_may_be_told(house: House) -> None:
    token = await house.label(await house.send())
    page = (await get(house, f"/d/{token}"))[1].decode()
    elsewhere = {"delivery-terms", "delivery-status-unknown"}
    for problem in DeliveryProblem.__subclasses__():
        assert problem.type in elsewhere or f'data-message="{problem.type}"' in page, problem.type


async def test_a_new_label_takes_the_place_of_the_old_one(house: House) -> None:
    envelope = await house.send()
    old = await house.label(envelope)
    new = await house.label(envelope)
    assert (await get(house, f"/d/{old}"))[0] == 404
    assert (await get(house, f"/d/{old}/label.svg"))[0] == 404
    assert (await get(house, f"/d/{new}"))[0] == 200
    assert (await house.claim(old))[0] == 404


async def test_every_page_is_bound_by_its_headers(house: House) -> None:
    token = await house.label(await house.send())
    for path in (f"/d/{token}", "/status", "/d/worker.js", "/d/static/delivery.js"):
        async with house.http.get(f"{house.url}{path}") as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"level": "identity"}, id="nobody shows papers at a door"),
        pytest.param({"fields": ()}, id="no such field"),
    ],
)
async def test_terms_that_no_receipt_can_fill_get_no_label(
    house: House, changes: dict[str, object]
) -> None:
    if "fields" in changes:
        odd = house.field("received-3")
        changes = {"fields": (odd,)}
    envelope = await house.send(**changes)
    with pytest.raises(LabelRefusedProblem):
        await house.label(envelope)


async def test_the_status_goes_from_step_to_step(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    seen = []

    async def see() -> None:
        status, page = await ask(house, WAYBILL, TAIL)
        assert status == 200
        seen.append(page.partition('<strong><span lang="zh">')[2].partition("<")[0])

    await see()
    await house.claim(token)
    await see()
    await house.put(token)
    await see()
    await house.seal(envelope)
    await see()
    assert seen == ["待签收", "正在签收", "已签收，待盖章", "已完成"]


async def test_other_digits_and_other_numbers_get_the_same_answer(house: House) -> None:
    await house.label(await house.send())
    wrong_digits = await ask(house, WAYBILL, "0000")
    no_such_number = await ask(house, "SF-0000", TAIL)
    assert wrong_digits == no_such_number
    assert wrong_digits[0] == 404
    for _ in range(4):
        await ask(house, WAYBILL, "0000")
    # Locked: right digits look wrong, and a number that is not there looks just so.
    assert await ask(house, WAYBILL, TAIL) == wrong_digits
    house.clock.advance(minutes=30)
    assert (await ask(house, WAYBILL, TAIL))[0] == 200


async def test_a_status_tells_no_names_and_no_goods(house: House) -> None:
    token = await house.label(await house.send())
    await house.put(token)
    _, page = await ask(house, WAYBILL, TAIL)
    for secret in ("王师傅", "照明", "东海", "南星"):
        assert secret not in page


async def test_a_copy_is_told_once_it_is_completed_and_opens_for_thirty_days(
    house: House,
) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    tell = house.room.work[1][0]
    await house.put(token)
    await tell()
    assert house.telephones.copies == []
    await house.seal(envelope)
    house.telephones.is_away = True
    await tell()
    house.telephones.is_away = False
    await tell()
    await tell()
    ((number, address),) = house.telephones.copies
    assert number == "+8613900007733"
    path = address.removeprefix(house.url)
    assert (await get(house, path))[0] == 200
    status, body = await get(house, f"{path}/%E5%9B%9E%E5%8D%95.pdf")
    assert (status, body.count(b"/ByteRange")) == (200, 2)
    assert (await get(house, f"{path}/other.pdf"))[0] == 404
    house.clock.advance(days=30)
    assert (await get(house, path))[0] == 404


async def test_nobody_is_told_of_what_was_withdrawn(house: House) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    await house.put(token)
    await house.say(envelope, Withdrawn(reason="sent by mistake"))
    await house.room.work[1][0]()
    assert house.telephones.copies == []


async def test_only_who_has_signed_fetches_the_receipt_at_the_label(house: House) -> None:
    token = await house.label(await house.send())
    await house.put(token)

    async def fetch(secret: str) -> int:
        address = f"{house.url}/d/{token}/copy"
        async with house.http.post(address, json={"secret": secret}) as answer:
            return answer.status

    assert await fetch("A" * 43) == 200
    assert await fetch("B" * 42 + "A") == 404


async def test_a_status_form_that_is_far_too_large_is_not_read(house: House) -> None:
    body = b"&".join([b"a=1"] * 10_000)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    async with house.http.post(f"{house.url}/status", data=body, headers=kind) as answer:
        assert answer.status == 413


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=none-such", b"waybill=1"),
        ("application/x-www-form-urlencoded; charset=ascii", b"waybill=\xff"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nno part"),
    ],
)
async def test_a_status_form_that_is_none_is_told_so(house: House, kind: str, body: bytes) -> None:
    headers = {"content-type": kind}
    async with house.http.post(f"{house.url}/status", data=body, headers=headers) as answer:
        assert answer.status in {400, 404}, await answer.text()
