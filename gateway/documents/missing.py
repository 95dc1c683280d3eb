"""Objects that a document names and does not have, and that our own update would put there.

The stamp would show wherever, and as large as, the document's author wrote; and whoever judges our
revision refuses it, as it shows something that was signed without it.
"""

import re
from typing import Final

from gateway.documents.errors import DamagedDocumentProblem
from gateway.documents.pyhanko.opened import Opened
from gateway.revisions.missing import named_in

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
    fresh = (number for number in map(int, _WRITTEN.findall(update)) if number >= size)
    named = named_in(reader, opened.document, fresh)
    if named is not None:
        raise DamagedDocumentProblem(
            f"it names object {named}, which it has not, and of which the seal would make one. "
            "Writing it anew (normalize) leaves the name out"
        )
