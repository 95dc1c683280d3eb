"""Bodies in and out: JSON of the types of `wire`, MessagePack of contents, problems."""

from typing import Final, TypeVar

import msgspec
from aiohttp import web

from cloud_bridge.network.http.routes import BODY
from cloud_bridge.network.problems import MalformedProblem, NetworkProblem
from cloud_bridge.plain_json import decode, unpack

T = TypeVar("T")

PROBLEM_BASE: Final = "urn:sealgate:problem:"
MESSAGE_PACK: Final = "application/msgpack"
_json = msgspec.json.Encoder()
_pack = msgspec.msgpack.Encoder()


def told(value: object, *, status: int = 200) -> web.Response:
    """A value of `wire` as JSON."""
    return web.Response(body=_json.encode(value), status=status, content_type="application/json")


def packed(value: object) -> web.Response:
    """What is mostly bytes, such as a content, as MessagePack."""
    return web.Response(body=_pack.encode(value), content_type=MESSAGE_PACK)


def asked(request: web.Request, type: type[T], *, packed: bool = False) -> T:  # noqa: A002 - msgspec's word
    """What the body says; MalformedProblem: it is something else."""
    read = unpack if packed else decode
    try:
        return read(request[BODY], type)
    except msgspec.ValidationError as error:
        raise MalformedProblem(f"the body is no {type.__name__}: {error}") from error


def problem_response(problem: NetworkProblem, *, trace: str) -> web.Response:
    """RFC 9457."""
    body = {
        "type": f"{PROBLEM_BASE}{problem.type}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "cure": problem.cure,
        "owner": problem.owner,
        "trace": trace,
        **problem.members(),
    }
    response = web.Response(
        body=_json.encode(body),
        status=problem.status,
        content_type="application/problem+json",
    )
    return with_pause(response, problem)


def with_pause(response: web.Response, problem: NetworkProblem) -> web.Response:
    """When to come again, where that may help."""
    if problem.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(max(1, round(problem.retry_after_seconds + 0.49)))
    return response


def pdf_name(name: str) -> str:
    """A document's name for whoever keeps it: a stranger's `contract.exe` is no program here."""
    shown = "".join(each for each in name if each.isprintable())
    return shown if shown.lower().endswith(".pdf") else f"{shown}.pdf"
