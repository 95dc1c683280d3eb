"""What other people's readers show: poppler, pdfium and pdf.js, page by page."""

import base64
import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import pypdfium2
from PIL import Image, ImageChops
from playwright.sync_api import sync_playwright

Rect = tuple[float, float, float, float]

_DPI: Final = 50
_SCALE: Final = _DPI / 72
_FAINT: Final = 24
"""By how much the grey of a pixel differs where readers round: no writing is as faint."""
_SECONDS: Final = 20
_MOST_PAGES: Final = 4
_PDF_JS: Final = Path("cloud_bridge") / "network" / "pages" / "third_party" / "pdfjs"
_NOWHERE: Final = "http://pages.test"
_SHOW: Final = """async ([data, scale, most]) => {
  const {getDocument, GlobalWorkerOptions} = await import("/legacy/build/pdf.min.mjs");
  GlobalWorkerOptions.workerSrc = "/legacy/build/pdf.worker.min.mjs";
  const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
  const loading = getDocument({data: bytes, verbosity: 0, standardFontDataUrl: "/standard_fonts/"});
  const pdf = await loading.promise;
  const pages = [];
  for (let number = 1; number <= Math.min(pdf.numPages, most); number++) {
    const page = await pdf.getPage(number);
    const viewport = page.getViewport({scale});
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.ceil(viewport.width), Math.ceil(viewport.height)];
    await page.render({canvas, viewport}).promise;
    pages.push(canvas.toDataURL("image/png").split(",")[1]);
  }
  const content = await (await pdf.getPage(1)).getTextContent();
  const words = [pdf.numPages, content.items.map((each) => each.str).join("|"),
    await pdf.getAttachments(), await pdf.getJSActions(), await pdf.getOpenAction(),
    await pdf.getOutline(), await pdf.getPageLabels()];
  await loading.destroy();
  return [pages, JSON.stringify(words)];
}"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A document as a reader shows it: pictures of its pages, and what else it tells of it."""

    pages: tuple[Image.Image, ...]
    words: str


class Reader(Protocol):
    """A program that shows documents."""

    name: str

    def show(self, document: bytes) -> Shown | None:
        """None: it shows nothing of it."""
        ...


class Poppler:
    """By `pdftoppm`."""

    name = "poppler"

    def show(self, document: bytes) -> Shown | None:
        """See `Reader`."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "it.pdf"
            file.write_bytes(document)
            command = ["pdftoppm", "-gray", "-r", str(_DPI), "-l", str(_MOST_PAGES), file.name, "p"]
            subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=_SECONDS)
            found = [Image.open(io.BytesIO(each.read_bytes())) for each in _sorted(folder)]
        return Shown(tuple(found), "") if found else None


def _sorted(folder: str) -> list[Path]:
    return sorted(Path(folder).glob("p*.pgm"))


class Pdfium:
    """As Chromium uses it, on the screen."""

    name = "pdfium"

    def show(self, document: bytes) -> Shown | None:
        """See `Reader`."""
        try:
            with closing(pypdfium2.PdfDocument(document)) as pdf:
                pdf.init_forms()
                pages = [pdf[index] for index in range(min(len(pdf), _MOST_PAGES))]
                found = tuple(
                    page.render(scale=_SCALE, may_draw_forms=True).to_pil().convert("L")
                    for page in pages
                )
                words = [page.get_textpage().get_text_range() for page in pages]
                return Shown(found, repr((len(pdf), words, pdf.count_attachments())))
        except pypdfium2.PdfiumError:
            return None


class PdfJs:
    """In a Chromium, from the copy that the signing pages use."""

    name = "pdf.js"

    def __init__(self, page: Any, thread: ThreadPoolExecutor) -> None:  # noqa: ANN401 - playwright's
        """Use `pdf_js` in place of this."""
        self._page = page
        self._thread = thread

    def show(self, document: bytes) -> Shown | None:
        """See `Reader`."""
        return self._thread.submit(self._show, document).result()

    def _show(self, document: bytes) -> Shown | None:
        asked = [base64.b64encode(document).decode(), _SCALE, _MOST_PAGES]
        try:
            pages, words = self._page.evaluate(_SHOW, asked)
        except Exception:  # noqa: BLE001 - whatever it complains of, nothing is shown
            return None
        found = (Image.open(io.BytesIO(base64.b64decode(each))).convert("L") for each in pages)
        return Shown(tuple(found), words)


@contextmanager
def pdf_js() -> Iterator[PdfJs | None]:
    """It with its browser; None: there is none on this machine."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        yield None
        return
    # Playwright keeps a loop running in its thread, in which no other could be run.
    with ThreadPoolExecutor(1) as thread:
        playwright = thread.submit(lambda: sync_playwright().start()).result()
        browser = thread.submit(
            lambda: playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
        ).result()
        try:
            yield PdfJs(thread.submit(_opened, browser).result(), thread)
        finally:
            thread.submit(browser.close).result()
            thread.submit(playwright.stop).result()


def _opened(browser: Any) -> Any:  # noqa: ANN401 - playwright's
    def given(route: Any) -> None:  # noqa: ANN401 - playwright's
        path = route.request.url.removeprefix(_NOWHERE)
        if path == "/":
            route.fulfill(content_type="text/html", body="<!doctype html><title>pdf.js</title>")
        elif (file := _PDF_JS / path[1:]).is_file():
            kind = {"content_type": "text/javascript"} if file.suffix == ".mjs" else {}
            route.fulfill(path=file, **kind)
        else:
            route.fulfill(status=404)

    page = browser.new_page()
    page.route("**/*", given)
    page.goto(f"{_NOWHERE}/")
    return page


def differing(
    before: Shown | None, after: Shown | None, marks: Sequence[Rect], *, is_turned: bool = False
) -> str:
    """What another picture shows than before, outside of marks; empty: nothing.

    Args:
        before: the document that was signed upon.
        after: the document with the update.
        marks: where the update may show something, in the space of the pages.
        is_turned: whether the first page is shown turned by 90 degrees.
    """
    if before is None or after is None:
        return "" if before is after else "one of the two is not shown at all"
    if len(before.pages) != len(after.pages):
        return f"{len(before.pages)} pages before and {len(after.pages)} after"
    if before.words != after.words:
        return f"it says {after.words[:200]} in place of {before.words[:200]}"
    for number, (old, new) in enumerate(zip(before.pages, after.pages, strict=True), start=1):
        if old.size != new.size:
            return f"page {number} is of another size"
        apart = ImageChops.difference(old, new)
        for mark in marks:
            apart.paste(0, _on_picture(mark, apart.height, is_turned=is_turned))
        count = sum(apart.histogram()[_FAINT:])
        if count:
            return f"{count} pixels of page {number} differ"
    return ""


def _on_picture(mark: Rect, height: int, *, is_turned: bool) -> tuple[int, int, int, int]:
    left, bottom, right, top = (each * _SCALE for each in mark)
    if is_turned:
        left, bottom, right, top = bottom, height - right, top, height - left
    return int(left) - 2, int(height - top) - 2, int(right) + 3, int(height - bottom) + 3
