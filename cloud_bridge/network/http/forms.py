"""Forms that browsers post: small, in UTF-8, and of what people type."""

from typing import Final

from aiohttp import web
from aiohttp.http import HttpProcessingError

_WRITTEN_IN: Final = frozenset({"utf-8", "utf8"})


async def fields_of(request: web.Request, *, most_bytes: int) -> dict[str, str]:
    """The fields of a form; without a body, none.

    In which characters it is written its sender says, and pages of ours are written in UTF-8. Some
    that Python knows take it half a minute for half a megabyte (punycode, IDNA), while nobody else
    is answered, and others give what no text may have.

    Args:
        request: whose body was not read yet.
        most_bytes: that it may have.

    Raises:
        ValueError: it is no form, none in UTF-8, or has a NUL, which no database need take.
        web.HTTPRequestEntityTooLarge: it has more bytes.
    """
    if request.content_type.startswith("multipart/"):
        raise ValueError("a form in parts, each in characters of its own")
    if (request.charset or "utf-8").lower() not in _WRITTEN_IN:
        raise ValueError(f"a form in {request.charset!r}")
    try:
        form = await request.clone(client_max_size=most_bytes).post()
    except (LookupError, HttpProcessingError) as error:
        raise ValueError("this cannot be read as a form") from error
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    if any("\0" in text for pair in given.items() for text in pair):
        raise ValueError("a form with a NUL")
    return given
