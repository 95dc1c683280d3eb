"""What a telephone sees: HTML from templates, the files beside it, and headers that bind them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cloud_bridge.network.deliveries.problems import LabelUnknownProblem
from cloud_bridge.network.http.answers import pdf_name
from cloud_bridge.network.pages.rendering import ASSETS, LANGUAGES, words

_HERE: Final = Path(__file__).parent
_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Permissions-Policy": "geolocation=(self), camera=(self)",
    # Addresses have tokens in them.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
Language = Literal["zh", "en"]


class Pages:
    """Renders pages. Everything that a page needs is read once.

    They look as the pages on which persons sign: one style sheet, one header, one mark.
    """

    def __init__(self, *, network: str) -> None:
        """Read all of it; `network`: what it is called, above each page."""
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            network=network,
            brand_line={each: words(each)["brand_line"] for each in LANGUAGES},
            mark=Markup((ASSETS / "mark.svg").read_text(encoding="utf-8")),  # noqa: S704 - our own
        )
        self._files = {
            file.name: file.read_bytes()
            for file in sorted((_HERE / "static").iterdir())
            if file.suffix in _TYPES
        }
        # One file, as a telephone keeps it for when there is no network.
        shared = (ASSETS / "pages.css").read_bytes()
        self._files["delivery.css"] = shared + b"\n" + self._files["delivery.css"]
        version = hashlib.sha256(b"\0".join(self._files.values())).hexdigest()[:16]
        worker = f'const VERSION = "{version}";\n'.encode() + self._files.pop("worker.js")
        self._worker = worker

    def page(
        self, request: web.Request, name: str, /, *, status: int = 200, **values: object
    ) -> web.Response:
        """A page, in the language that the browser prefers; it can be changed there."""
        text = self._templates.get_template(name).render(language=language_of(request), **values)
        return web.Response(text=text, content_type="text/html", status=status, headers=_HEADERS)

    def worker(self) -> web.Response:
        """The service worker; another version of any file is another worker."""
        return web.Response(
            body=self._worker, content_type=_TYPES[".js"], charset="utf-8", headers=_HEADERS
        )

    def file(self, name: str) -> web.Response:
        """A file that pages load; LabelUnknownProblem: there is none."""
        body = self._files.get(name)
        if body is None:
            raise LabelUnknownProblem("no such file")
        kind = _TYPES[Path(name).suffix]
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_HEADERS)


def answer(value: object, *, status: int = 200) -> web.Response:
    """JSON for the page's own script."""
    body = msgspec.json.encode(value)
    kept_out = {**_HEADERS, "Content-Security-Policy": "default-src 'none'"}
    return web.Response(body=body, content_type="application/json", status=status, headers=kept_out)


def file_of(body: bytes, *, name: str, media_type: str) -> web.Response:
    """A file to be kept; it is never shown as a page of ours."""
    kept = pdf_name(name) if media_type == "application/pdf" else name
    quoted = "".join(f"%{byte:02X}" for byte in kept.encode())
    told: Mapping[str, str] = {
        **_HEADERS,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quoted}",
    }
    return web.Response(body=body, content_type=media_type, headers=told)


def data(value: object) -> Markup:
    """JSON that may stand within a page's script element."""
    text = msgspec.json.encode(value).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - just escaped


def language_of(request: web.Request) -> Language:
    """Chinese, unless the browser asks for English and not for Chinese before it."""
    wanted = request.headers.get("Accept-Language", "").lower().split(",")
    for each in wanted:
        if each.strip().startswith("zh"):
            return "zh"
        if each.strip().startswith("en"):
            return "en"
    return "zh"
