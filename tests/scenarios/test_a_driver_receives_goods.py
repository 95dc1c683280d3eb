"""A driver receives goods with a telephone in the rain: every page of it, in a real Chromium.

With `SEALGATE_SCREENSHOTS=FOLDER` pictures of the pages are kept there: `python -m tests.pictures`.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cloud_bridge.envelopes.statements import Declined, Signed
from tests.browser import WITHOUT_WORKER, browser, in_one_loop, keep_picture, surfing
from tests.delivery_house import START, TAIL, House, delivery_house, photo

__all__ = ["browser"]
pytestmark = in_one_loop


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with delivery_house(tmp_path) as house:
        yield house


async def scan(page: Page, house: House, label: str) -> None:
    await page.clock.install(time=START)
    await page.goto(f"{house.url}/d/{label}")


async def tell_who(page: Page, name: str) -> None:
    await page.locator("#begin").click()
    await page.locator("#name").fill(name)
    await page.locator("#digits").fill(TAIL)
    await page.locator("#who button.main").click()


async def sign(page: Page) -> None:
    await page.locator("#count button.main").click()
    await page.wait_for_selector("[data-step=sign]:visible")
    box = await page.locator("#pen").bounding_box()
    assert box is not None
    for x in (0.2, 0.5):
        await page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.2 * box["height"])
        await page.mouse.down()
        await page.mouse.move(
            box["x"] + (x + 0.3) * box["width"], box["y"] + 0.8 * box["height"], steps=9
        )
        await page.mouse.up()


async def test_goods_are_counted_signed_for_and_the_receipt_goes_to_all(
    browser: Browser, house: House
) -> None:
    envelope = await house.send()
    label = await house.label(envelope)
    async with surfing(browser) as page, surfing(browser) as other:
        await scan(page, house, label)
        await keep_picture(page, "delivery-goods")
        await tell_who(page, "王师傅")
        await page.wait_for_selector("[data-step=count]:visible")
        await keep_picture(page, "delivery-count")

        # Whoever scans the label after him reads that somebody is at it, and not who.
        await scan(other, house, label)
        await expect(other.locator("[data-status=taken]")).to_contain_text("已有人在签收")
        assert "王师傅" not in await other.content()
        await keep_picture(other, "delivery-taken")

        await sign(page)
        await keep_picture(page, "delivery-sign")
        await page.locator("#sign button.main").click()
        await page.wait_for_selector("[data-sent=signed]:visible")
        await keep_picture(page, "delivery-signed")

    await house.seal(envelope)
    for work, _ in house.room.work:
        await work()
    ((_, address),) = house.telephones.copies
    async with surfing(browser) as page:
        await page.goto(address)
        await expect(page.locator("main")).to_contain_text("已签收并盖章")
        await keep_picture(page, "delivery-copy")
        await page.goto(f"{house.url}/status")
        await keep_picture(page, "delivery-status")


async def test_without_network_it_is_kept_and_sent_later_and_marked_as_late(
    browser: Browser, house: House
) -> None:
    envelope = await house.send()
    async with surfing(browser, **WITHOUT_WORKER) as page:
        await scan(page, house, await house.label(envelope))
        await page.context.set_offline(offline=True)
        await tell_who(page, "王师傅")
        await expect(page.locator("#not-first")).to_be_visible()
        await page.locator("#remark").fill("外箱一处破损")
        camera = page.locator("#photo")
        await camera.set_input_files({"name": "1.jpg", "mimeType": "image/jpeg", "buffer": photo()})
        await expect(page.locator("#photos img")).to_be_visible()
        await keep_picture(page, "delivery-offline")
        await sign(page)
        await page.locator("#sign button.main").click()
        await page.wait_for_selector("[data-sent=waiting]:visible")
        await keep_picture(page, "delivery-waiting")

        house.clock.advance(minutes=40)
        await page.clock.run_for(40 * 60_000)
        await page.context.set_offline(offline=False)
        await page.wait_for_selector("[data-sent=signed]:visible")
        await expect(page.locator("#late")).to_be_visible()
        await keep_picture(page, "delivery-late")
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert signed.late


async def test_who_signed_without_network_after_another_is_told_not_to_unload(
    browser: Browser, house: House
) -> None:
    envelope = await house.send()
    label = await house.label(envelope)
    async with surfing(browser, **WITHOUT_WORKER) as page:
        await scan(page, house, label)
        await page.context.set_offline(offline=True)
        await tell_who(page, "王师傅")
        await sign(page)
        await page.locator("#sign button.main").click()
        await page.wait_for_selector("[data-sent=waiting]:visible")
        house.clock.advance(minutes=40)
        assert (await house.put(label))[0] == 200
        await page.context.set_offline(offline=False)
        await page.wait_for_selector("[data-sent=taken]:visible")
        await keep_picture(page, "delivery-not-first")
    assert len(await house.said(envelope, Signed)) == 1


async def test_goods_that_are_wet_are_refused_with_the_reason(
    browser: Browser, house: House
) -> None:
    envelope = await house.send()
    async with surfing(browser, locale="en-GB") as page:
        await scan(page, house, await house.label(envelope))
        await tell_who(page, "王师傅")
        await page.locator("#refuse").click()
        await page.locator("#why").fill("All of it is wet.")
        await keep_picture(page, "delivery-refuse")
        await page.locator("#sign button.main").click()
        await page.wait_for_selector("[data-sent=declined]:visible")
    (declined,) = await house.said(envelope, Declined)
    assert isinstance(declined, Declined)
    assert "wet" in declined.remark
