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

_SPACE: Final = rb"[\0\t\n\f\r ]"
_SPACES: Final = re.compile(_SPACE + rb"*")
_GENERATION: Final = re.compile(rb"[+0-9]+")
"""Which one is all the same to many."""
_PLAIN_REST: Final = _SPACE + rb"++[+0-9]++" + _SPACE + rb"*+R"
_COMMENTED: Final = _SPACE + rb"*+(?:(?<=" + _SPACE + rb")[+0-9]++" + _SPACE + rb"*+)?%"
_LINE_END: Final = re.compile(rb"[\r\n]")
_MOST_COMMENTS: Final = 8
"""In a row. What has more is taken for a reference."""
_ZEROS: Final = 32


def named_in(parts: Iterable[bytes], numbers: Iterable[int]) -> int | None:
    """The first of the numbers that a document refers to; None: it refers to none of them.

    Bytes are searched, and not objects: what is named in something that nothing leads to counts,
    too, as programs differ on what that is.

    Args:
        parts: of the document, see `written_parts`.
        numbers: of objects.
    """
    wanted = sorted(set(numbers))
    for written in parts:
        for number in wanted:
            if _names(written, b"%d" % number):
                return number
    return None


def written_parts(before: PdfFileReader, document: bytes) -> Iterator[bytes]:
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
    return next(mentions(written, digits), None) is not None


def mentions(written: bytes, digits: bytes) -> Iterator[int]:
    """Where references to an object begin, zeros before its number apart."""
    # By expressions that begin with digits: a scan has a small number at every hundredth byte.
    for found in re.finditer(digits + _PLAIN_REST, written):
        if _begins_at(written, found):
            yield found.start()
    comments = _Comments(written)
    for found in re.finditer(digits + _COMMENTED, written):
        if _begins_at(written, found) and comments.lead_to_a_reference(found.start() + len(digits)):
            yield found.start()


def _begins_at(written: bytes, found: re.Match[bytes]) -> bool:
    """Whether it is all of the number, zeros before it apart."""
    return not written[max(0, found.start() - _ZEROS) : found.start()].rstrip(b"0")[-1:].isdigit()


class _Comments:
    """What may stand between the numbers of a reference, looked at in time that grows with it.

    From each number in a line its comment ends at the same place, and so does that of the next
    line: the newest end is remembered for each comment in a row.
    """

    def __init__(self, written: bytes) -> None:
        self._written = written
        self._ends = [(0, -1)] * _MOST_COMMENTS

    def lead_to_a_reference(self, at: int) -> bool:
        """Whether the rest of a reference follows the number that ends here, or nobody can say."""
        at, met = self._past(at, 0)
        generation = _GENERATION.match(self._written, at)
        if met < _MOST_COMMENTS and generation is None:
            return False
        if generation is not None:
            at, met = self._past(generation.end(), met)
        return met == _MOST_COMMENTS or self._written[at : at + 1] == b"R"

    def _past(self, at: int, met: int) -> tuple[int, int]:
        """Behind space and comments, and how many comments there were."""
        while met < _MOST_COMMENTS:
            at = _SPACES.match(self._written, at).end()  # type: ignore[union-attr]  # it always does
            if self._written[at : at + 1] != b"%":
                break
            at = self._end_of(at, met)
            met += 1
        return at, met

    def _end_of(self, at: int, met: int) -> int:
        start, end = self._ends[met]
        if not start <= at <= end:
            found = _LINE_END.search(self._written, at)
            end = len(self._written) if found is None else found.start()
            self._ends[met] = at, end
        return end
