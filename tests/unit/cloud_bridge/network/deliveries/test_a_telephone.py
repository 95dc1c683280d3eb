"""A driver's telephone: a real Chromium, 360 pixels wide, that loses the network."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from cloud_bridge.envelopes.statements import Claimed, Declined, Signed
from gateway.clock import SystemClock
from tests.browser import browser, in_one_loop
from tests.delivery_house import (
    DOCUMENT,
    OTHER_SECRET,
    TAIL,
    HandClock,
    House,
    delivery_house,
    photo,
)

__all__ = ["browser"]
SHOTS = os.environ.get("SEALGATE_SCREENSHOTS")
"""A folder for pictures of the pages; not set: none are taken."""

pytestmark = in_one_loop


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path) -> AsyncIterator[House]:
    # A browser has the machine's clock.
    async with delivery_house(tmp_path, clock=HandClock(SystemClock().now())) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def telephone(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport={"width": 360, "height": 740},
        locale="zh-CN",
        has_touch=True,
        geolocation={"latitude": 31.2304, "longitude": 121.4737, "accuracy": 20},
        permissions=["geolocation"],
    )
    context.set_default_timeout(15_000)
    yield context
    await context.close()


async def shot(page: Page, name: str) -> None:
    """The page as it is seen; and nothing may be wider than the telephone."""
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360, f"{name} is {width} pixels wide"
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/delivery-{name}.png", full_page=True)


async def open_label(house: House, telephone: BrowserContext, token: str) -> Page:
    """Scan the label, and wait until the page works without network."""
    page = await telephone.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    await page.goto(f"{house.url}/d/{token}")
    await page.wait_for_selector("html[data-offline=ready]")
    return page


async def say_who(page: Page, *, digits: str = TAIL) -> None:
    await page.get_by_role("button", name="我来签收").click()
    await page.get_by_label("姓名").fill("王师傅")
    await page.get_by_label("后 4 位").fill(digits)
    await page.locator("#who").get_by_role("button", name="继续").click()


async def count(page: Page) -> None:
    line = page.get_by_role("group", name="照明灯")
    await line.get_by_role("button", name="减一").first.click()
    await expect(line.get_by_label("短少")).to_have_value("1")
    await page.get_by_label("备注").fill("外箱一处破损")
    await page.locator("#photo").set_input_files(
        {"name": "box.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    await expect(page.locator("#photos img")).to_have_count(1)


async def draw(page: Page) -> None:
    box = await page.locator("#pen").bounding_box()
    assert box is not None
    for stroke in (((0.1, 0.7), (0.3, 0.2), (0.5, 0.8)), ((0.6, 0.3), (0.9, 0.75))):
        (x, y), *after = stroke
        await page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        await page.mouse.down()
        for x, y in after:
            await page.mouse.move(
                box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6
            )
        await page.mouse.up()


async def kept_on_the_telephone(page: Page) -> dict[str, int]:
    return dict(
        await page.evaluate(
            """async () => {
              const counts = {};
              for (const name of ["drafts", "queue", "outcomes"]) {
                counts[name] = (await keeping.all(name)).length;
              }
              return counts;
            }"""
        )
    )


async def test_goods_are_received_on_a_telephone(house: House, telephone: BrowserContext) -> None:
    envelope = await house.send()
    page = await open_label(house, telephone, await house.label(envelope))
    await shot(page, "1-goods")
    await say_who(page)
    await count(page)
    await shot(page, "3-count")
    await page.locator("#count").get_by_role("button", name="继续").click()
    await draw(page)
    await page.get_by_label("附上我的位置").check()
    await page.wait_for_function("keeping.all('drafts').then(([each]) => each.place !== null)")
    await shot(page, "4-sign")
    await page.get_by_role("button", name="确认签收").click()
    await expect(page.locator("[data-sent=signed]")).to_be_visible(timeout=20_000)
    await shot(page, "5-signed")
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert signed.handwritten
    assert not signed.late
    assert signed.place is not None
    assert round(signed.place.latitude, 4) == 31.2304
    assert len(signed.attachments) == 1
    async with page.expect_download() as download:
        await page.get_by_role("button", name="下载回单").click()
    kept = await (await download.value).path()
    assert kept.read_bytes().startswith(b"%PDF-")
    # On another visit the telephone still knows what became of it.
    await page.reload()
    await expect(page.locator("[data-sent=signed]")).to_be_visible()


async def test_what_is_missing_is_marked_where_it_is_and_english_words_fit(
    house: House, browser: Browser
) -> None:
    envelope = await house.send()
    telephone = await browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
    page = await open_label(house, telephone, await house.label(envelope))
    await page.get_by_role("button", name="I receive these goods").click()
    name = page.get_by_label("Name")
    await page.locator("#who").get_by_role("button", name="Next").click()
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await name.fill("Wang")
    await expect(name).not_to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Last 4 digits").fill(TAIL)
    await page.locator("#who").get_by_role("button", name="Next").click()
    await expect(page.locator("#count")).to_be_visible()
    wide = await page.evaluate(
        """[...document.querySelectorAll(".number label")]
             .filter(each => each.scrollWidth > each.clientWidth).map(each => each.textContent)"""
    )
    assert wide == []
    await page.locator("#count").get_by_role("button", name="Next").click()
    await page.get_by_role("button", name="I have received").click()
    await expect(page.locator("#pen")).to_have_attribute("aria-invalid", "true")
    await telephone.close()


async def test_everything_is_filled_in_without_network_and_sent_when_it_is_back(
    house: House, telephone: BrowserContext
) -> None:
    envelope = await house.send()
    page = await open_label(house, telephone, await house.label(envelope))
    await telephone.set_offline(True)
    await expect(page.locator("#network")).to_be_visible()
    await say_who(page)
    await expect(page.locator("#not-first")).to_be_visible()
    await count(page)
    # The telephone's browser is closed and opened again, still without network.
    await page.reload()
    await expect(page.get_by_label("备注")).to_have_value("外箱一处破损")
    await expect(page.locator("#photos img")).to_have_count(1)
    await shot(page, "6-offline")
    await page.locator("#count").get_by_role("button", name="继续").click()
    await draw(page)
    await page.get_by_role("button", name="确认签收").click()
    await expect(page.locator("[data-sent=waiting]")).to_be_visible()
    await shot(page, "7-waiting")
    assert await house.said(envelope, Signed) == []
    assert (await kept_on_the_telephone(page))["queue"] == 1
    await page.reload()
    await expect(page.locator("[data-sent=waiting]")).to_be_visible()
    await telephone.set_offline(False)
    await expect(page.locator("[data-sent=signed]")).to_be_visible(timeout=20_000)
    await expect(page.locator("#late")).to_be_visible()
    await shot(page, "8-late")
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert signed.late
    assert signed.acted_at is not None
    assert await kept_on_the_telephone(page) == {"drafts": 0, "queue": 0, "outcomes": 1}


async def test_who_was_offline_sees_that_another_was_first_and_what_to_do(
    house: House, telephone: BrowserContext
) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    page = await open_label(house, telephone, token)
    await telephone.set_offline(True)
    await say_who(page)
    await count(page)
    await page.locator("#count").get_by_role("button", name="继续").click()
    await draw(page)
    await page.get_by_role("button", name="确认签收").click()
    await expect(page.locator("[data-sent=waiting]")).to_be_visible()
    assert (await house.claim(token, secret=OTHER_SECRET, name="另一位"))[0] == 200
    await telephone.set_offline(False)
    await expect(page.locator("[data-sent=taken]")).to_be_visible(timeout=20_000)
    await shot(page, "9-not-first")
    assert await house.said(envelope, Signed) == []
    assert await house.said(envelope, Claimed) == []


async def test_with_network_again_it_is_found_out_at_once_who_was_first(
    house: House, telephone: BrowserContext
) -> None:
    token = await house.label(await house.send())
    page = await open_label(house, telephone, token)
    await telephone.set_offline(True)
    await say_who(page)
    await expect(page.locator("#not-first")).to_be_visible()
    await telephone.set_offline(False)
    await expect(page.locator("#not-first")).to_be_hidden()
    assert (await house.claim(token, secret=OTHER_SECRET))[0] == 409


async def test_a_second_telephone_sees_that_it_is_taken(
    house: House, telephone: BrowserContext
) -> None:
    token = await house.label(await house.send())
    await house.claim(token, secret=OTHER_SECRET, name="另一位")
    page = await open_label(house, telephone, token)
    await expect(page.locator("[data-status=taken]")).to_be_visible()
    await expect(page.get_by_role("button", name="我来签收")).to_be_hidden()
    text = await page.locator("body").inner_text()
    assert "另一位" not in text
    assert TAIL not in text
    await shot(page, "2-taken")


async def test_wrong_digits_are_told_and_can_be_corrected(
    house: House, telephone: BrowserContext
) -> None:
    token = await house.label(await house.send())
    page = await open_label(house, telephone, token)
    await say_who(page, digits="0000")
    await expect(page.locator("[data-message=delivery-check-failed]")).to_be_visible()
    await page.get_by_label("后 4 位").fill(TAIL)
    await page.locator("#who").get_by_role("button", name="继续").click()
    await expect(page.get_by_label("备注")).to_be_visible()


async def test_digits_that_were_wrong_offline_are_corrected_and_sent(
    house: House, telephone: BrowserContext
) -> None:
    envelope = await house.send()
    page = await open_label(house, telephone, await house.label(envelope))
    await telephone.set_offline(True)
    await say_who(page, digits="0000")
    await count(page)
    await page.locator("#count").get_by_role("button", name="继续").click()
    await draw(page)
    await page.get_by_role("button", name="确认签收").click()
    await telephone.set_offline(False)
    await expect(page.locator("[data-message=delivery-check-failed]")).to_be_visible()
    await page.get_by_label("后 4 位").fill(TAIL)
    await page.locator("#who").get_by_role("button", name="继续").click()
    await expect(page.locator("[data-sent=signed]")).to_be_visible(timeout=20_000)
    assert len(await house.said(envelope, Signed)) == 1


async def test_a_code_is_told_where_the_shipper_gave_no_digits(
    house: House, telephone: BrowserContext
) -> None:
    envelope = await house.send(tail="")
    page = await open_label(house, telephone, await house.label(envelope))
    await page.get_by_role("button", name="我来签收").click()
    await page.get_by_label("姓名").fill("王师傅")
    await page.get_by_label("您的手机号").fill("138 0000 4821")
    await page.locator("#who").get_by_role("button", name="继续").click()
    await expect(page.get_by_label("短信验证码")).to_be_visible()
    ((number, code),) = house.telephones.codes
    assert number == "13800004821"
    await page.get_by_label("短信验证码").fill(code)
    await page.get_by_role("button", name="确认").click()
    await expect(page.get_by_label("备注")).to_be_visible()


async def test_the_goods_are_refused_in_english_by_keyboard(
    house: House, telephone: BrowserContext
) -> None:
    envelope = await house.send()
    page = await open_label(house, telephone, await house.label(envelope))
    await page.get_by_role("button", name="English").press("Enter")
    await page.get_by_role("button", name="I receive these goods").press("Enter")
    await page.get_by_label("Name").fill("Wang")
    await page.get_by_label("Last 4 digits").fill(TAIL)
    await page.get_by_label("Last 4 digits").press("Enter")
    await page.get_by_role("button", name="Refuse the goods").press("Enter")
    await page.get_by_label("Why").fill("All of it is wet.")
    await shot(page, "10-refuse")
    await page.get_by_role("button", name="I refuse").press("Enter")
    await expect(page.locator("[data-sent=declined]")).to_be_visible()
    (declined,) = await house.said(envelope, Declined)
    assert declined == Declined(reason="goods-refused", remark="All of it is wet.")


async def test_every_control_has_a_name_that_is_read_aloud(
    house: House, telephone: BrowserContext
) -> None:
    page = await open_label(house, telephone, await house.label(await house.send()))
    await page.evaluate(
        "document.querySelectorAll('[data-step]').forEach((each) => { each.hidden = false; })"
    )
    nameless = await page.evaluate(
        """[...document.querySelectorAll('button, input, textarea, canvas')]
          .filter((each) => {
            const label = each.labels?.[0] ?? each;
            const by = document.getElementById(each.getAttribute('aria-labelledby') ?? '');
            return !(label.innerText || by?.innerText || '').trim() && each.id !== 'photo';
          })
          .map((each) => each.outerHTML)"""
    )
    assert json.dumps(nameless) == "[]"


async def test_the_shipper_fetches_a_copy_and_asks_for_the_status(
    house: House, telephone: BrowserContext
) -> None:
    envelope = await house.send()
    token = await house.label(envelope)
    await house.put(token)
    await house.seal(envelope)
    copies = house.room.work[1][0]
    await copies()
    ((_, address),) = house.telephones.copies
    page = await telephone.new_page()
    await page.goto(address)
    await shot(page, "11-copy")
    async with page.expect_download() as download:
        await page.get_by_role("link", name=DOCUMENT).click()
    kept = (await (await download.value).path()).read_bytes()
    assert kept.count(b"/ByteRange") == 2
    await page.goto(f"{house.url}/status")
    await page.get_by_label("运单号").fill("SF-2026-0042")
    await page.get_by_label("后四位").fill("7733")
    await page.get_by_role("button", name="查询").click()
    await expect(page.get_by_role("status")).to_contain_text("已完成")
    await shot(page, "12-status")


async def test_the_browser_sends_what_waits_though_the_page_is_closed(
    house: House, telephone: BrowserContext
) -> None:
    envelope = await house.send()
    page = await open_label(house, telephone, await house.label(envelope))
    await telephone.set_offline(True)
    await say_who(page)
    await count(page)
    await page.locator("#count").get_by_role("button", name="继续").click()
    await draw(page)
    await page.get_by_role("button", name="确认签收").click()
    await expect(page.locator("[data-sent=waiting]")).to_be_visible()
    label = page.url
    await page.goto("about:blank")
    await telephone.set_offline(False)
    await wake_the_worker(page, house.url)
    async with asyncio.timeout(20):
        while not await house.said(envelope, Signed):
            await asyncio.sleep(0)
    await page.goto(label)
    await expect(page.locator("[data-sent=signed]")).to_be_visible(timeout=20_000)


async def wake_the_worker(page: Page, origin: str) -> None:
    """What the browser does once there is network again (Background Sync)."""
    browser = await page.context.new_cdp_session(page)
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def seen(event: dict[str, list[dict[str, str]]]) -> None:
        for each in event["registrations"]:
            if each["scopeURL"] == f"{origin}/d/" and not found.done():
                found.set_result(each["registrationId"])

    browser.on("ServiceWorker.workerRegistrationUpdated", seen)
    await browser.send("ServiceWorker.enable")
    what = {"origin": origin, "registrationId": await found, "tag": "receipts", "lastChance": False}
    await browser.send("ServiceWorker.dispatchSyncEvent", what)
