"""Bodies that are no documents: a little JSON, or nothing."""

import asyncio
from typing import Final

from aiohttp import web

from gateway.http.errors import MalformedRequestProblem, RequestTooSlowProblem
from gateway.http.routes import WHO

_SECONDS: Final = 30


async def read_small_body(request: web.Request, *, most_bytes: int) -> bytes:
    """All of the body, which is the one that the caller signed.

    Raises:
        MalformedRequestProblem: it is longer than `most_bytes`; no more of it is read.
        SignatureInvalidProblem: it is another than the one that was signed.
        RequestTooSlowProblem: it did not arrive in time.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > most_bytes:
                    raise MalformedRequestProblem(f"the body is longer than {most_bytes} bytes")
    except TimeoutError:
        raise RequestTooSlowProblem(f"the body took longer than {_SECONDS} s") from None
    request[WHO].check_body(bytes(body))
    return bytes(body)
