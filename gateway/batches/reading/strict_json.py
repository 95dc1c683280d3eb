"""JSON of strangers: bounded, and read in one way only."""

import json
from typing import NoReturn

from gateway.statements.plain_json import without_twins

MOST_DIGITS = 20


def read_strict(text: str) -> object:
    """The value.

    Raises:
        ValueError: it is no JSON, or one that two readers would read differently: a key that comes
            twice, a word such as NaN, a number of more than 20 digits.
        RecursionError: it is nested too deeply.
    """
    return json.loads(
        text, object_pairs_hook=without_twins, parse_constant=_refuse, parse_int=_whole
    )


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has more than {MOST_DIGITS} digits")
    return int(digits)
