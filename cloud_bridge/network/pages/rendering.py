"""From templates and words to pages that hold no script, no style, and nothing of others."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
LANGUAGE_COOKIE: Final = "language"

_ROOM = Path(__file__).parent
ASSETS: Final = _ROOM / "assets"
PDFJS: Final = _ROOM / "third_party" / "pdfjs"

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_LEFTWARDS: Final = frozenset({"R", "AL"})
_STEPS: Final = ("check", "read", "sign", "done")


def say(language: Language, key: str, **values: object) -> Markup:
    """The words of a key; values are escaped. KeyError: there are none."""
    told = {name: _apart(value) for name, value in values.items()}
    return Markup(words(language)[key]).format(**told)  # noqa: S704 - our own words


def _apart(value: object) -> object:
    """What is written from right to left, by itself: it moves nothing of what stands around it."""
    if isinstance(value, str) and not _LEFTWARDS.isdisjoint(map(unicodedata.bidirectional, value)):
        return type(value)(f"\u2068{value}\u2069")
    return value


@cache
def words(language: Language) -> Mapping[str, str]:
    """All words of a language."""
    told: dict[str, str] = json.loads((_ROOM / "words" / f"{language}.json").read_bytes())
    return told


def language_of(request: web.Request) -> Language:
    """What the person chose; else the first of ours that its browser asks for; else Chinese."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    for wanted in (chosen or "", *_wanted(request.headers.get("Accept-Language", ""))):
        for language in LANGUAGES:
            if wanted.lower().split("-")[0] == language:
                return language
    return "zh"


class Renderer:
    """Renders templates for one network of a name."""

    def __init__(self, network: str) -> None:
        self._network = network
        self._environment = Environment(
            loader=FileSystemLoader(_ROOM / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["asset"] = asset
        self._environment.globals["time"] = _time

    def page(
        self,
        request: web.Request,
        template: str,
        *,
        step: str = "",
        status: int = 200,
        **values: object,
    ) -> web.Response:
        """A page in the person's language. `step`: where of check, read, sign and done it is."""
        language = language_of(request)
        speak: Callable[..., Markup] = lambda key, **named: say(language, key, **named)  # noqa: E731
        text = self._environment.get_template(template).render(
            language=language,
            languages=[(each, words(each)["language"]) for each in LANGUAGES],
            say=speak,
            network=self._network,
            here=request.path,
            step=step,
            step_number=_STEPS.index(step) if step else 0,
            **values,
        )
        return web.Response(
            text=text,
            content_type="text/html",
            charset="utf-8",
            status=status,
            headers={**HEADERS, "Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"},
        )


@cache
def asset(name: str) -> str:
    """The address of a file of `assets`; it changes with the file."""
    digest = hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()
    return f"/assets/{name}?v={digest[:12]}"


def _time(at: datetime) -> Markup:
    """A moment; the browser writes it as people where it is do."""
    moment = at.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        escape(moment.isoformat(timespec="seconds")), f"{moment:%Y-%m-%d %H:%M} UTC"
    )


def _wanted(header: str) -> list[str]:
    """Languages of an Accept-Language header, the best first (RFC 9110 §12.5.4)."""
    weighed = []
    for place, part in enumerate(header.split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name))
        except ValueError:
            continue
    return [name for _, _, name in sorted(weighed)]
