"""What is wrong with a `request` part, in the words of who wrote it."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]

_ATTRIBUTE_NAME = "an attribute's name has Latin letters, digits and `_`, and begins with no digit"
_ATTRIBUTE_VALUE = "should be text, true or false, or a whole number"
# Fields of several types err once for each, in the words of the library; these say all at once.
_SAID: dict[Path, str] = {
    ("placement", "page"): "should be a page number from 1, or `last`",
    ("placement", "occurrence"): "should be a number from 1, or `first`, `last` or `all`",
}


def told_mistakes(error: ValidationError, written: object) -> Iterator[str]:
    """`path: what is wrong`, once for each place.

    Args:
        error: what the model found.
        written: the JSON that it read; of its error's location only the keys and list positions
            that are in there are told, the rest are names of the model's own making.
    """
    details = error.errors(include_url=False, include_input=False)
    found: dict[Path, dict[str, None]] = {}
    for detail in details:
        path = _path(detail, written)
        if not _follows_from_others(detail, details):
            found.setdefault(path, {})[_message(detail, path)] = None
    for path, messages in found.items():
        yield f"{'.'.join(map(str, path)) or 'request'}: {' or '.join(messages)}"


def _path(detail: ErrorDetails, written: Any) -> Path:  # noqa: ANN401 - any JSON
    location: Path = detail["loc"]
    tail: Path = ()
    if detail["type"] == "missing":
        location, tail = location[:-1], location[-1:]
    path: Path = ()
    for step in location:
        is_key = isinstance(written, dict) and step in written
        if is_key or (isinstance(written, list) and isinstance(step, int)):
            path, written = (*path, step), written[step]
    return path + tail


def _follows_from_others(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    # A list whose items are wrong is also told to be too short, as none is left.
    above = detail["loc"]
    return detail["type"] == "too_short" and any(
        each["loc"][: len(above)] == above and len(each["loc"]) > len(above) for each in details
    )


def _message(detail: ErrorDetails, path: Path) -> str:
    names = tuple(step for step in path if isinstance(step, str))
    match detail["type"]:
        case "missing":
            return "required, but missing"
        case "extra_forbidden":
            return "unknown key"
        case "refused":
            return f"{detail['msg']}; {detail['ctx']['cure']}"
        case _ if detail["loc"][-1:] == ("[key]",):
            return _ATTRIBUTE_NAME
        case _ if names[:1] == ("attributes",) and len(names) > 1:
            return _ATTRIBUTE_VALUE
        case _:
            text = detail["msg"].removeprefix("Input ").replace("Tuple should", "should")
            return _SAID.get(names[-2:], text)
