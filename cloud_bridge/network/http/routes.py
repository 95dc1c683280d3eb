"""A route: where a request goes, and whether an organisation must have signed it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from cloud_bridge.network.problems import NetworkProblem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

Who = Literal["organisation", "anyone", "page"]
"""For whom a route is, see `Route`."""

Shows = Callable[[web.Request, NetworkProblem, str], web.Response]
"""The page of a problem: of which request, and under which trace id the log has it."""

ORGANISATION = web.RequestKey("organisation", str)
"""The id of the organisation that asks, on every route for organisations."""
BODY = web.RequestKey("body", bytes)
"""The body that it signed, on every route for organisations."""


_SECRET = re.compile(r"(?<=^/[scd]/)[^/]+")


def told_path(request: web.Request) -> str:
    """The path for a log: of links, labels and copies without the word that opens them."""
    return _SECRET.sub("…", request.path)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    Attributes:
        method: as HTTP writes it.
        path: as aiohttp writes it, `/v1/envelopes/{envelope}`.
        handler: called once the request was let in.
        name: what metrics call it; stable.
        who: `organisation`: authenticated, and described by OpenAPI; `anyone`: as it comes;
            `page`: as it comes, where the pages for persons listen.
        once: whether the same request may count only once even across restarts, because it would
            do something else the second time.
        large: whether the body is a content, and not a statement or less.
        summary: what OpenAPI says.
        takes: the type of the body; of contents, MessagePack, else JSON.
        gives: the type of the answer; likewise.
        query: names of what may stand in the query.
        shows: gives the page by which a problem is told to whoever reads pages; None: it is told as
            programs are.
        packs: whether the answer comes as MessagePack as well, to whoever asks for it so.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handler: Handler
    name: str
    who: Who = "organisation"
    once: bool = False
    large: bool = False
    summary: str = ""
    takes: type | None = None
    gives: type | None = None
    query: tuple[str, ...] = ()
    packs: bool = False
    shows: "Shows | None" = None
