"""Whether what an update names is there. Runs in children only.

A reference to nothing is null (ISO 32000-2 §7.3.10), and poppler takes a file in which it meets one
for damaged: it goes through its bytes and shows whatever looks like an object, within streams, too.
What was signed upon may have such references; an update brings no more of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver

from gateway.revisions.faults import RevisionFaultError, ambiguous
from gateway.revisions.objects import raw_items

_DEPTH: Final = 64


def refuse_new_dangling(
    reference: generic.Reference, before: HistoricalResolver | None, after: HistoricalResolver
) -> None:
    """See that an object that an update wrote names nothing that is not there.

    Args:
        reference: to the object.
        before: the document without the update; None: the object is new.
        after: with it.

    Raises:
        RevisionFaultError: `ambiguous`: it does, more often than before.
    """
    old = () if before is None else missing_in(before(reference), before)
    _refuse_more(f"object {reference.idnum}", old, missing_in(after(reference), after))


def refuse_dangling_trailer(before: HistoricalResolver, after: HistoricalResolver) -> None:
    """The same of the trailer: programs that list documents ask for its /Info and /ID.

    Args:
        before: the document without the update.
        after: with it.

    Raises:
        RevisionFaultError: `ambiguous`.
    """
    old, new = (missing_in(each.trailer_view, each) for each in (before, after))
    _refuse_more("its trailer", old, new)


def _refuse_more(what: str, old: Iterable[tuple[int, int]], new: Iterable[tuple[int, int]]) -> None:
    if more := Counter(new) - Counter(old):
        number, generation = min(more)
        raise ambiguous(f"{what} names {number} {generation} R, which is not there")


def missing_in(found: Any, view: HistoricalResolver) -> Iterator[tuple[int, int]]:  # noqa: ANN401 - objects of a file have no narrower type
    """Numbers and generations of what an object names and a document does not have."""
    xrefs = view.reader.xrefs
    for each in _named(found, 0):
        if xrefs.get_historical_ref(each.reference, view.revision) is None:
            yield each.idnum, each.generation


def _named(found: Any, depth: int) -> Iterator[generic.IndirectObject]:  # noqa: ANN401 - see above
    if depth > _DEPTH:
        raise RevisionFaultError("unreadable", "its objects have no end")
    if isinstance(found, generic.IndirectObject):
        yield found
    elif isinstance(found, generic.DictionaryObject):
        for key in found:
            yield from _named(found.raw_get(key), depth + 1)
    else:
        for each in raw_items(found):
            yield from _named(each, depth + 1)
