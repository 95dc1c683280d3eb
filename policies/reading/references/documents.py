"""Document types, and templates of them."""

from collections.abc import Iterator

from policies.conditions.cel import Pattern
from policies.errors import ConditionError
from policies.reading.library import Library
from strictyaml import Mistake


def document_mistakes(library: Library) -> Iterator[Mistake]:
    """Patterns that are none, and templates of types that do not exist."""
    for document_type in library.document_types.documents.values():
        for name, attribute in document_type.value.spec.attributes.items():
            if attribute.pattern is None:
                continue
            try:
                Pattern(attribute.pattern)
            except ConditionError as error:
                yield document_type.mistake(
                    ("spec", "attributes", name, "pattern"),
                    f"not a regular expression of RE2: {error}",
                    "see the RE2 syntax; it has no look-around and no back references",
                )
    for template in library.templates.documents.values():
        wanted = template.value.spec.document_type
        path = ("spec", "documentType")
        yield from library.missing(wanted, library.document_types, template, path)
