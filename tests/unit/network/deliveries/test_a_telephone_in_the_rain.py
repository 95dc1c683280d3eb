"""A real telephone's page where the network comes and goes, and where it only seems to be there."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, Route, expect

from cloud_bridge.envelopes.statements import Signed
from cloud_bridge.network.deliveries.pages import Pages
from tests.browser import WITHOUT_WORKER, browser, in_one_loop, surfing
from tests.delivery_house import START, TAIL, House, delivery_house

__all__ = ["browser"]
pytestmark = in_one_loop


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with delivery_house(tmp_path) as house:
        yield house


async def scan(page: Page, house: House, envelope: str) -> str:
    """Open the label; its address."""
    address = f"{house.url}/d/{await house.label(envelope)}"
    await page.goto(address)
    return address


async def tell_who(page: Page) -> None:
    await page.locator("#begin").click()
    await page.locator("#name").fill("王师傅")
    await page.locator("#digits").fill(TAIL)
    await page.locator("#who button.main").click()


async def count_and_sign(page: Page) -> None:
    await page.locator("#count button.main").click()
    box = await page.locator("#pen").bounding_box()
    assert box is not None
    for x in (0.2, 0.6):
        await page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.3 * box["height"])
        await page.mouse.down()
        await page.mouse.move(
            box["x"] + (x + 0.3) * box["width"], box["y"] + 0.8 * box["height"], steps=5
        )
        await page.mouse.up()
    await page.locator("#sign button.main").click()


class Silence:
    """Takes requests and answers none of them, as a cell that is full does; until it is over."""

    def __init__(self) -> None:
        self.is_over = False
        self.heard = 0

    async def __call__(self, route: Route) -> None:
        if self.is_over:
            await route.continue_()
        else:
            self.heard += 1


async def test_a_claim_that_nobody_answers_lets_the_driver_go_on(
    browser: Browser, house: House
) -> None:
    async with surfing(browser, **WITHOUT_WORKER) as page:
        await page.clock.install()
        await scan(page, house, await house.send())
        silence = Silence()
        await page.route("**/claim", silence)
        await tell_who(page)
        await expect(page.locator("[data-message=asking]")).to_be_visible()
        await page.clock.run_for(20_000)
        await expect(page.locator("#not-first")).to_be_visible()
        await expect(page.locator("[data-message=asking]")).to_be_hidden()
        assert silence.heard == 1


async def test_a_receipt_that_nobody_answers_is_kept_sent_again_and_told_as_late(
    browser: Browser, house: House
) -> None:
    async with surfing(browser, **WITHOUT_WORKER) as page:
        await page.clock.install()
        envelope = await house.send()
        await scan(page, house, envelope)
        await tell_who(page)
        await page.wait_for_selector("[data-step=count]:visible")
        silence = Silence()
        await page.route("**/receipts/*", silence)
        await count_and_sign(page)
        await page.wait_for_selector("[data-sent=sending]:visible")
        await page.clock.run_for(70_000)
        await page.wait_for_selector("[data-sent=waiting]:visible")
        silence.is_over = True
        await page.locator("#again").click()
        await page.wait_for_selector("[data-sent=signed]:visible")
        # The telephone never said that it was offline, and its clock is far from the network's.
        await expect(page.locator("#late")).to_be_visible()
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert signed.late


async def test_what_stays_refused_is_not_sent_again_and_again(
    browser: Browser, house: House
) -> None:
    sent: list[str] = []

    async def refused(route: Route) -> None:
        sent.append(route.request.url)
        problem = '{"type": "urn:sealgate:problem:delivery-label-unknown"}'
        await route.fulfill(status=404, content_type="application/problem+json", body=problem)

    async with surfing(browser, **WITHOUT_WORKER) as page:
        await page.clock.install()
        await scan(page, house, await house.send())
        await tell_who(page)
        await page.wait_for_selector("[data-step=count]:visible")
        await page.route("**/receipts/*", refused)
        await count_and_sign(page)
        await page.wait_for_selector("[data-message=delivery-label-unknown]:visible")
        await page.clock.run_for(120_000)
        assert len(sent) == 1
        async with page.expect_response("**/receipts/*"):  # whoever wants to, may
            await page.locator("#again").click()
        await expect(page.locator("#again")).to_be_visible()
        assert len(sent) == 2


async def test_whoever_may_not_be_located_is_told_and_goes_on(
    browser: Browser, house: House
) -> None:
    async with surfing(browser, permissions=[], **WITHOUT_WORKER) as page:
        await scan(page, house, await house.send())
        await tell_who(page)
        await page.locator("#refuse").click()
        await page.locator("#place").click()
        await expect(page.locator("#no-place")).to_be_visible()
        await expect(page.locator("#place")).not_to_be_checked()


LONG = "W" * 255
RIGHT_TO_LEFT = "\u05d0\u05d1 12"
"""Without a part of its own, what stands behind it would be shown before its number."""


async def test_whatever_goods_are_called_they_fit_a_telephone_and_change_no_number(
    browser: Browser, house: House
) -> None:
    async with surfing(browser, **WITHOUT_WORKER) as page:
        lines = ((LONG, 123_456), (RIGHT_TO_LEFT, 8))
        await scan(page, house, await house.send(lines=lines, handwriting="free", fields=()))
        await tell_who(page)
        await page.wait_for_selector("[data-step=count]:visible")
        received = page.locator("#received-0")
        assert await received.evaluate("each => each.scrollWidth <= each.clientWidth")
        name, count = await page.locator("fieldset[data-line='1'] legend").evaluate(_WHERE)
        assert name["right"] <= count["left"]
        await page.locator("#count button.main").click()
        await page.wait_for_selector("[data-step=sign]:visible")
        assert await page.evaluate("() => document.documentElement.scrollWidth") == 360
        assert f"\u2068{RIGHT_TO_LEFT}\u2069: 8 / 8" in await page.locator("#summary").inner_text()


_WHERE = """each => {
  return [each.firstChild, each.lastChild].map((node) => {
    const all = document.createRange();
    all.selectNodeContents(node);
    return all.getBoundingClientRect().toJSON();
  });
}"""


async def test_a_label_that_was_printed_anew_goes_on_with_what_was_filled_in(
    browser: Browser, house: House
) -> None:
    async with surfing(browser) as page:
        envelope = await house.send()
        await scan(page, house, envelope)
        await tell_who(page)
        await page.locator("#remark").fill("外箱一处破损")
        await page.locator("#count button.main").click()
        await page.wait_for_selector("[data-step=sign]:visible")
        # The shipper asks for another label: the one that was scanned opens nothing any more.
        await scan(page, house, envelope)
        await page.wait_for_selector("[data-step=sign]:visible")
        await page.locator("#back").click()
        await expect(page.locator("#remark")).to_have_value("外箱一处破损")
        await count_and_sign(page)
        await page.wait_for_selector("[data-sent=signed]:visible")
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert signed.remark == "外箱一处破损"


async def test_another_delivery_of_the_same_number_takes_nothing_over(
    browser: Browser, house: House
) -> None:
    async with surfing(browser) as page:
        await scan(page, house, await house.send())
        await tell_who(page)
        await page.wait_for_selector("[data-step=count]:visible")
        await scan(page, house, await house.send())
        await page.wait_for_selector("#begin:visible")
        await expect(page.locator("[data-step=count]")).to_be_hidden()


async def test_whoever_hears_the_page_knows_what_each_button_counts(
    browser: Browser, house: House
) -> None:
    async with surfing(browser, locale="en-GB", **WITHOUT_WORKER) as page:
        await scan(page, house, await house.send())
        await tell_who(page)
        for name, number in (("照明灯 LED-40W", 0), ("纸箱 A4 paper", 1)):
            for kind in ("Received", "Short", "Damaged"):
                more = page.get_by_role("button", name=f"one more: {kind} {name}", exact=True)
                await more.click()
                told = page.locator(f"#{kind.lower()}-{number}")
                assert int(await told.input_value()) > 0
        label = page.locator("label[for=damaged-0]")
        assert await label.evaluate("each => each.clientHeight < 40")  # in one line
        # Whoever cannot draw reads what to do.
        await page.locator("#refuse").click()
        await page.locator("#back").click()
        await page.locator("#count button.main").click()
        await page.locator("#count button.main").click()
        await expect(page.locator("#pen-label")).to_contain_text("call the shipper")


async def test_a_clock_that_was_set_back_meanwhile_keeps_nobody_from_signing(
    browser: Browser, house: House
) -> None:
    async with surfing(browser, **WITHOUT_WORKER) as page:
        await page.clock.install(time=START)
        envelope = await house.send(reading_seconds=5)
        await scan(page, house, envelope)
        await tell_who(page)
        await page.wait_for_selector("[data-step=count]:visible")
        await page.clock.set_system_time(START - timedelta(days=200))  # the battery was empty
        await count_and_sign(page)
        reading = page.locator("[data-message=delivery-receipt-senseless-reading]")
        await expect(reading).to_be_visible()
        await page.clock.run_for(6_000)
        await page.locator("#count button.main").click()
        await page.locator("#sign button.main").click()
        await page.wait_for_selector("[data-sent=signed]:visible")
    (signed,) = await house.said(envelope, Signed)
    assert isinstance(signed, Signed)
    assert 5 <= signed.read_seconds < 60
    assert signed.late


async def test_what_cannot_be_written_is_told_in_the_driver_s_language(
    browser: Browser, house: House
) -> None:
    async with surfing(browser, **WITHOUT_WORKER) as page:
        await scan(page, house, await house.send())
        await tell_who(page)
        await page.locator("#remark").fill("好的 \U0001f600")
        await count_and_sign(page)
        told = page.locator("[data-message=delivery-receipt-senseless-text]")
        await expect(told).to_contain_text("表情符号")
        await expect(page.locator("#detail")).to_be_hidden()
        await page.locator("#remark").fill("好的")
        await page.locator("#count button.main").click()
        await page.locator("#sign button.main").click()
        await page.wait_for_selector("[data-sent=signed]:visible")


async def test_a_worker_in_a_browser_of_some_years_ago_opens_the_label_anew(
    browser: Browser, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = Pages.worker

    def of_before(pages: Pages) -> web.Response:
        answer = present(pages)
        answer.body = b"delete AbortSignal.timeout;\n" + pages._worker
        return answer

    monkeypatch.setattr(Pages, "worker", of_before)
    async with surfing(browser) as page:
        await scan(page, house, await house.send())
        await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        await scan(page, house, await house.send())
        await expect(page.locator("#begin")).to_be_visible()


_DRAFTS = "keeping.all('drafts').then((all) => all.map((each) => each.name))"


async def test_what_was_begun_is_gone_from_the_telephone_once_others_have_received_the_goods(
    browser: Browser, house: House
) -> None:
    async with surfing(browser) as page:
        address = await scan(page, house, await house.send())
        await page.locator("#begin").click()
        await page.locator("#name").fill("王师傅")
        await expect_drafts(page, ["王师傅"])
        assert (await house.put(address.rpartition("/")[2]))[0] == 200
        await page.reload()
        await expect(page.locator("[data-status=signed]")).to_be_visible()
        await expect_drafts(page, [])


async def test_what_nobody_has_gone_on_with_for_two_weeks_is_gone_from_the_telephone(
    browser: Browser, house: House
) -> None:
    async with surfing(browser) as page:
        await scan(page, house, await house.send())
        await page.locator("#begin").click()
        await page.locator("#name").fill("王师傅")
        await expect_drafts(page, ["王师傅"])
        later = """
            keeping.get("drafts", location.pathname.split("/").pop()).then((draft) =>
              keeping.put("drafts", { ...draft, keptAt: draft.keptAt - DAYS * 86400000 }))
        """
        await page.evaluate(later.replace("DAYS", "13"))
        await scan(page, house, await house.send())
        await expect_drafts(page, ["王师傅"])
        await page.go_back()
        await page.evaluate(later.replace("DAYS", "2"))
        await scan(page, house, await house.send())
        await expect_drafts(page, [])


async def expect_drafts(page: Page, names: list[str]) -> None:
    """What is kept, sooner or later."""
    await page.wait_for_function(
        f"async (names) => JSON.stringify(await {_DRAFTS}) === JSON.stringify(names)", arg=names
    )
