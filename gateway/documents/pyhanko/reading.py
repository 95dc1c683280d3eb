"""Open a PDF and find its facts, refusing what cannot be read with certainty."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from pyhanko.pdf_utils.misc import PdfDecodeLimitError, PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.errors import (
    DamagedDocumentProblem,
    DocumentProblem,
    DocumentTooDemandingProblem,
    EmptyDocumentProblem,
    EncryptedDocumentProblem,
    NoPagesProblem,
    NotAPDFProblem,
    TruncatedDocumentProblem,
)
from gateway.documents.pyhanko.pages import count_pages
from gateway.documents.pyhanko.revisions import count_revisions
from policies.model import DocumentFacts

# A reader looks for the header in the first and for the end in the last 1024 bytes (ISO 32000-2
# Annex I). The header must stand first all the same: bytes before it may be another file.
_TAIL_BYTES = 1024
# A parser's message may quote the document; a caller needs only its beginning.
_LONGEST_DETAIL = 300


@contextmanager
def reading_refusals() -> Iterator[None]:
    """Whatever a hostile file makes a parser raise becomes a refusal with a name.

    Besides its own errors pyHanko lets ValueError, KeyError and others through,
    and pdfium's are RuntimeErrors, so everything is caught here, and only here.
    """
    try:
        yield
    except DocumentProblem:
        raise
    except MemoryError:
        raise DocumentTooDemandingProblem("reading it took more memory than a worker has") from None
    except PdfDecodeLimitError as error:
        raise DocumentTooDemandingProblem(f"it unpacks to too much: {_short(error)}") from None
    except RecursionError:
        raise DamagedDocumentProblem("its objects are nested too deeply") from None
    except PdfError as error:
        raise DamagedDocumentProblem(f"the structure cannot be read: {_short(error)}") from None
    except Exception as error:  # noqa: BLE001 - see above
        raise DamagedDocumentProblem(
            f"the structure cannot be read ({type(error).__name__}: {_short(error)})"
        ) from None


def open_pdf(document: bytes) -> PdfFileReader:
    """A reader over the document, or the reason why there is none.

    Raises:
        DocumentProblem: empty, no PDF, truncated, damaged, encrypted.
    """
    if not document:
        raise EmptyDocumentProblem("0 bytes came in")
    if not document.startswith(b"%PDF-"):
        raise NotAPDFProblem(f"it does not begin with %PDF- but with {document[:8]!r}")
    tail = document[-_TAIL_BYTES:]
    # In this order: a startxref after the last %%EOF is an update whose end is missing, and readers
    # differ about which of the two revisions they show.
    if not 0 <= tail.rfind(b"startxref") < tail.rfind(b"%%EOF"):
        raise TruncatedDocumentProblem("it does not end with startxref and %%EOF")
    reader = PdfFileReader(BytesIO(document), strict=True)
    # Asked of the trailer, because the parser opens only the kinds of encryption that it knows.
    if "/Encrypt" in reader.trailer:
        raise EncryptedDocumentProblem("the trailer has an /Encrypt entry")
    return reader


def facts_of(reader: PdfFileReader, document: bytes) -> DocumentFacts:
    """What policies may ask about the document.

    Raises:
        NoPagesProblem: there is nothing to put a seal on.
        DocumentProblem: what the facts are read from is damaged.
    """
    pages = count_pages(reader)
    if pages == 0:
        raise NoPagesProblem("its page tree is empty")
    major, minor = reader.input_version
    return DocumentFacts(
        pages=pages,
        size_bytes=len(document),
        revisions=count_revisions(reader, document),
        signatures=len(reader.embedded_signatures),
        pdf_version=f"{major}.{minor}",
    )


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST_DETAIL else f"{text[:_LONGEST_DETAIL]}…"
