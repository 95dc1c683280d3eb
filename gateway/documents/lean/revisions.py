"""How often a document was written; the same answer as `gateway.documents.pyhanko.revisions`."""

import re

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import integer, read_dictionary

# Annex F.3.3: the linearisation dictionary lies wholly within the first 1024 bytes.
_HEAD_BYTES = 1024
_FIRST_OBJECT = re.compile(rb"[\r\n]\s*\d+ 0 obj\b")


def count_revisions(document: LeanDocument) -> int:
    """Each cross-reference section is one, but a linearised file is written at once with two."""
    sections = document.references.sections
    if len(sections) == 1:
        return 1
    head = document.bytes[:_HEAD_BYTES]
    if b"/Linearized" not in head:
        return len(sections)
    first = _FIRST_OBJECT.search(head)
    if first is None:
        raise InDoubtError("cross-references", "a linearisation dictionary out of place")
    entries, _ = read_dictionary(head, first.end())
    length = integer(entries.get(b"/L"))
    main, first_page = sections[-1], sections[-2]
    total = len(document.bytes)
    at_once = (
        b"/Linearized" in entries
        and first_page.start < main.start < length <= total
        and (len(sections) > 2 or length == total)  # noqa: PLR2004 - main and first page
    )
    return len(sections) - 1 if at_once else len(sections)
