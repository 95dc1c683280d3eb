"""Which pages of a document: `1-3,5,last,odd,even,all`."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MOST_PAGES = 100_000

Word = Literal["all", "odd", "even"]
Bound = int | Literal["last"]

_WORDS: dict[str, Word] = {"all": "all", "odd": "odd", "even": "even"}


class PageSetError(ValueError):
    """The text names no set of pages; the message says which part of it does not."""


class NoSuchPageError(LookupError):
    """A page is named by its number, and the document does not have it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True, slots=True)
class PageRange:
    """From one page to another, both included; a single page has both alike."""

    first: Bound
    last: Bound

    def __str__(self) -> str:
        """`5`, `1-3`, `2-last`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def numbers(self, count: int) -> range:
        """The pages of a document with `count` pages; none where it ends before `2-last` begins.

        Raises:
            NoSuchPageError: the last page is named by a number that the document does not have.
        """
        first = count if self.first == "last" else self.first
        last = count if self.last == "last" else self.last
        if last > count:
            raise NoSuchPageError(last)
        return range(first, last + 1)


@dataclass(frozen=True, slots=True)
class PageSet:
    """Parts as they were written; together they choose each page once, in the document's order."""

    parts: tuple[PageRange | Word, ...]

    @classmethod
    def parse(cls, text: str) -> "PageSet":
        """The set that the text names. Spaces and full-width marks do not matter.

        Raises:
            PageSetError: it names none.
        """
        plain = unicodedata.normalize("NFKC", text).replace(" ", "").lower()
        return cls(tuple(_part(part) for part in plain.split(",")))

    def __str__(self) -> str:
        """The text, so that `PageSet.parse(str(pages)) == pages`."""
        return ",".join(str(part) for part in self.parts)

    def numbers(self, count: int) -> tuple[int, ...]:
        """The chosen pages of a document with `count` pages, counted from 1, in its order.

        Words choose among the pages that there are, so `even` of one page are none. A page that
        is named by its number must exist.

        Raises:
            NoSuchPageError: it does not.
        """
        return tuple(sorted({number for part in self.parts for number in _numbers(part, count)}))


def _numbers(part: PageRange | Word, count: int) -> Iterator[int]:
    match part:
        case "all":
            yield from range(1, count + 1)
        case "odd":
            yield from range(1, count + 1, 2)
        case "even":
            yield from range(2, count + 1, 2)
        case PageRange():
            yield from part.numbers(count)


def _part(text: str) -> PageRange | Word:
    if text in _WORDS:
        return _WORDS[text]
    ends = text.split("-")
    if len(ends) not in (1, 2):
        raise PageSetError(f"`{text}` is no page and no range of pages")
    first, last = _bound(ends[0], text), _bound(ends[-1], text)
    backwards = last != "last" and (first == "last" or first > last)
    if backwards:
        raise PageSetError(f"`{text}` runs backwards")
    return PageRange(first, last)


def _bound(text: str, part: str) -> Bound:
    if text == "last":
        return "last"
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0  # noqa: PLR2004 - MOST_PAGES has six digits
    if not 1 <= number <= MOST_PAGES:
        raise PageSetError(f"`{part}` is no page and no range of pages")
    return number
