"""A real Chromium, as a person would use it: on a telephone or at a desk."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
Device = Literal["phone", "desk"]
_DEVICES: dict[Device, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    },
    "desk": {"viewport": {"width": 1200, "height": 900}},
}
WITHOUT_WORKER: dict[str, Any] = {"service_workers": "block"}
"""It sends by itself, and what a worker fetches no test can hold up."""
_NOTES = ("the server responded with a status", "net::ERR_INTERNET_DISCONNECTED")


def _chromium() -> str:
    """Where it is installed; AssertionError: nowhere, and what to do."""
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    raise AssertionError(
        f"no browser is installed (looked for {', '.join(_NAMES)}): run 'apt install chromium'"
    )


in_one_loop = pytest.mark.asyncio(loop_scope="module")
"""For tests that share a browser; their other fixtures that await need the same loop."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests of a module; each has profiles of its own (`surfing`)."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=_chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield started
        finally:
            await started.close()


@asynccontextmanager
async def surfing(
    started: Browser,
    *,
    device: Device = "phone",
    locale: str = "zh-CN",
    **more: Any,  # noqa: ANN401
) -> AsyncIterator[Page]:
    """A page of a fresh profile. What its console complains of fails the test."""
    context = await started.new_context(locale=locale, **{**_DEVICES[device], **more})
    page = await context.new_page()
    complaints: list[str] = []

    def told(message: Any) -> None:  # noqa: ANN401 - playwright's
        # Refusals of a page are shown to the person, and the browser notes their status; and that
        # it has no network.
        if message.type == "error" and not any(each in message.text for each in _NOTES):
            complaints.append(message.text)

    page.on("console", told)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        await context.close()
    assert not complaints, complaints


async def keep_picture(page: Page, name: str) -> None:
    """All of a page, where somebody wants pictures (`SEALGATE_SCREENSHOTS`)."""
    folder = os.environ.get("SEALGATE_SCREENSHOTS")
    if folder is not None:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, scale="css")
