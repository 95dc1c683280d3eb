"""JSON that somebody else wrote, and that every reader reads alike (RFC 7493, I-JSON)."""

import json
from typing import Final, TypeVar

import msgspec

T = TypeVar("T")
_LARGEST: Final = (1 << 53) - 1


def decode(data: bytes, model: type[T]) -> T:
    """The `model` in these bytes.

    Raises:
        msgspec.ValidationError: it is not UTF-8, no JSON or no `model`, or is nested without end; a
            name comes twice in one object, of which another reader might take the other value; or a
            whole number is so large that another reader, or a database, has it otherwise.
    """
    try:
        json.loads(data.decode(), object_pairs_hook=_refuse_twins, parse_int=_refuse_vast)
        return msgspec.json.decode(data, type=model)
    except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
        raise msgspec.ValidationError(str(error)) from error


def unpack(data: bytes, model: type[T]) -> T:
    """The `model` in these bytes of MessagePack.

    Raises:
        msgspec.ValidationError: it is no MessagePack or no `model`, or is nested without end; or a
            whole number is so large that JSON would not have it.
    """
    try:
        read = msgspec.msgpack.decode(data, type=model)
        _refuse_vast_in(read)
    except (ValueError, RecursionError) as error:
        raise msgspec.ValidationError(str(error)) from error
    return read


def _refuse_twins(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name comes twice in one object")


def _refuse_vast_in(value: object) -> None:
    """Of what was read as a type of ours, which has no end in its depth."""
    match value:
        case msgspec.Struct():
            for name in value.__struct_fields__:
                _refuse_vast_in(getattr(value, name))
        case tuple() | list():
            for each in value:
                _refuse_vast_in(each)
        case dict():
            _refuse_vast_in(list(value.values()))
        case int():
            _refuse_vast(value)
        case _:
            pass


def _refuse_vast(digits: str | int) -> None:
    if abs(int(digits)) > _LARGEST:
        raise ValueError(f"a whole number is beyond {_LARGEST}")
