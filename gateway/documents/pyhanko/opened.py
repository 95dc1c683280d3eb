"""A document while it is prepared, with what two readers hold of it: each is made once."""

from functools import cached_property
from typing import Self

from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.opened_pages import OpenedPages
from gateway.documents.pyhanko.reading import open_pdf


class Opened:
    """The document, pyHanko's reader of it and pdfium's pages. Use as a context manager.

    Nobody writes an update with this reader: the objects that it remembers would change with it.

    Args:
        document: the PDF.
    """

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.pages = OpenedPages(document)

    def __enter__(self) -> Self:
        """Opens nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give back what pdfium holds."""
        self.pages.close()

    @cached_property
    def reader(self) -> PdfFileReader:
        """What `open_pdf` gives.

        Raises:
            DocumentProblem: empty, no PDF, truncated, damaged, encrypted.
        """
        return open_pdf(self.document)
