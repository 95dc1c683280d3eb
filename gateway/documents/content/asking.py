"""Who reads a document for its content: where the lean way could, its pages; else pyHanko's."""

from collections.abc import Iterable

from gateway.documents.content.earlier import earlier_signatures
from gateway.documents.content.reading import NOTHING_ANSWERED, content_facts
from gateway.documents.inspection.inspecting import UNDRAWN
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.press import LeanReading
from gateway.documents.model import Preparation
from gateway.documents.pyhanko.pages import PyHankoPages, count_pages
from gateway.documents.pyhanko.reading import open_pdf, reading_refusals
from policies.model import ContentFacts, IntakeFinding


def content_of(
    document: bytes,
    preparation: Preparation,
    reading: LeanReading | None,
    findings: Iterable[IntakeFinding],
) -> ContentFacts:
    """What the preparation asks for; nothing is answered about what readers may differ on.

    Args:
        document: the PDF.
        preparation: what is asked.
        reading: the document as the lean way reads it, if it could; then it carries no signature.
        findings: what the inspection found in it.

    Raises:
        DocumentProblem: it cannot be read after all.
    """
    if any(finding.rule in UNDRAWN for finding in findings):
        return NOTHING_ANSWERED
    with reading_refusals():
        if reading is not None:
            try:
                return content_facts(document, preparation, reading.pages, ())
            except InDoubtError:
                pass  # of a page's boxes
        reader = open_pdf(document)
        pages = PyHankoPages(reader, count_pages(reader))
        earlier = earlier_signatures(reader) if "earlier" in preparation.ask else ()
        return content_facts(document, preparation, pages, earlier)
