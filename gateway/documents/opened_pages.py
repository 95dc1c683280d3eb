"""The pages of a document as pdfium has them: opened once, for all that look at them.

Loading a page takes its content apart, and reads every font in it: of a contract that is as much
as drawing it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final, Self

import pypdfium2
import pypdfium2.raw as pdfium

MOST_KEPT: Final = 8
"""Pages that stay loaded while another is looked at: a contract has no more."""
MOST_OBJECTS: Final = 5_000
"""Of a page that stays loaded; others are a hundred times as large in memory."""


class OpenedPages:
    """A document's pages. Use as a context manager, since pdfium holds memory of its own.

    A page may be closed as soon as another is asked for, so whoever holds on to something of a
    page (its text, an object) lets go of it first. Nobody changes a page, or the document, but by
    what is here for it: the next who looks must see what the file shows.

    Args:
        document: the PDF.
    """

    def __init__(self, document: bytes) -> None:
        self._document = document
        self._pdf: pypdfium2.PdfDocument | None = None
        self._loaded: dict[int, pypdfium2.PdfPage] = {}

    def __enter__(self) -> Self:
        """Opens nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give back what pdfium holds."""
        self.close()

    def close(self) -> None:
        """Give back what pdfium holds: the pages, then the document."""
        for index in list(self._loaded):
            self.close_page(index)
        if self._pdf is not None:
            self._pdf.close()
            self._pdf = None

    @property
    def count(self) -> int:
        """How many pages pdfium finds.

        Raises:
            PdfiumError: it cannot read the document.
        """
        return len(self._opened())

    def page(self, index: int) -> pypdfium2.PdfPage:
        """A page, counted from 0, which belongs to this.

        Raises:
            PdfiumError: pdfium cannot read the document, or this page of it.
        """
        if index not in self._loaded:
            self._close_what_is_too_much()
            self._loaded[index] = self._opened()[index]
        return self._loaded[index]

    def page_anew(self, index: int) -> pypdfium2.PdfPage:
        """The page once more, as it is after a change of the document such as flattening it.

        Raises:
            PdfiumError: pdfium cannot read it any more.
        """
        page = self._opened()[index]  # before the other is closed, with which its fonts would go
        self.close_page(index)
        self._loaded[index] = page
        return page

    def close_page(self, index: int) -> None:
        """For whoever has changed the page itself: it is loaded again for the next who asks."""
        page = self._loaded.pop(index, None)
        if page is not None:
            page.close()

    @contextmanager
    def page_apart(self, index: int) -> Iterator[pypdfium2.PdfPage]:
        """The page in a document of its own, for what would leave traces in the document.

        Raises:
            PdfiumError: pdfium cannot read the document, or this page of it.
        """
        with closing(pypdfium2.PdfDocument(self._document)) as apart, closing(apart[index]) as page:
            yield page

    def _opened(self) -> pypdfium2.PdfDocument:
        if self._pdf is None:
            self._pdf = pypdfium2.PdfDocument(self._document)
        return self._pdf

    def _close_what_is_too_much(self) -> None:
        """The first few pages stay, since whoever looks next begins with them."""
        last = next(reversed(self._loaded), None)
        if last is not None and (
            len(self._loaded) > MOST_KEPT
            or pdfium.FPDFPage_CountObjects(self._loaded[last]) > MOST_OBJECTS
        ):
            self.close_page(last)
