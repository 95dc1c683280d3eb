"""What a person filled in, held against the terms; a word for everything that is wrong."""

import itertools
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

from cloud_bridge.model import Party, PartyField
from cloud_bridge.network.persons.errors import FieldsError
from cloud_bridge.network.persons.model import Signature
from cloud_bridge.network.press.model import Handwritten, Mark, Ticked, Typed

LONGEST_VALUE = 1000
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
"""As every program reads it: no exponent, no digits of other scripts, no marks between them."""
MOST_STROKES, MOST_POINTS = 300, 8000
_LEAST_INK = 0.06
_LARGEST_SHEET = 100_000
SIGNATURE = "signature"
"""Under this word the faults of the signature are told."""


def values_of(party: Party, given: Mapping[str, str]) -> dict[str, str]:
    """The values as the envelope has them: dates as ISO 8601, ticks as `true`, empty ones left out.

    Args:
        party: whose fields.
        given: by the fields' names, as a form sends them.

    Raises:
        FieldsError: `missing`, `number`, `date`, `choice` or `too-long`, by the fields' names.
    """
    values: dict[str, str] = {}
    faults: dict[str, str] = {}
    for field in party.fields:
        if field.kind == "signature":
            continue
        form: Literal["NFC", "NFKC"] = "NFKC" if field.kind in {"number", "date"} else "NFC"
        value = unicodedata.normalize(form, given.get(field.name, "")).strip()
        fault = _fault(field, value)
        if fault is not None:
            faults[field.name] = fault
        elif field.kind == "checkbox":
            values[field.name] = "true" if value else "false"
        elif value:
            values[field.name] = value
    if faults:
        raise FieldsError(faults)
    return values


def _fault(field: PartyField, value: str) -> str | None:  # noqa: PLR0911 - one line a rule
    if not value:
        return "missing" if field.required else None
    if len(value) > LONGEST_VALUE:
        return "too-long"
    match field.kind:
        case "number":
            return None if _NUMBER.fullmatch(value) else "number"
        case "date":
            try:
                return None if date.fromisoformat(value).isoformat() == value else "date"
            except ValueError:
                return "date"
        case "choice":
            return None if value in field.choices else "choice"
        case _:
            return None


def checked_signature(party: Party, signature: Signature, *, name: str) -> Signature:
    """The signature, if the terms take it.

    Raises:
        FieldsError: under `signature`: `draw` (nothing, or next to nothing, was drawn), `type`
            (the name is not the person's), `ink` (no drawing that can be understood).
    """
    drawn = signature.drawn
    if drawn is not None and may_draw(party):
        if not drawn.strokes:
            raise FieldsError({SIGNATURE: "draw"})
        if not _is_sane(drawn):
            raise FieldsError({SIGNATURE: "ink"})
        if _length(drawn) < _LEAST_INK * math.hypot(drawn.width, drawn.height):
            raise FieldsError({SIGNATURE: "draw"})
        return Signature(drawn=drawn)
    if party.handwriting == "required":
        raise FieldsError({SIGNATURE: "draw"})
    if _folded(signature.typed) != _folded(name):
        raise FieldsError({SIGNATURE: "type"})
    return Signature(typed=name)


def may_draw(party: Party) -> bool:
    """Whether it may sign by hand: the terms let it, and there is a place where that goes."""
    return party.handwriting != "forbidden" and any(
        field.kind == "signature" for field in party.fields
    )


def marks_for(
    party: Party, document: str, values: Mapping[str, str], signature: Signature
) -> tuple[Mark, ...]:
    """What is to be seen in a document of what the party filled in and signed."""
    marks = []
    for field in party.fields:
        if field.document != document:
            continue
        ink: Handwritten | Typed | Ticked | None = None
        value = values.get(field.name, "")
        if field.kind == "signature":
            ink = signature.drawn or Typed(text=signature.typed, signature=True)
        elif field.kind == "checkbox":
            ink = Ticked() if value == "true" else None
        elif value:
            ink = Typed(text=value)
        if ink is not None:
            marks.append(Mark(field=field.name, box=field.box, ink=ink))
    return tuple(marks)


def _is_sane(drawn: Handwritten) -> bool:
    points = [point for stroke in drawn.strokes for point in stroke]
    return (
        1 <= drawn.width <= _LARGEST_SHEET
        and 1 <= drawn.height <= _LARGEST_SHEET
        and len(drawn.strokes) <= MOST_STROKES
        and 0 < len(points) <= MOST_POINTS
        and all(drawn.strokes)
        and all(
            -drawn.width <= x <= 2 * drawn.width and -drawn.height <= y <= 2 * drawn.height
            for x, y in points
        )
    )


def _length(drawn: Handwritten) -> float:
    return sum(
        math.dist(one, other)
        for stroke in drawn.strokes
        for one, other in itertools.pairwise(stroke)
    )


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
