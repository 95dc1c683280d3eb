"""`--attribute name=value`, as `seal` and `policy explain` take it."""

import json
from collections.abc import Iterable


class AttributesError(Exception):
    """What was given is no attribute; the message says why."""


def attributes_from(pairs: Iterable[str]) -> dict[str, str | int | bool]:
    """`name=value`: whole numbers and true/false are what they look like, all else is text.

    Raises:
        AttributesError: a pair without `=`.
    """
    attributes: dict[str, str | int | bool] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise AttributesError(f"--attribute {pair!r} is not name=value: write it as amount=100")
        try:
            read = json.loads(value)
        except ValueError:
            read = value
        attributes[name] = read if isinstance(read, bool | int) else value
    return attributes
