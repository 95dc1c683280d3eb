"""Files that say of themselves that they are linearised (ISO 32000-2 Annex F).

Readers believe it while the file is as long as its first object says: they begin with the table
behind that object, and not with the one that the file's end names. So two tables that lead to two
documents are one before an update, and the other after it, by whoever signs.
"""

import re
from collections.abc import Iterator
from typing import Final

from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.inspection.sighting import Sighting
from gateway.documents.inspection.snapshot import Snapshot

_END: Final = re.compile(rb"endobj[\0\t\n\f\r ]*")
_SPACES: Final = re.compile(rb"[\0\t\n\f\r ]*")


def linearised_sightings(
    reader: PdfFileReader, document: bytes, snapshot: Snapshot
) -> Iterator[Sighting]:
    """What ambiguous-structure makes of them."""
    places = {place.at: each for each, place in snapshot.places.items() if not place.container}
    first = snapshot.objects.get(places[min(places)]) if places else None
    if not isinstance(first, dict) or "/Linearized" not in first:
        return
    length = snapshot.resolve(first.get("/L"))
    if not isinstance(length, int) or length > len(document):
        why = "it says that it is linearised, and longer than it is"
        yield Sighting("ambiguous-structure", why)
    elif length == len(document):
        end = _END.search(document)
        named = reader.xrefs.get_startxref_for_revision(reader.xrefs.total_revisions - 1)
        table = _SPACES.match(document, named)
        if end is None or table is None or end.end() != table.end():
            why = "its end names another table than readers of linearised files begin with"
            yield Sighting("ambiguous-structure", why)
