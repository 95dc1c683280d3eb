"""JSON of strangers: bounded, and read in one way only."""

import json
from typing import Any, NoReturn

from connectors.arrivals import text_of
from gateway.feeds.errors import BodyProblem

_MOST_DIGITS = 20


class _NotOurJSONError(ValueError):
    pass


def read_json(content: bytes | str) -> object:
    """The value.

    Raises:
        BodyProblem: it is no JSON, or one that two readers would read differently.
    """
    try:
        return json.loads(
            content if isinstance(content, str) else text_of(content),
            object_pairs_hook=_without_twins,
            parse_constant=_refuse,
            parse_int=_whole,
        )
    except (ValueError, RecursionError) as error:
        raise BodyProblem(f"it is no valid JSON: {error}") from None


def value_at(body: object, pointer: str) -> object:
    """What a JSON pointer leads to (RFC 6901); None where it leads nowhere."""
    here = body
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict):
            here = here.get(key)
        elif isinstance(here, list) and key.isascii() and key.isdigit() and len(key) < _MOST_DIGITS:
            place = int(key)
            here = here[place] if place < len(here) else None
        else:
            return None
    return here


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotOurJSONError("a key comes twice in one object")
    return found


def _refuse(word: str) -> NoReturn:
    raise _NotOurJSONError(f"{word} is no number of JSON")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise _NotOurJSONError("a number has more than 20 digits")
    return int(digits)
