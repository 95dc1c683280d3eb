"""Whether a request's attributes are what its document type asks for."""

from collections.abc import Iterator, Mapping

from policies.conditions.cel import Pattern
from policies.errors import ConditionError
from policies.model import Attributes, AttributeValue
from policies.objects.documents import Attribute, DocumentType

_INT64 = range(-(1 << 63), 1 << 63)
_MAX_LENGTH = 10_000
"""For texts whose type sets no `maxLength`, in characters."""


class AttributeChecks:
    """The document types with their patterns compiled."""

    def __init__(self, document_types: Mapping[str, DocumentType]) -> None:
        self._types = dict(document_types)
        self._patterns = {
            attribute.pattern: Pattern(attribute.pattern)
            for document_type in document_types.values()
            for attribute in document_type.attributes.values()
            if attribute.pattern is not None
        }

    def faults(self, document_type: str, given: Attributes) -> Iterator[str]:
        """What is wrong with the attributes, a sentence each; the type must be known."""
        known = self._types[document_type].attributes
        for name, attribute in known.items():
            if name in given:
                fault = self._fault(attribute, given[name])
                if fault is not None:
                    yield f"the attribute `{name}` {fault}"
            elif attribute.required:
                yield f"the attribute `{name}` is missing; give it as {attribute.type}"
        for name in given:
            if name not in known:
                listed = ", ".join(known) or "none"
                yield f"the attribute `{name}` is unknown; {document_type} has: {listed}"

    def _fault(self, attribute: Attribute, value: AttributeValue) -> str | None:
        # Exact types: True is an int to Python, but not to the officer who wrote `integer`.
        match attribute.type:
            case "boolean":
                return None if type(value) is bool else "must be true or false"
            case "integer":
                return _number_fault(attribute, value)
            case "string":
                return self._text_fault(attribute, value)

    def _text_fault(self, attribute: Attribute, value: AttributeValue) -> str | None:
        if not isinstance(value, str):
            return "must be text"
        limit = attribute.max_length or _MAX_LENGTH
        if len(value) > limit:
            return f"has {len(value)} characters, more than {limit}"
        if "\0" in value:
            return "has a NUL character"
        try:
            value.encode()
            fits = attribute.pattern is None or self._patterns[attribute.pattern].matches(value)
        except (UnicodeEncodeError, ConditionError):
            return "is not valid Unicode text"
        return None if fits else f"does not match {attribute.pattern}"


def _number_fault(attribute: Attribute, value: AttributeValue) -> str | None:
    if type(value) is not int:
        return "must be a whole number"
    if value not in _INT64:
        return "does not fit into 64 bits"
    if attribute.minimum is not None and value < attribute.minimum:
        return f"is {value}, less than {attribute.minimum}"
    if attribute.maximum is not None and value > attribute.maximum:
        return f"is {value}, more than {attribute.maximum}"
    return None
