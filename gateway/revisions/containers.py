"""Whether every reader finds the same objects in an object stream. Runs in children only.

Where the places that it names do not follow one another, poppler and pdf.js take the whole file for
damaged: they go through its bytes and show whatever looks like an object, within streams, too.
"""

import re
from itertools import pairwise
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.pdf_utils.xref import ObjStreamRef

from gateway.revisions.faults import ambiguous
from gateway.revisions.plain_syntax import end_of_value
from gateway.revisions.sections import Entries
from gateway.revisions.streams import OF_STREAMS, check_entries

_HEAD: Final = re.compile(rb"[\0\t\n\f\r ]*+(?:[0-9]{1,10}+(?:[\0\t\n\f\r ]++|\Z))*")
_SPACE: Final = b"\0\t\n\f\r "
_OF_CONTAINERS: Final = OF_STREAMS | {"/N", "/First"}


def check_container(view: HistoricalResolver, entries: Entries, container: int) -> None:
    """See that an object stream of an update holds what its table says, and nothing else.

    Args:
        view: of the update's revision.
        entries: of its table.
        container: number of the object stream.

    Raises:
        RevisionFaultError: `ambiguous`.
    """
    if (container, 0) not in entries:
        raise ambiguous(f"it takes objects from the object stream {container} of before")
    found = view(generic.Reference(container, 0, pdf=view.reader))
    if not isinstance(found, generic.StreamObject) or "/Extends" in found:
        raise ambiguous(f"the object stream {container} is none, or goes on in another")
    check_entries(found, "/ObjStm", _OF_CONTAINERS)
    data, first = found.data, int(found["/First"])
    if _HEAD.fullmatch(data, 0, first) is None:
        raise ambiguous(f"the object stream {container} does not begin with numbers")
    head = [int(each) for each in data[:first].split()]
    listed = {
        place.ix_in_stream: idnum
        for (idnum, _), place in entries.items()
        if isinstance(place, ObjStreamRef) and place.obj_stream_id == container
    }
    held = dict(enumerate(head[::2]))
    if len(head) != 2 * int(found["/N"]) or held != listed or len(set(held.values())) != len(held):
        raise ambiguous(f"the object stream {container} holds other objects than are listed")
    for begins, ends in pairwise([*(first + each for each in head[1::2]), len(data)]):
        end = end_of_value(data, begins) if begins < ends else ends + 1
        if end > ends or data[end:ends].strip(_SPACE):
            raise ambiguous(f"the object stream {container} does not hold one object after another")
