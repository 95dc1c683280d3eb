"""JSON that every reader reads alike: UTF-8, and no key twice in one object."""

import json
from typing import TypeVar

import msgspec

from gateway.statements.errors import StatementInvalidError

T = TypeVar("T", bound=msgspec.Struct)


def decode(data: bytes, model: type[T], *, what: str) -> T:
    """The `model` in these bytes; `what` names them in the error.

    Raises:
        StatementInvalidError: not UTF-8, not JSON, a key comes twice in one object, or no `model`.
    """
    try:
        json.loads(data.decode(), object_pairs_hook=without_twins)
        return msgspec.json.decode(data, type=model)
    except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
        raise StatementInvalidError(f"the {what} is not valid: {error}") from None


def without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of JSON, as `json.loads` takes it for its `object_pairs_hook`.

    Raises:
        ValueError: a key comes twice (RFC 7515 §5.2 step 3): another reader, such as a program on
            the way that judges it, may take the other value.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice in one object")
    return found
