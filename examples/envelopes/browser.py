"""A person and a driver, each with a telephone: Chromium, 360 pixels wide."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.clock import SystemClock

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_WAIT_MILLISECONDS = 20_000
_STROKES = (
    ((0.15, 0.3), (0.45, 0.25), (0.3, 0.75)),
    ((0.3, 0.5), (0.5, 0.7)),
    ((0.6, 0.2), (0.65, 0.8), (0.85, 0.45)),
)


class NoBrowserError(Exception):
    """There is none here, and none could be installed; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Telephone:
    """A browser's page, and where pictures of it go; None: none are taken."""

    page: Any  # playwright's, which is there only where a browser is
    pictures: Path | None

    def shot(self, name: str) -> None:
        """Keep what is on the screen."""
        if self.pictures is not None:
            self.pictures.mkdir(parents=True, exist_ok=True)
            picture = self.pictures / f"{name}.png"
            self.page.screenshot(path=picture, full_page=True, scale="css")

    def main(self) -> None:
        """Press the button that goes on."""
        self.page.locator("button.main:visible").first.click()


@contextmanager
def telephone(pictures: Path | None) -> Iterator[Telephone]:
    """A telephone of a fresh profile.

    Raises:
        NoBrowserError: there is no Chromium, or nothing that drives it.
    """
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        raise NoBrowserError("no Chromium is installed: apt-get install chromium")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may not be there
    except ImportError as error:
        raise NoBrowserError("Playwright is not installed: make setup") from error
    with sync_playwright() as playwright:
        # The network's certificate is of its own CA, which a real telephone would be told of.
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--ignore-certificate-errors"],
        )
        try:
            context = browser.new_context(
                viewport={"width": 360, "height": 740},
                device_scale_factor=2,
                has_touch=True,
                is_mobile=True,
                locale="zh-CN",
                geolocation={"latitude": 31.2304, "longitude": 121.4737, "accuracy": 20},
                permissions=["geolocation"],
            )
            context.set_default_timeout(_WAIT_MILLISECONDS)
            yield Telephone(context.new_page(), pictures)
        finally:
            browser.close()


def sign(at: Telephone, link: str, *, code: Callable[[], str]) -> None:
    """As a person does: open the link, prove who it is, read, sign by hand.

    Args:
        at: the telephone.
        link: the address that the person was sent.
        code: gives the code that came to the telephone, once it was asked for.
    """
    page = at.page
    page.goto(link)
    at.shot("person-1-link")
    at.main()
    at.main()  # send a code
    page.locator("#code").fill(code())
    at.shot("person-2-code")
    at.main()
    _see_all_pages(page)
    at.shot("person-3-read")
    at.main()
    page.wait_for_selector("canvas.pad")
    for date in page.locator("input[type=date]").all():
        date.fill(f"{SystemClock().now():%Y-%m-%d}")
    _draw(page, "canvas.pad")
    at.shot("person-4-sign")
    at.main()
    page.wait_for_selector(".notice.good")
    at.shot("person-5-done")


def receive(at: Telephone, label: str, *, name: str, tail: str) -> None:
    """As whoever takes goods does: scan the label, claim, count, sign."""
    page = at.page
    page.goto(label)
    page.wait_for_selector("#begin:visible")
    at.shot("delivery-1-goods")
    page.locator("#begin").click()
    page.locator("#name").fill(name)
    page.locator("#digits").fill(tail)
    page.locator("#who button.main").click()
    page.locator("[data-less=received-0]").click()
    page.locator("#remark").fill("外箱一处破损")
    at.shot("delivery-2-count")
    page.locator("#count button.main").click()
    _draw(page, "#pen")
    page.locator("#place").check()
    page.wait_for_function("keeping.all('drafts').then(([each]) => each && each.place !== null)")
    at.shot("delivery-3-sign")
    page.locator("#sign button.main").click()
    page.wait_for_selector("[data-sent=signed]:visible")
    at.shot("delivery-4-signed")


def _see_all_pages(page: Any) -> None:  # noqa: ANN401 - playwright's
    page.wait_for_selector(".page")
    for number in range(1, page.locator(".page").count() + 1):
        drawn = page.locator(f".page[data-number='{number}']")
        drawn.scroll_into_view_if_needed()
        page.wait_for_selector(f".page[data-number='{number}'][data-shown]")


def _draw(page: Any, selector: str) -> None:  # noqa: ANN401 - playwright's
    pad = page.locator(selector)
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    for (left, top), *after in _STROKES:
        page.mouse.move(box["x"] + left * box["width"], box["y"] + top * box["height"])
        page.mouse.down()
        for x, y in after:
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
        page.mouse.up()
