"""Persons sign what a company sends them, on a real network, in a real Chromium.

With `SEALGATE_SCREENSHOTS=FOLDER` pictures of the pages are kept there: `python -m tests.pictures`.
"""

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.async_api import Browser, Page, expect

from cloud_bridge.envelopes.state import PEN
from cloud_bridge.envelopes.statements import Began, Declined, Opened, Signed, Withdrawn, parse
from cloud_bridge.model import Level, Party
from gateway.verification.judging import Judging
from tests.browser import Device, browser, in_one_loop, surfing
from tests.network_house import NetworkHouse, network_house
from tests.person_house import (
    ALL_FIELDS,
    NAME,
    SIGNATURE,
    Signer,
    asked,
    come_in,
    draw,
    field,
    fill_in,
    free_port,
    see_all_pages,
)

_PATIENCE_MS = 45_000
_ROLES = "textbox|button|checkbox|combobox|radio|img|link|group|navigation"
# WCAG 2.2, 2.5.8: 24 by 24 px; a link within a sentence is as large as its words.
_SMALL = """[...document.querySelectorAll("button, input, select, textarea, a")]
  .filter(each => each.type !== "hidden" && each.offsetParent !== null
    && !each.closest("p, li") && !each.classList.contains("skip"))
  .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""


__all__ = ["browser"]
pytestmark = in_one_loop


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path, server={"port": free_port()}) as opened:
        yield opened


_WANTED = frozenset(
    {"desk-1-link", "phone-2-check", "phone-3-read", "phone-4-sign", "phone-5-done", "phone-6-used"}
)


async def kept(page: Page, name: str, *, at: str = "header") -> None:
    """A picture of the page, where somebody wants one."""
    folder = os.environ.get("SEALGATE_SCREENSHOTS")
    if folder is not None and name in _WANTED:
        await page.locator(at).first.evaluate("each => each.scrollIntoView({behavior: 'instant'})")
        await page.screenshot(path=Path(folder) / f"signing-{name}.png", scale="css")


async def has_read(page: Page) -> None:
    """Read everything, and go on as soon as that is allowed."""
    await see_all_pages(page)
    await page.locator(".bar button:not([aria-disabled])").click()
    await page.wait_for_url("**/sign/act")


async def sign(page: Page) -> None:
    await page.locator("form.act button.main").click()
    await page.wait_for_url("**/sign/done", timeout=_PATIENCE_MS)


async def usable(page: Page) -> bool:
    """Nothing stands out of the window sideways, all is large enough, and all has a name."""
    # Not innerWidth: a telephone widens its window to whatever stands out of it.
    window = page.viewport_size
    assert window is not None
    assert await page.evaluate("document.documentElement.scrollWidth") <= window["width"]
    small = await page.evaluate(_SMALL)
    assert not small, small
    spoken = await page.locator("body").aria_snapshot()
    nameless = re.findall(rf"- (?:{_ROLES})(?:$|:|\s\[)", spoken, re.MULTILINE)
    assert not nameless, spoken
    return True


async def signed_act(signer: Signer) -> Signed:
    record = await signer.house.core.book.record(signer.draft.id)
    acts = [parse(entry.signed).act for entry in record.entries]
    (act,) = [each for each in acts if isinstance(each, Signed)]
    assert any(isinstance(each, Opened) for each in acts)
    return act


async def verified(signer: Signer, folder: Path, *, names: list[str]) -> None:
    """pdfsig and our own verification find every signature valid, and nothing after the last."""
    document = await signer.document()
    file = folder / "signed.pdf"
    file.write_bytes(document)
    told = await asyncio.to_thread(
        subprocess.run, ["pdfsig", "-nocert", file], capture_output=True, text=True, check=True
    )
    assert told.stdout.count("Signature is Valid") == len(names)
    assert told.stdout.count("Total document signed") == 1
    pem = signer.house.core.config.keys.persons_ca.read_bytes()
    root = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    judgement = await asyncio.to_thread(
        Judging(trust=(root,)).judge, document, now=signer.house.time.now() + timedelta(days=100)
    )
    assert judgement.verdict == "valid", judgement
    assert [each.certificate.name for each in judgement.signatures if each.certificate] == names
    assert judgement.signatures[-1].coverage == "entire-file"


@pytest.mark.parametrize(
    ("device", "told"),
    [("phone", ("zh-CN", "签署完成")), ("desk", ("en-GB", "Signed. Thank you."))],
)
async def test_from_link_to_signed_document(
    house: NetworkHouse,
    browser: Browser,
    tmp_path: Path,
    device: Device,
    told: tuple[str, str],
) -> None:
    locale, thanks = told
    signer = await asked(house, fields=ALL_FIELDS, reading_seconds=30)
    async with surfing(browser, device=device, locale=locale) as page:
        await page.goto((await signer.link()).url)
        await kept(page, f"{device}-1-link")
        assert await usable(page)
        await page.locator("main button.main").click()
        await page.locator("main button.main").click()
        await page.locator("#code").fill(signer.code())
        await kept(page, f"{device}-2-check")
        assert await usable(page)
        await page.locator("main button.main").first.click()
        await page.wait_for_url("**/sign/read")
        await see_all_pages(page)
        await kept(page, f"{device}-3-read", at=".page[data-number='2']")
        assert await usable(page)
        house.time.move(timedelta(seconds=31))
        await page.reload()
        await has_read(page)
        await fill_in(page)
        await draw(page)
        await kept(page, f"{device}-4-sign", at="#signature")
        assert await usable(page)
        await page.locator("canvas.pad").scroll_into_view_if_needed()
        await sign(page)
        assert thanks in await page.inner_text("main")
        await kept(page, f"{device}-5-done")
        assert await usable(page)
        async with page.expect_download() as downloading:
            await page.locator(".files a.button").click()
        downloaded = Path(await (await downloading.value).path()).read_bytes()
    assert downloaded == await signer.document()
    act = await signed_act(signer)
    assert act.values == {
        "收货人": "李四（仓库）",
        "到货日期": "2026-11-27",
        "件数": "12",
        "包装完好": "true",
        "运输方式": "公路",
    }
    assert (act.method, act.handwritten, act.read_seconds >= 31) == ("code", True, True)
    assert (await signer.state()).status == "completed"
    await verified(signer, tmp_path, names=[NAME])


async def test_what_is_wrong_stands_beside_each_field(
    house: NetworkHouse, browser: Browser
) -> None:
    signer = await asked(house, fields=ALL_FIELDS)
    async with surfing(browser) as page:
        await come_in(page, signer)
        await has_read(page)
        await page.get_by_label("件数").fill("一打")
        await page.get_by_label("收货人").fill("李四")
        await page.locator("form.act button.main").click()
        await page.wait_for_selector("#faults")
        assert await page.evaluate("document.activeElement.id") == "faults"
        number = page.get_by_label("件数")
        assert await number.get_attribute("aria-invalid") == "true"
        described = str(await number.get_attribute("aria-describedby")).split()
        assert "请输入数字" in await page.inner_text(f"#{described[-1]}")
        assert await number.input_value() == "一打"
        assert await page.get_by_label("收货人").get_attribute("aria-invalid") is None
        assert "请在框内手写签名" in await page.inner_text("#signature-fault")
        assert await usable(page)
        await fill_in(page)
        await draw(page)
        await sign(page)
    assert (await signed_act(signer)).values["件数"] == "12"


async def test_long_words_and_long_names_stay_within_a_telephone(
    house: NetworkHouse, browser: Browser
) -> None:
    label = "Kontrollnummerbezeichnungsfeldüberschriftenverzeichnis"
    long = field("number", "text", 130, label=label)
    name = "阿卜杜热西提·买买提依明江·吐尔逊"
    signer = await asked(house, fields=(long, *ALL_FIELDS[1:]), name=name)
    async with surfing(browser) as page:
        await come_in(page, signer)
        assert await usable(page)
        await has_read(page)
        assert await usable(page)
        await page.locator("form.act button.main").click()
        await page.wait_for_selector("#faults")
        assert await usable(page)


async def test_refused_with_a_remark(house: NetworkHouse, browser: Browser) -> None:
    signer = await asked(house)
    async with surfing(browser) as page:
        await come_in(page, signer)
        await has_read(page)
        await page.get_by_text("拒绝签署").click()
        await page.get_by_label("文件内容有误").check()
        await page.get_by_label("说明").fill("数量不对")
        await page.locator("main button.main").click()
        await page.wait_for_url("**/sign/done")
        assert "您已拒绝签署" in await page.inner_text("main")
    state = await signer.state()
    assert state.status == "declined"
    record = await house.core.book.record(signer.draft.id)
    act = parse(record.entries[-1].signed).act
    assert act == Declined(reason="mistake", remark="数量不对")


async def test_signed_by_keyboard_alone(
    house: NetworkHouse, browser: Browser, tmp_path: Path
) -> None:
    signer = await asked(house)
    async with surfing(browser, device="desk", locale="en-GB") as page:

        async def go_to(selector: str) -> None:
            for _ in range(60):
                await page.keyboard.press("Tab")
                if await page.evaluate("s => document.activeElement.matches(s)", selector):
                    return
            raise AssertionError(f"{selector} is not reached by the keyboard")

        await page.goto((await signer.link()).url)
        await go_to("main button.main")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/sign/check")
        await go_to("main button.main")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#code")
        await go_to("#code")
        await page.keyboard.type(signer.code())
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/sign/read")
        await page.wait_for_selector(".page[data-shown]")
        await go_to(".bar button")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/sign/act")
        await go_to("input[name=way]")
        await page.keyboard.press("ArrowRight")
        await go_to("#typed")
        await page.keyboard.type(NAME)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/sign/done", timeout=_PATIENCE_MS)
    act = await signed_act(signer)
    assert not act.handwritten
    await verified(signer, tmp_path, names=[NAME])


async def test_reading_is_timed_by_the_network(house: NetworkHouse, browser: Browser) -> None:
    signer = await asked(house, reading_seconds=600)
    async with surfing(browser) as page:
        await come_in(page, signer)
        button = page.locator(".bar button")
        assert await button.get_attribute("aria-disabled") == "true"
        # Whoever cannot see the seconds run hears of them.
        await page.locator(".bar .told", has_text="秒后可以继续").wait_for(state="attached")
        await button.dispatch_event("click")
        assert page.url.endswith("/sign/read")
        # Whoever makes the browser think otherwise gets no further.
        await page.evaluate("document.querySelector('form.bar').submit()")
        await page.wait_for_selector(".bar .fault")
        assert "请再阅读" in await page.inner_text(".bar .fault")
        await page.goto(page.url.replace("/sign/read", "/sign/act"))
        assert page.url.endswith("/sign/read")
        house.time.move(timedelta(seconds=600))
        await page.reload()
        await has_read(page)


async def test_a_wrong_code_and_one_too_many(house: NetworkHouse, browser: Browser) -> None:
    signer = await asked(house)
    async with surfing(browser) as page:
        await page.goto((await signer.link()).url)
        await page.locator("main button.main").click()
        await page.locator("main button.main").click()
        right = signer.code()
        wrong = "000000" if right != "000000" else "111111"
        for _ in range(4):
            await page.locator("#code").fill(wrong)
            await page.locator("main button.main").first.click()
            await page.wait_for_selector("#fault:has-text('输入有误')")
        await page.locator("#code").fill(wrong)
        await page.locator("main button.main").first.click()
        await page.wait_for_selector("#fault:has-text('错误次数过多')")
        await page.goto(page.url.replace("/check", "/read"))
        assert page.url.endswith("/sign/check")
        await page.locator("#code").fill(right)
        await page.locator("main button.main").first.click()
        await page.wait_for_selector("#fault:has-text('错误次数过多')")
        house.time.move(timedelta(minutes=2))
        await page.locator("main button.main").click()
        await page.locator("#code").fill(signer.code())
        await page.locator("main button.main").first.click()
        await page.wait_for_url("**/sign/read")


async def test_links_open_once_for_one_browser(house: NetworkHouse, browser: Browser) -> None:
    signer = await asked(house)
    first = (await signer.link()).url
    async with surfing(browser) as page, surfing(browser) as elsewhere:
        await page.goto(first)
        await page.locator("main button.main").click()
        await elsewhere.goto(first)
        assert "此链接已被打开过" in await elsewhere.inner_text("main")
        assert "索取新链接" in await elsewhere.inner_text("main")
        await kept(elsewhere, "phone-6-used")
        await page.goto(first)
        assert page.url.endswith("/sign/check")
        second = (await signer.link()).url
        await page.reload()
        assert "请打开您的链接" in await page.inner_text("main")
        await elsewhere.goto(first)
        assert "此链接已失效" in await elsewhere.inner_text("main")
        house.time.move(timedelta(days=8))
        await elsewhere.goto(second)
        assert "链接已过期" in await elsewhere.inner_text("main")
        await elsewhere.goto(f"{house.url}/s/{'x' * 43}")
        assert "链接不正确" in await elsewhere.inner_text("main")


async def test_one_party_s_link_shows_and_signs_nothing_of_another(
    house: NetworkHouse, browser: Browser, tmp_path: Path
) -> None:
    other = Party(
        id="witness",
        kind="person",
        account=(await asked(house, name="王五", contact="w@example.com")).person.id,
        name="王五",
        fields=(),
        level="contact",
    )
    signer = await asked(house, other)
    witness = Signer(house, signer.draft, "witness", await _person(house, other.account))
    async with surfing(browser) as one, surfing(browser, locale="en-GB") as two:
        await come_in(one, signer)
        await come_in(two, witness)
        assert "13800138000" not in await two.content()
        await has_read(one)
        await has_read(two)
        await draw(one)
        assert await two.locator("canvas.pad").count() == 0
        await two.get_by_label("Your name").fill("王五")
        # Both at once: whoever comes second signs what the first has made of it.
        await asyncio.gather(sign(one), sign(two))
    state = await signer.state()
    assert state.status == "completed"
    names = [
        {"signer": NAME, "witness": "王五"}[parse(entry.signed).party]
        for entry in (await house.core.book.record(signer.draft.id)).entries
        if isinstance(parse(entry.signed).act, Signed)
    ]
    await verified(signer, tmp_path, names=names)


async def _person(house: NetworkHouse, account: str) -> Any:  # noqa: ANN401
    return await house.core.accounts.person(account)


@pytest.mark.parametrize(
    ("level", "handwriting", "told"),
    [("identity", "free", "实名核验级别不足"), ("contact", "required", "手写签名")],
)
async def test_what_the_terms_ask_is_asked_of_the_person(
    house: NetworkHouse, browser: Browser, level: Level, handwriting: str, told: str
) -> None:
    signer = await asked(house, level=level, handwriting=handwriting, fields=(SIGNATURE,))
    async with surfing(browser) as page:
        await page.goto((await signer.link()).url)
        await page.locator("main button.main").click()
        await page.locator("main button.main").click()
        await page.locator("#code").fill(signer.code())
        await page.locator("main button.main").first.click()
        await page.wait_for_url("**/sign/read")
        if handwriting == "required":
            await has_read(page)
            assert await page.locator("#typed").count() == 0
        assert told in await page.inner_text("main")
    assert (await signer.state()).status == "signing"


async def test_the_language_is_switched_and_kept(house: NetworkHouse, browser: Browser) -> None:
    signer = await asked(house)
    async with surfing(browser, locale="fr-FR") as page:
        await page.goto((await signer.link()).url)
        assert await page.get_attribute("html", "lang") == "zh-CN"
        await page.get_by_role("button", name="English").click()
        assert await page.inner_text("h1") == "You are asked to sign"
        await page.locator("main button.main").click()
        assert await page.inner_text("h1") == "First, is it you?"
        assert await page.get_attribute("html", "lang") == "en"


async def test_handed_on_to_somebody_else_who_signs(
    house: NetworkHouse, browser: Browser, tmp_path: Path
) -> None:
    signer = await asked(house, fields=())
    async with surfing(browser) as page:
        await come_in(page, signer)
        await has_read(page)
        await page.get_by_text("转交他人签署").click()
        await page.get_by_label("姓名").fill("赵六")
        await page.get_by_label("手机号或邮箱").fill("zhao@example.com")
        await page.locator("main button.main").click()
        assert "现由赵六签署" in await page.inner_text("main")
        await page.goto(f"{house.url}/sign/read")
        assert "请打开您的链接" in await page.inner_text("main")
    state = await signer.state()
    account = state.parties[0].party.account
    assert account != signer.person.id
    other = Signer(house, signer.draft, "signer", await _person(house, account))
    async with surfing(browser) as page:
        await come_in(page, other)
        await has_read(page)
        await page.get_by_label("您的姓名").fill("赵六")
        await sign(page)
    await verified(signer, tmp_path, names=["赵六"])


async def test_while_a_company_has_the_pen_the_person_is_told_to_wait(
    house: NetworkHouse, browser: Browser
) -> None:
    company = await house.company("卖方有限公司")
    signer = await asked(house, company.party("seller"), by=company, fields=())
    async with surfing(browser) as page:
        await come_in(page, signer)
        await has_read(page)
        await page.get_by_label("您的姓名").fill(NAME)
        await signer.draft.say(Began(), by=company, party="seller")
        await page.locator("form.act button.main").click()
        await page.wait_for_selector("h1:has-text('另一方正在签署')")
        house.time.move(PEN)
        await page.get_by_text("重试").click()
        await page.get_by_label("您的姓名").fill(NAME)
        await sign(page)
        assert "其他各方尚未签署完毕" in await page.inner_text("main")


async def test_what_was_withdrawn_meanwhile_is_not_signed(
    house: NetworkHouse, browser: Browser
) -> None:
    signer = await asked(house, fields=())
    async with surfing(browser) as page:
        await come_in(page, signer)
        await has_read(page)
        await page.get_by_label("您的姓名").fill(NAME)
        await signer.draft.say(Withdrawn(reason="mistake"), by=signer.draft.initiator)
        await page.locator("form.act button.main").click()
        await page.wait_for_selector("h1:has-text('已无需签署')")
    assert (await signer.state()).status == "withdrawn"


async def test_a_link_opened_again_from_a_mail_goes_on_in_the_same_browser(
    house: NetworkHouse, browser: Browser
) -> None:
    signer = await asked(house)
    url = (await signer.link()).url
    async with surfing(browser) as page:
        await page.goto(url)
        await page.locator("main button.main").click()
        # Another site's page, from which no cookie of ours is sent along.
        mail = house.url.replace("127.0.0.1", "localhost")
        await page.goto(f"{mail}/sign")
        await page.evaluate("url => { location.href = url }", url)
        await page.wait_for_selector("h1:has-text('此链接已被打开过')")
        await page.get_by_text("在此浏览器中继续").click()
        await page.wait_for_url("**/sign/check")


async def test_who_only_gets_a_copy_reads_it_and_signs_nothing(
    house: NetworkHouse, browser: Browser
) -> None:
    company = await house.company("卖方有限公司")
    signer = await asked(house, company.party("seller"), by=company, fields=(), copy=True)
    async with surfing(browser) as page:
        await page.goto((await signer.link()).url)
        await page.locator("main button.main").click()
        await page.locator("main button.main").click()
        await page.locator("#code").fill(signer.code())
        await page.locator("main button.main").first.click()
        await page.wait_for_url("**/sign/done")
        assert "抄送给您的文件" in await page.inner_text("main")
        await page.goto(page.url.replace("/done", "/act"))
        assert page.url.endswith("/sign/done")
    assert [each.state for each in (await signer.state()).parties] == ["copy", "its-turn"]


async def test_checked_by_the_end_of_the_number(tmp_path: Path, browser: Browser) -> None:
    persons = {"check": "contact-tail"}
    async with network_house(tmp_path, server={"port": free_port()}, persons=persons) as house:
        signer = await asked(house, fields=())
        async with surfing(browser) as page:
            await page.goto((await signer.link()).url)
            await page.locator("main button.main").click()
            await page.get_by_label("最后四位").fill("1234")
            await page.locator("main button.main").click()
            await page.wait_for_selector("#fault:has-text('输入有误')")
            await page.get_by_label("最后四位").fill("8000")
            await page.locator("main button.main").click()
            await has_read(page)
            await page.get_by_label("您的姓名").fill(NAME)
            await sign(page)
        assert (await signed_act(signer)).method == "contact-tail"


async def test_without_network_the_page_stays_with_all_that_was_entered(
    house: NetworkHouse, browser: Browser
) -> None:
    signer = await asked(house, fields=(field("收货人", "text", 130), SIGNATURE))
    async with surfing(browser) as page:
        await come_in(page, signer)
        await has_read(page)
        await page.get_by_label("收货人").fill("李四（仓库）")
        await draw(page)
        await page.context.set_offline(True)
        await page.locator("form.act button.main").click()
        await expect(page.locator(".offline")).to_be_visible()
        await page.context.set_offline(False)
        await sign(page)
    assert (await signed_act(signer)).values == {"收货人": "李四（仓库）"}


async def test_where_the_network_only_seems_to_be_there_the_page_stays_with_all_that_was_entered(
    house: NetworkHouse, browser: Browser
) -> None:
    signer = await asked(house, fields=(field("收货人", "text", 130), SIGNATURE))
    async with surfing(browser) as page:
        await come_in(page, signer)
        await has_read(page)
        await page.get_by_label("收货人").fill("李四（仓库）")
        await draw(page)
        # As a hotel's network answers whoever has not told its room yet.
        portal = {"content_type": "text/html", "body": "<p>Room number?</p>"}
        await page.route("**/*", lambda route: route.fulfill(**portal))
        button = page.locator("form.act button.main")
        words = await button.inner_text()
        await button.click()
        await expect(page.locator(".offline")).to_be_visible()
        await expect(button).to_have_text(words)
        await page.unroute_all()
        await sign(page)
    assert (await signed_act(signer)).values == {"收货人": "李四（仓库）"}


async def test_a_browser_of_some_years_ago_signs(house: NetworkHouse, browser: Browser) -> None:
    signer = await asked(house, fields=(field("收货人", "text", 130), SIGNATURE))
    async with surfing(browser) as page:
        # Safari 15 and the engines within older messengers have neither.
        await page.add_init_script(
            "delete AbortSignal.timeout; delete HTMLFormElement.prototype.requestSubmit"
        )
        await come_in(page, signer)
        await has_read(page)
        await page.get_by_label("收货人").fill("李四")
        await draw(page)
        await sign(page)
    assert (await signed_act(signer)).values == {"收货人": "李四"}
