"""What stands in the query of a request's address."""

from typing import Final

from aiohttp import web

from gateway.http.errors import MalformedRequestProblem

_MOST_DIGITS: Final = 12


def number_in(request: web.Request, name: str, *, usual: int, least: int, most: int) -> int:
    """A whole number within bounds; `usual` where none is asked for.

    Raises:
        MalformedRequestProblem: it is something else.
    """
    said = request.query.get(name)
    if said is None:
        return usual
    is_number = said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS
    if not is_number or not least <= int(said) <= most:
        raise MalformedRequestProblem(f"`{name}` is {said[:40]!r}, not {least} to {most}")
    return int(said)
