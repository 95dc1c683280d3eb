"""Objects that a document names and does not have, and that our own update would put there.

The stamp would show wherever, and as large as, the document's author wrote; and whoever judges our
revision refuses it, as it shows something that was signed without it.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.errors import DamagedDocumentProblem
from gateway.documents.pyhanko.opened import Opened
from gateway.revisions.missing import named_in, written_parts

_WRITTEN: Final = re.compile(rb"(?<![0-9])([0-9]{1,10}) 0 obj")


def refuse_what_was_missing(opened: Opened, update: bytes) -> None:
    """For a document without the proof that all that it names is there.

    Args:
        opened: the document.
        update: what would be appended.

    Raises:
        DamagedDocumentProblem: it names an object that only this update has.
    """
    reader = opened.reader
    size = int(reader.trailer["/Size"])
    fresh = {number for number in map(int, _WRITTEN.findall(update)) if number >= size}
    # The bytes tell soon that there is nothing, and may mean a comment otherwise.
    if named_in(written_parts(reader, opened.document), fresh) is None:
        return
    named = fresh.intersection(_references(reader))
    if named:
        raise DamagedDocumentProblem(
            f"it names object {min(named)}, which it has not, and of which the seal would make "
            "one. Writing it anew (normalize) leaves the name out"
        )


def _references(reader: PdfFileReader) -> Iterator[int]:
    """The numbers that any object of the document refers to."""
    for revision in range(reader.xrefs.total_revisions):
        view = reader.get_historical_resolver(revision)
        todo: list[Any] = [reader.trailer]
        todo += [view(each) for each in reader.xrefs.explicit_refs_in_revision(revision)]
        while todo:
            each = todo.pop()
            if isinstance(each, generic.IndirectObject):
                yield each.idnum
            elif isinstance(each, generic.DictionaryObject):
                todo += map(each.raw_get, each)
            elif isinstance(each, generic.ArrayObject):
                todo += map(each.raw_get, range(len(each)))
