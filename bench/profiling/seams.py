"""The stages of a document, timed from outside: the product has no line for it and pays nothing.

Each stage is a function of the product that is wrapped before the gateway begins to serve. What a
stage takes is wall time, its waiting for other documents included.
"""

import functools
import time
from array import array
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.documents.pool import WorkerPool
from gateway.http import answers
from gateway.http.callers.authentication import Authenticated, Authenticator
from gateway.http.documents import sealing
from gateway.signing import permitting
from gateway.signing.part_sealing import PartSealing
from gateway.store.content import _Segment

Moments = dict[str, "array[float]"]
"""Seconds that a stage took, one for each time, by the stage's name."""

# (stage, whose attribute, which, whether it is awaited), in the order in which a document passes.
SEAMS: tuple[tuple[str, Any, str, bool], ...] = (
    ("authentication", Authenticator, "authenticate", False),
    ("HTTP body", sealing, "read_body", True),
    ("body digest", Authenticated, "check_body", False),
    ("parse", sealing, "read_submission", False),
    ("screening", permitting, "screen_all", False),
    ("prepare (worker)", WorkerPool, "prepare", True),
    ("decide", permitting, "decide_all", False),
    ("intent commit", PartSealing, "_intend", True),
    ("sign", PartSealing, "_sign", True),
    ("complete", WorkerPool, "complete", True),
    ("content write (a group)", _Segment, "append", False),
    ("release (content, outcome)", PartSealing, "_release", True),
    ("answer", answers, "pdf_response", False),
    ("whole request, once let in", sealing.Sealing, "seal", True),
)


def time_the_seams() -> Moments:
    """Wrap every seam; gives where their times will be found."""
    moments: Moments = {}
    for stage, owner, name, awaited in SEAMS:
        taken = moments[stage] = array("d")
        wrapped = _timed_awaited if awaited else _timed
        setattr(owner, name, wrapped(getattr(owner, name), taken))
    return moments


def _timed(call: Callable[..., Any], taken: "array[float]") -> Callable[..., Any]:
    @functools.wraps(call)
    def timed(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever is wrapped
        began = time.perf_counter()
        try:
            return call(*args, **named)
        finally:
            taken.append(time.perf_counter() - began)

    return timed


def _timed_awaited(
    call: Callable[..., Awaitable[Any]], taken: "array[float]"
) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(call)
    async def timed(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever is wrapped
        began = time.perf_counter()
        try:
            return await call(*args, **named)
        finally:
            taken.append(time.perf_counter() - began)

    return timed
