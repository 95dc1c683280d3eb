"""Names that lead elsewhere, and what must be true of all documents together.

One module a subject. Each goes through the documents as they were read, so that a mistake has its
file and line, and passes over what is a mistake already.
"""

from collections.abc import Iterator

from policies.reading.ancestry import Ancestry
from policies.reading.folders import folder_mistakes
from policies.reading.library import Library
from policies.reading.references.companies import company_mistakes
from policies.reading.references.credentials import credential_mistakes
from policies.reading.references.documents import document_mistakes
from policies.reading.references.files import file_mistakes
from policies.reading.references.governance import governance_mistakes
from policies.reading.references.grants import grant_mistakes
from policies.reading.references.ownership import ownership_mistakes
from policies.reading.references.people import people_mistakes
from policies.reading.references.places import place_mistakes
from policies.reading.references.rules import rule_mistakes
from policies.reading.references.seals import seal_mistakes
from policies.reading.references.selftests import selftest_mistakes
from strictyaml import Mistake

__all__ = ["reference_mistakes"]


def reference_mistakes(library: Library) -> Iterator[Mistake]:
    """Every loose end in the library, and whatever contradicts something else in it."""
    ancestry = Ancestry.of(library)
    yield from company_mistakes(library, ancestry)
    yield from governance_mistakes(library)
    yield from people_mistakes(library)
    yield from credential_mistakes(library)
    yield from document_mistakes(library)
    yield from seal_mistakes(library)
    yield from grant_mistakes(library)
    yield from rule_mistakes(library, ancestry)
    yield from selftest_mistakes(library)
    yield from folder_mistakes(library)
    yield from place_mistakes(library)
    yield from ownership_mistakes(library, ancestry)
    yield from file_mistakes(library)
