"""The text of a document's pages, read by pdfium: opened once, when somebody first asks."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Self

import pypdfium2
from pypdfium2 import raw

from gateway.documents.errors import DamagedDocumentProblem
from gateway.documents.pdf.geometry import Rectangle
from gateway.documents.pdf.keywords import folded

# A picture within a form within a form: scanners nest no deeper.
_DEPTH_OF_PICTURES = 3


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
        if pattern.search(folded(unicodedata.normalize("NFC", self._whole))) is None:
            return
        text, origins = self._characters()
        for hit in pattern.finditer(text):
            start, end = origins[hit.start()], origins[hit.end() - 1]
            parts = self._text.count_rects(start, end - start + 1)
            if parts:
                yield Rectangle(*self._text.get_rect(parts - 1))

    def lines(self) -> Iterator[tuple[Rectangle, str]]:
        """Every piece of text with its box; what is set in one line and one font is one piece."""
        for index in range(self._text.count_rects()):
            box = self._text.get_rect(index)
            yield Rectangle(*box), self._text.get_text_bounded(*box).strip()

    @cached_property
    def _whole(self) -> str:
        text: str = self._text.get_text_range()
        return text

    def _characters(self) -> tuple[str, list[int]]:
        """The folded text, and for each of its characters the one of pdfium that it came from."""
        pieces: list[str] = []
        origins: list[int] = []
        for index in range(self._text.count_chars()):
            piece = folded(chr(raw.FPDFText_GetUnicode(self._text, index)))
            if pieces and piece and unicodedata.combining(piece[0]):
                composed = unicodedata.normalize("NFC", pieces[-1] + piece)
                if len(composed) == len(pieces[-1]):  # é is one character, however it is written
                    pieces[-1] = composed
                    continue
            pieces.append(piece)
            origins.extend([index] * len(piece))
        return "".join(pieces), origins


class DocumentText:
    """The text of a document; a context manager, since pdfium holds memory of its own.

    Args:
        document: the PDF.
        pages: how many pages the other reader finds in it.
    """

    def __init__(self, document: bytes, *, pages: int) -> None:
        self._document = document
        self._pages = pages
        self._opened: pypdfium2.PdfDocument | None = None
        self._stack = ExitStack()
        self._page_stack = ExitStack()
        self._index = -1
        self._current: PageText | None = None

    def __enter__(self) -> Self:
        """Opens nothing yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give back what pdfium holds."""
        self._page_stack.close()
        self._stack.close()

    def page(self, index: int) -> PageText:
        """The text of a page, counted from 0. The page before it is closed.

        Raises:
            DamagedDocumentProblem: two readers see different documents.
        """
        if self._current is None or self._index != index:
            self._page_stack.close()
            page = self._document_of_pdfium()[index]
            self._page_stack.callback(page.close)
            text = page.get_textpage()
            self._page_stack.callback(text.close)
            self._index, self._current = index, PageText(page, text)
        return self._current

    def _document_of_pdfium(self) -> pypdfium2.PdfDocument:
        if self._opened is None:
            self._opened = pypdfium2.PdfDocument(self._document)
            self._stack.callback(self._opened.close)
            if len(self._opened) != self._pages:
                raise DamagedDocumentProblem(
                    f"one reader finds {self._pages} pages and another {len(self._opened)}; "
                    "the file is ambiguous"
                )
        return self._opened
