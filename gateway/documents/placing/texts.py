"""The text of a document's pages, read by pdfium: opened once, when somebody first asks."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cache, cached_property
from typing import Self

import pypdfium2
from pypdfium2 import raw

from gateway.documents.errors import DamagedDocumentProblem
from gateway.documents.opened_pages import OpenedPages
from gateway.documents.placing.geometry import Rectangle
from gateway.documents.placing.keywords import folded

# A picture within a form within a form: scanners nest no deeper.
_DEPTH_OF_PICTURES = 3
_LAST_OF_ONE_UNIT = 0xFFFF


class PageText:
    """The text of one page. Boxes are in user space."""

    def __init__(self, page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage) -> None:
        self._page = page
        self._text = text

    @cached_property
    def characters(self) -> int:
        """How many there are, white space apart."""
        return sum(map(len, self._whole.split()))

    @cached_property
    def is_scan(self) -> bool:
        """Whether there is a picture and no text: nobody can say where a word stands."""
        pictures = self._page.get_objects(
            filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_DEPTH_OF_PICTURES
        )
        return self.characters == 0 and any(True for _ in pictures)

    def find(self, pattern: re.Pattern[str]) -> Iterator[Rectangle]:
        """The boxes of what the pattern finds in the folded text, in the text's order.

        Of a hit in several lines or with gaps the box is that of the last part.
        """
        text, origins = _traced(self._whole)
        for hit in pattern.finditer(text):
            start, end = self._index(origins[hit.start()]), self._index(origins[hit.end() - 1])
            parts = self._text.count_rects(start, end - start + 1)
            if parts:
                yield Rectangle(*self._text.get_rect(parts - 1))

    @cached_property
    def boxes(self) -> tuple[Rectangle, ...]:
        """Where there is text: pieces of lines, joined where the gap is none that a stamp fits in.

        Some programs place each character alone, and a page of them would be thousands of boxes.
        """
        return tuple(self._joined())

    def _joined(self) -> Iterator[Rectangle]:
        joined: Rectangle | None = None
        for index in range(self._text.count_rects()):
            box = Rectangle(*self._text.get_rect(index))
            if joined is not None and _is_beside(joined, box):
                joined = Rectangle(
                    min(joined.x0, box.x0),
                    min(joined.y0, box.y0),
                    max(joined.x1, box.x1),
                    max(joined.y1, box.y1),
                )
                continue
            if joined is not None:
                yield joined
            joined = box
        if joined is not None:
            yield joined

    def words(self, box: Rectangle) -> str:
        """The text in a box."""
        text: str = self._text.get_text_bounded(box.x0, box.y0, box.x1, box.y1)
        return " ".join(text.split())

    @cached_property
    def _whole(self) -> str:
        text: str = self._text.get_text_range()
        return text

    def _index(self, position: int) -> int:
        """Pdfium's index of a character of the text: it counts some that have no text, too."""
        index: int = raw.FPDFText_GetCharIndexFromTextIndex(self._text, position)
        return index


def _traced(text: str) -> tuple[str, Sequence[int]]:
    """The folded text, and for each of its characters the position in UTF-16 that it came from."""
    if all(map(_stays_one, set(text))):
        return folded(text), range(len(text))
    pieces: list[str] = []
    origins: list[int] = []
    position = 0
    for character in text:
        piece = folded(character)
        here, position = position, position + (2 if ord(character) > _LAST_OF_ONE_UNIT else 1)
        if pieces and piece and unicodedata.combining(piece[0]):
            composed = unicodedata.normalize("NFC", pieces[-1] + piece)
            if len(composed) == len(pieces[-1]):  # é is one character, however it is written
                pieces[-1] = composed
                continue
        pieces.append(piece)
        origins.extend([here] * len(piece))
    return "".join(pieces), origins


@cache
def _stays_one(character: str) -> bool:
    return (
        ord(character) <= _LAST_OF_ONE_UNIT
        and len(folded(character)) == 1
        and not unicodedata.combining(character)
    )


def _is_beside(one: Rectangle, other: Rectangle) -> bool:
    """Whether both stand in one line, not farther apart than the line is high."""
    lower, higher = max(one.y0, other.y0), min(one.y1, other.y1)
    heights = one.y1 - one.y0, other.y1 - other.y0
    gap = max(one.x0, other.x0) - min(one.x1, other.x1)
    return higher - lower > min(heights) / 2 and gap < max(heights)


class DocumentText:
    """The text of a document; a context manager, since pdfium holds memory of its own.

    Args:
        document: the PDF.
        pages: how many pages the other reader finds in it.
        opened: its pages, for whoever asks more of them than this; they stay open.
    """

    def __init__(self, document: bytes, *, pages: int, opened: OpenedPages | None = None) -> None:
        self._count = pages
        self._stack = ExitStack()
        if opened is None:
            opened = self._stack.enter_context(OpenedPages(document))
        self._opened = opened
        self._page_stack = ExitStack()
        self._index = -1
        self._current: PageText | None = None

    def __enter__(self) -> Self:
        """Opens nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give back what pdfium holds."""
        self._page_stack.close()
        self._stack.close()

    def page(self, index: int) -> PageText:
        """The text of a page, counted from 0. That of the page before it is closed.

        Raises:
            DamagedDocumentProblem: two readers see different documents.
        """
        if self._current is None or self._index != index:
            self._page_stack.close()
            self._refuse_another_count()
            page = self._opened.page(index)
            text = page.get_textpage()
            self._page_stack.callback(text.close)
            self._index, self._current = index, PageText(page, text)
        return self._current

    def _refuse_another_count(self) -> None:
        if self._opened.count != self._count:
            raise DamagedDocumentProblem(
                f"one reader finds {self._count} pages and another {self._opened.count}; "
                "the file is ambiguous"
            )
