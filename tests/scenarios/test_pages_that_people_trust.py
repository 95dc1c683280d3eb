"""What a person sees before, beside and after signing, in a real Chromium.

With `SEALGATE_SCREENSHOTS=FOLDER` pictures of the pages are kept there.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser import Device, browser, in_one_loop, keep_picture, surfing
from tests.delivery_house import TAIL, delivery_house
from tests.network_house import NetworkHouse, network_house
from tests.person_house import TITLE, asked, come_in, draw, free_port, see_all_pages
from tests.scenarios.test_a_person_signs_in_a_browser import sign, usable

__all__ = ["browser"]
pytestmark = in_one_loop
DEVICES: list[Device] = ["phone", "desk"]
_PATIENCE_MS = 45_000


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path, server={"port": free_port()}) as opened:
        yield opened


@pytest.mark.parametrize("device", DEVICES)
async def test_the_servers_own_page_says_where_links_are_found(
    house: NetworkHouse, browser: Browser, device: Device
) -> None:
    async with surfing(browser, device=device) as page:
        await page.goto(house.url)
        await expect(page.locator("h1")).to_have_text("在线签署")
        await expect(page.locator("main")).to_contain_text("短信或邮件中的链接")
        assert await usable(page)
        await keep_picture(page, f"home-{device}")
        await page.locator("button", has_text="English").click()
        await page.wait_for_url(f"{house.url}/")
        await expect(page.locator("h1")).to_have_text("Documents are signed here")
    async with (
        aiohttp.ClientSession(headers={"Accept": "application/json"}) as program,
        program.get(house.url) as answer,
    ):
        assert (answer.status, answer.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("device", DEVICES)
async def test_a_link_names_its_sender_and_document_and_nobody_else(
    house: NetworkHouse, browser: Browser, device: Device
) -> None:
    signer = await asked(house)
    async with surfing(browser, device=device) as page:
        await page.goto((await signer.link()).url)
        await expect(page.locator(".about")).to_contain_text("买方有限公司")
        await expect(page.locator(".about")).to_contain_text(TITLE)
        assert signer.person.name not in await page.content()
        # What messengers show of a link is its title: that names nothing.
        assert TITLE not in await page.title()
        assert await usable(page)
        await keep_picture(page, f"link-{device}")


@pytest.mark.parametrize("device", DEVICES)
async def test_the_wait_for_another_code_counts_down_and_is_spoken_once(
    house: NetworkHouse, browser: Browser, device: Device
) -> None:
    signer = await asked(house)
    async with surfing(browser, device=device) as page:
        await page.clock.install()
        await page.goto((await signer.link()).url)
        await page.locator("button.main").click()
        await page.locator("button.main").click()  # send it
        await page.locator("button.quiet-button").click()  # and another one, too soon
        counting = page.locator(".counting")
        await expect(counting).to_be_visible()
        assert await counting.get_attribute("aria-hidden") == "true"
        spoken = await page.locator("#unsent").inner_text()
        first = await counting.inner_text()
        await keep_picture(page, f"count-{device}")
        await page.clock.run_for(5_000)
        assert await counting.inner_text() != first
        # Nothing that is spoken has changed meanwhile.
        assert await page.locator("#unsent").inner_text() == spoken
        assert await page.locator(".counted").inner_text() == ""
        await page.clock.run_for(120_000)
        await expect(counting).to_have_count(0)
        await expect(page.locator("#unsent")).to_have_count(0)
        await expect(page.locator(".counted")).to_have_text("现在可以重新发送验证码。")


@pytest.mark.parametrize("device", DEVICES)
async def test_a_fault_goes_with_what_corrects_it_and_shell_commands_are_folded(
    house: NetworkHouse, browser: Browser, device: Device
) -> None:
    signer = await asked(house)
    async with surfing(browser, device=device) as page:
        await come_in(page, signer)
        await see_all_pages(page)
        await page.locator(".bar button:not([aria-disabled])").click()
        await page.wait_for_url("**/sign/act")
        await page.locator("form.act button.main").click()
        await expect(page.locator("#signature-fault")).to_be_visible(timeout=_PATIENCE_MS)
        await expect(page.locator("#faults")).to_be_visible()
        await draw(page)
        await expect(page.locator("#signature-fault")).to_have_count(0)
        await expect(page.locator("#faults")).to_have_count(0)
        await expect(page.locator("fieldset.bad")).to_have_count(0)
        await keep_picture(page, f"corrected-{device}")
        await sign(page)
        await expect(page.locator("pre")).not_to_be_visible()
        await expect(page.locator("a.button").first).to_be_visible()
        assert await usable(page)
        await keep_picture(page, f"done-{device}")
        await page.locator("details.check summary").click()
        await expect(page.locator("pre")).to_be_visible()
        assert await usable(page)


async def fits(page: Page) -> bool:
    """Nothing stands out of the window sideways. A hidden field has its label to be pressed."""
    window = page.viewport_size
    assert window is not None
    width: int = await page.evaluate("document.documentElement.scrollWidth")
    return width <= window["width"]


_LOOK = """() => {
  const style = (each) => getComputedStyle(document.querySelector(each));
  return [
    style("body").backgroundColor, style("body").color, style(".brand").fontWeight,
    style("button.main").backgroundColor, style("button.main").borderRadius,
    style("body").fontFamily, style("h1").lineHeight.endsWith("px"),
  ];
}"""


@pytest.mark.parametrize("device", DEVICES)
async def test_who_signs_a_contract_and_who_receives_goods_see_one_product(
    house: NetworkHouse, browser: Browser, device: Device, tmp_path: Path
) -> None:
    signer = await asked(house)
    (tmp_path / "goods").mkdir()
    async with surfing(browser, device=device) as page:
        await page.goto((await signer.link()).url)
        look = await page.evaluate(_LOOK)
        words = (await page.locator(".brand .quiet").inner_text()).strip()
        mark = await page.locator(".brand img").bounding_box()
    async with (
        delivery_house(tmp_path / "goods") as goods,
        surfing(browser, device=device) as page,
    ):
        await page.goto(f"{goods.url}/d/{await goods.label(await goods.send())}")
        assert await page.evaluate(_LOOK) == look
        told = (await page.locator(".brand .quiet").inner_text()).strip()
        drawn = await page.locator(".brand svg").bounding_box()
        assert told == words
        assert mark is not None
        assert drawn is not None
        assert (drawn["width"], drawn["height"]) == (mark["width"], mark["height"])
        assert await fits(page)
        await keep_picture(page, f"delivery-goods-{device}")
        await page.locator("#begin").click()
        await page.locator("#name").fill("王师傅")
        await page.locator("#digits").fill(TAIL)
        await keep_picture(page, f"delivery-who-{device}")
        await page.locator("#who button.main").click()
        await page.wait_for_selector("[data-step=count]:visible")
        await keep_picture(page, f"delivery-count-{device}")
        assert await fits(page)
        await page.locator("#count button.main").click()
        await page.wait_for_selector("[data-step=sign]:visible")
        await keep_picture(page, f"delivery-sign-{device}")
        assert await fits(page)
        await page.locator("#language").click()
        await expect(page.locator("h1 [lang=en]")).to_be_visible()
        await page.goto(f"{goods.url}/status")
        await keep_picture(page, f"delivery-status-{device}")
        assert await fits(page)
