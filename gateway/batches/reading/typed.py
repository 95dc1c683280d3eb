"""Attributes that came as text, in the types that their document type declares."""

import re
from collections.abc import Mapping

from gateway.batches.reading.errors import ItemAttributesProblem
from policies.model import Attributes, AttributeValue
from policies.objects.documents import Attribute

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_ZEROS = re.compile(r"-?0[0-9]+")
_INT64 = range(-(1 << 63), 1 << 63)
_TRUTHS = {"true": True, "false": False}


def typed(
    attributes: Attributes, declaration: Mapping[str, Attribute]
) -> dict[str, AttributeValue]:
    """The same, with texts turned into whole numbers and truth values where those are declared.

    What is no text, or is not declared, stays as it is: whether it may be there is for the policy
    engine to say.

    Raises:
        ItemAttributesProblem: a text is not what is declared; names every one.
    """
    faults: list[str] = []
    found: dict[str, AttributeValue] = {}
    for name, value in attributes.items():
        declared = declaration.get(name)
        if declared is None or not isinstance(value, str):
            found[name] = value
        elif declared.type == "integer" and _WHOLE.fullmatch(value) and int(value) in _INT64:
            found[name] = int(value)
        elif declared.type == "boolean" and value.lower() in _TRUTHS:
            found[name] = _TRUTHS[value.lower()]
        elif declared.type == "string":
            found[name] = value
        else:
            faults.append(f"`{name}` is {value[:60]!r}, {_fault(declared, value)}")
    if faults:
        raise ItemAttributesProblem("; ".join(faults))
    return found


def _fault(declared: Attribute, value: str) -> str:
    if declared.type == "boolean":
        return "neither true nor false"
    if _ZEROS.fullmatch(value):
        return "a number with leading zeros: is it a text?"
    if _WHOLE.fullmatch(value):
        return "more than fits into 64 bits"
    return "no whole number: write its digits alone, without separators, point or unit"
