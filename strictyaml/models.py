"""What the models of strict YAML have in common."""

import difflib
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError


class StrictModel(BaseModel):
    """Frozen, knows all its keys, guesses no types; `per_day` here is `perDay` in the file."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        allow_inf_nan=False,
        defer_build=True,
    )


def refusal(message: str, cure: str) -> PydanticCustomError:
    """An error for validators to raise, with the cure that the author of the file will read.

    Example:
        >>> raise refusal("both `round` and `picture` are given", "keep one of them")
        Traceback (most recent call last):
        pydantic_core._pydantic_core.PydanticCustomError: both `round` and `picture` are given
    """
    # The text goes in as a value, because a template would trip over braces in it.
    return PydanticCustomError("refused", "{message}", {"message": message, "cure": cure})


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    by_lower = {name.lower(): name for name in sorted(known)}
    plain = word.lower().replace("_", "").replace("-", "")
    for lower, name in by_lower.items():
        if plain == lower.replace("_", "").replace("-", ""):
            return name
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None
