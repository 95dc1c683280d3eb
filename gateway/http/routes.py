"""A route: where a request goes, and what its caller must be allowed to do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from gateway.http.callers.authentication import Authenticated
from policies.powers import Action

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TRACE = web.RequestKey("trace", str)
WHO = web.RequestKey("who", Authenticated)
"""The caller, on every route with an action."""
TOLD = web.RequestKey("told", dict[str, object])
"""What a handler adds to the request's line in the log."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    Attributes:
        method: as HTTP writes it.
        path: as aiohttp and OpenAPI write it, `/v1/documents/{id}`.
        name: what metrics call it; stable.
        action: what the caller must be allowed to do; None lets anybody in, unauthenticated.
        handler: is called once the caller was let in, and finds it under `WHO`.
        bounded: refused while as many requests are under way as the gateway bears. Not for what
            has to work just then, such as a freeze.
    """

    method: Literal["GET", "POST", "PUT"]
    path: str
    name: str
    action: Action | None
    handler: Handler
    bounded: bool = False
