"""JSON of strangers: bounded, and read in one way only."""

from connectors.files.arrivals import text_of
from gateway.batches.reading.strict_json import MOST_DIGITS, read_strict
from gateway.feeds.errors import BodyProblem


def read_json(content: bytes | str) -> object:
    """The value.

    Raises:
        BodyProblem: it is no JSON, or one that two readers would read differently.
    """
    try:
        return read_strict(content if isinstance(content, str) else text_of(content))
    except (ValueError, RecursionError) as error:
        raise BodyProblem(f"it is no valid JSON: {error}") from None


def value_at(body: object, pointer: str) -> object:
    """What a JSON pointer leads to (RFC 6901); None where it leads nowhere."""
    here = body
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict):
            here = here.get(key)
        elif isinstance(here, list) and key.isascii() and key.isdigit() and len(key) < MOST_DIGITS:
            place = int(key)
            here = here[place] if place < len(here) else None
        else:
            return None
    return here
