"""Objects that a document names and does not have. Runs in children only.

A reference to nothing is no error (ISO 32000-2 §7.3.10): it is null, and shows nothing. An update
that writes an object of that number puts something there, without a word of the page having
changed. So what is new in an update must not have been named before.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

_BETWEEN: Final = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])"
_REST: Final = _BETWEEN + rb"++[+0-9]++" + _BETWEEN + rb"*+R"
"""What follows an object's number in a reference; which generation is all the same to many."""
_ZEROS: Final = 32


def named_in(before: PdfFileReader, document: bytes, numbers: Iterable[int]) -> int | None:
    """The first of the numbers that a document refers to; None: it refers to none of them.

    Bytes are searched, and not objects: what is named in something that nothing leads to counts,
    too, as programs differ on what that is.

    Args:
        before: reads the document.
        document: its bytes.
        numbers: of objects.
    """
    wanted = sorted(set(numbers))
    for written in _written(before, document):
        for number in wanted:
            if _names(written, b"%d" % number):
                return number
    return None


def _written(before: PdfFileReader, document: bytes) -> Iterator[bytes]:
    """The file, and what its object streams hold, of all of its revisions."""
    yield document
    for revision in range(before.xrefs.total_revisions):
        view = before.get_historical_resolver(revision)
        listed = before.xrefs.get_xref_data(revision)
        streams = listed.obj_streams_used
        if listed.hybrid is not None:
            streams = streams | listed.hybrid.xref_data.obj_streams_used
        for number in sorted(streams):
            yield view(generic.Reference(number, pdf=before)).data


def _names(written: bytes, digits: bytes) -> bool:
    # By an expression that begins with digits: a scan has a small number at every hundredth byte.
    return any(
        not written[max(0, found.start() - _ZEROS) : found.start()].rstrip(b"0")[-1:].isdigit()
        for found in re.finditer(digits + _REST, written)
    )
