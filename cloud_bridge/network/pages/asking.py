"""What a request brings: the visit of its cookie, and forms that came from our own pages."""

import base64
import hmac
from typing import Final

from aiohttp import web

from cloud_bridge.network.http.forms import fields_of
from cloud_bridge.network.persons.model import Visit

MOST_FORM_BYTES: Final = 512 * 1024
_OWN = frozenset({"same-origin", "none"})


class ForeignFormError(Exception):
    """A form that was not sent from a page of ours."""


class Cookies:
    """The one cookie of a visit: only for us, never sent from another site's page.

    Args:
        secure: whether the pages are reached by TLS.
    """

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self.name = "__Host-visit" if secure else "visit"

    def secret(self, request: web.Request) -> str | None:
        """The visit's secret, if the browser has one."""
        return request.cookies.get(self.name)

    def give(self, response: web.StreamResponse, visit: Visit, *, seconds: int) -> None:
        """Let the browser keep the visit's secret."""
        response.set_cookie(
            self.name,
            visit.secret,
            max_age=seconds,
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="Strict",
        )


def csrf_token(secret: str) -> str:
    """What forms of a visit carry: only who has the cookie can know it."""
    digest = hmac.digest(secret.encode(), b"sealgate form", "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def form_of(request: web.Request, *, visit: Visit | None) -> dict[str, str]:
    """The fields of a form.

    Raises:
        ForeignFormError: it came from elsewhere, or lacks the visit's token.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in _OWN:
        raise ForeignFormError("the form came from another site")
    if request.content_length is None or request.content_length > MOST_FORM_BYTES:
        raise ForeignFormError("the form is larger than any of ours, or does not say how large")
    try:
        given = await fields_of(request, most_bytes=MOST_FORM_BYTES)
    except ValueError as error:
        raise ForeignFormError("no form of ours is written like this") from error
    if visit is not None and not hmac.compare_digest(
        given.get("csrf", "").encode(), csrf_token(visit.secret).encode()
    ):
        raise ForeignFormError("the form has not this visit's token")
    return given
