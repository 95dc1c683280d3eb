"""Who reads a document for its content: where the lean way could, its pages; else pyHanko's."""

from collections.abc import Iterable
from contextlib import ExitStack

from gateway.documents.content.earlier import earlier_signatures
from gateway.documents.content.reading import NOTHING_ANSWERED, content_facts
from gateway.documents.inspection.inspecting import UNDRAWN
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.reading import LeanReading
from gateway.documents.model import Preparation
from gateway.documents.pyhanko.opened import Opened
from gateway.documents.pyhanko.pages import PyHankoPages, count_pages
from gateway.documents.pyhanko.reading import reading_refusals
from policies.model import ContentFacts, EarlierSignature, IntakeFinding


def content_of(
    document: bytes,
    preparation: Preparation,
    reading: LeanReading | None,
    findings: Iterable[IntakeFinding],
    opened: Opened | None = None,
) -> ContentFacts:
    """What the preparation asks for; nothing is answered about what readers may differ on.

    Args:
        document: the PDF.
        preparation: what is asked.
        reading: the document as the lean way reads it, if it could.
        findings: what the inspection found in it.
        opened: the document as it is opened; nobody looks at its pages after this.

    Raises:
        DocumentProblem: it cannot be read after all.
    """
    if any(finding.rule in UNDRAWN for finding in findings):
        return NOTHING_ANSWERED
    with reading_refusals(), ExitStack() as stack:
        if opened is None:
            opened = stack.enter_context(Opened(document))
        if reading is not None:
            earlier = _earlier(opened, preparation) if reading.stamps else ()
            try:
                return content_facts(opened.pages, preparation, reading.pages, earlier)
            except InDoubtError:
                pass  # of a page's boxes
        reader = opened.reader
        pages = PyHankoPages(reader, count_pages(reader))
        return content_facts(opened.pages, preparation, pages, _earlier(opened, preparation))


def _earlier(opened: Opened, preparation: Preparation) -> tuple[EarlierSignature, ...]:
    return earlier_signatures(opened.reader) if "earlier" in preparation.ask else ()
