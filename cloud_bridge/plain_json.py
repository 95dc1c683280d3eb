"""JSON that somebody else wrote, and that every reader reads alike."""

import json
from typing import TypeVar

import msgspec

T = TypeVar("T")


def decode(data: bytes, model: type[T]) -> T:
    """The `model` in these bytes.

    Raises:
        msgspec.ValidationError: it is not UTF-8, no JSON or no `model`, is nested without end, or a
            name comes twice in one object: another reader might take the other value.
    """
    try:
        json.loads(data.decode(), object_pairs_hook=_refuse_twins)
        return msgspec.json.decode(data, type=model)
    except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
        raise msgspec.ValidationError(str(error)) from error


def _refuse_twins(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name comes twice in one object")
