"""Which occurrences of a keyword a placement means, or where it was looked for in vain."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from gateway.documents.errors import KeywordNotFoundProblem, PlacementProblem
from gateway.documents.placing.geometry import Rectangle
from gateway.documents.placing.keywords import keyword_pattern
from gateway.documents.placing.places import Pages
from gateway.documents.placing.texts import DocumentText
from policies.model import BesideKeyword

_MOST_OCCURRENCES = 10_000
_MOST_PAGES_TOLD = 10


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was seen of a page in which the keyword was looked for."""

    number: int
    characters: int
    is_scan: bool


class KeywordSearch:
    """Looks for one keyword in the text of every page, and remembers what it saw.

    What lies outside the visible page does not count: nobody could say why the stamp is there.
    """

    def __init__(self, placement: BesideKeyword, pages: Pages, texts: DocumentText) -> None:
        self._placement = placement
        self._pages = pages
        self._texts = texts
        self._looked: dict[int, _Looked] = {}
        self._seen = 0
        self._outside = 0

    def boxes(self) -> list[tuple[int, Rectangle]]:
        """Page index and box of every occurrence that is meant, in the document's order.

        Raises:
            KeywordNotFoundProblem: names what was looked for, where, and how often it was found.
            PlacementProblem: it occurs too often to say which is the last, or to stamp them all.
            DamagedDocumentProblem: two readers see different documents.
        """
        match self._placement.occurrence:
            case "last":
                found = self._last()
            case "all":
                found = list(self._hits(range(self._pages.count)))
            case "first":
                found = list(islice(self._hits(range(self._pages.count)), 1))
            case nth:
                found = list(islice(self._hits(range(self._pages.count)), nth - 1, nth))
        if not found:
            raise KeywordNotFoundProblem(self._told())
        return found

    def _last(self) -> list[tuple[int, Rectangle]]:
        for index in reversed(range(self._pages.count)):
            found = list(self._hits(range(index, index + 1)))
            if found:
                return found[-1:]
        return []

    def _hits(self, indices: range) -> Iterator[tuple[int, Rectangle]]:
        pattern = keyword_pattern(self._placement.keyword)
        if pattern is None:
            return  # it would be everywhere
        for index in indices:
            text = self._texts.page(index)
            self._looked[index] = _Looked(index + 1, text.characters, text.is_scan)
            for box in text.find(pattern):
                if not self._pages.geometry(index).shows(box):
                    self._outside += 1
                    continue
                if self._seen >= _MOST_OCCURRENCES:
                    raise PlacementProblem(
                        f"{self._placement.keyword!r} occurs more than {_MOST_OCCURRENCES} times; "
                        "take a keyword that is rarer"
                    )
                self._seen += 1
                yield index, box

    def _told(self) -> str:
        looked = sorted(self._looked.values(), key=lambda page: page.number)
        told = ", ".join(
            f"page {page.number}: {page.characters} characters"
            for page in looked[:_MOST_PAGES_TOLD]
        )
        rest = looked[_MOST_PAGES_TOLD:]
        if rest:
            more = sum(page.characters for page in rest)
            told += f", and {len(rest)} more with {more} characters"
        what = f"occurrence {self._placement.occurrence!r} of {self._placement.keyword!r}"
        where = f"in the text of every page ({told})"
        parts = [f"looked for {what} {where}; found it {self._seen} times"]
        if self._outside:
            parts.append(f"{self._outside} times it stands outside the visible page")
        scans = [page.number for page in looked if page.is_scan]
        if scans:
            parts.append(_scans(scans))
        return "; ".join(parts)


def _scans(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"page {numbers[0]} is a scan without text, in which no word can be found"
    named = ", ".join(map(str, numbers[:_MOST_PAGES_TOLD]))
    more = f" and {len(numbers) - _MOST_PAGES_TOLD} more" if len(numbers) > _MOST_PAGES_TOLD else ""
    return f"pages {named}{more} are scans without text, in which no word can be found"
