"""`content_facts`: what is asked about a document's content, answered or left without an answer.

What has no answer is taken out of `asked`: to a rule that is not the same as an empty text, for a
condition without an answer never permits, and a forbid without one forbids.
"""

from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2

from gateway.documents.content.amounts import amounts_in
from gateway.documents.content.continuing import continued_cells, lines_with_whole_numerals
from gateway.documents.content.drawing import PageDrawing
from gateway.documents.content.errors import NoAnswerError
from gateway.documents.content.forms import form_facts
from gateway.documents.content.glyphs import MOST_CHARACTERS, Glyph, glyphs_of, shown_page
from gateway.documents.content.lines import Line, around, lines_of
from gateway.documents.content.objects import (
    Drawn,
    is_picture,
    objects_of,
    refuse_what_reads_otherwise,
    texts_of,
)
from gateway.documents.content.parties import parties_in
from gateway.documents.content.pictures import pictures_on
from gateway.documents.content.seen import seen_of
from gateway.documents.content.sizes import page_sizes
from gateway.documents.content.spacing import running
from gateway.documents.model import Preparation
from gateway.documents.opened_pages import OpenedPages
from gateway.documents.placing.geometry import PageGeometry
from gateway.documents.placing.places import Pages
from policies.model import ContentFacts, EarlierSignature, Fact

MOST_PAGES: Final = 50

_OF_ALL_PAGES: Final = frozenset[Fact]({"text", "amounts", "parties"})
_OF_THE_FIRST_PAGE: Final = frozenset[Fact]({"template", "fields"})

NOTHING_ANSWERED: Final = ContentFacts(asked=frozenset())


def content_facts(
    opened: OpenedPages,
    preparation: Preparation,
    pages: Pages,
    earlier: tuple[EarlierSignature, ...],
) -> ContentFacts:
    """What the preparation asks for.

    Args:
        opened: the PDF, about which no two readers differ. Nobody looks at its pages after this.
        preparation: says what is asked, which templates there are, and which names to look for.
        pages: its pages as another reader finds them.
        earlier: the signatures that it came with.
    """
    ask = preparation.ask
    answers: dict[str, Any] = {}
    if "page_sizes" in ask:
        answers["page_sizes"] = page_sizes(pages)
    if "earlier" in ask:
        answers["earlier"] = earlier
    if ask & (_OF_ALL_PAGES | _OF_THE_FIRST_PAGE | {"pictures"}):
        reading = Reading(opened, pages)
        if opened.count == pages.count:
            if "pictures" in ask:
                answers |= _counted(reading)
            if ask & (_OF_ALL_PAGES | _OF_THE_FIRST_PAGE):
                answers |= _read(reading, preparation)
    return ContentFacts(asked=frozenset(ask & answers.keys()), **answers)


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as pdfium reads it, and its pages as another reader finds them."""

    opened: OpenedPages
    pages: Pages

    def pictures(self, index: int) -> int:
        """How much of a page nobody here can read.

        Raises:
            NoAnswerError: that is not certain.
        """
        return pictures_on(shown_page(self.opened, index))

    def lines(self, index: int) -> list[Line]:
        """The lines of a page that people see.

        Raises:
            NoAnswerError: it is not certain what they are.
        """
        geometry = self.pages.geometry(index)
        page = shown_page(self.opened, index)
        try:
            objects = objects_of(page)
            refuse_what_reads_otherwise(texts_of(objects))
            seen = _seen(page, objects, geometry)
            if not seen and any(map(is_picture, objects)):
                raise NoAnswerError("a page is a picture, in which nobody here can read")
        finally:
            self.opened.close_page(index)  # its text is not drawn any more
        return lines_of(seen)


def _counted(reading: Reading) -> dict[str, Any]:
    count = reading.pages.count
    if count > MOST_PAGES:
        return {}
    with suppress(NoAnswerError):
        return {"pictures": sum(map(reading.pictures, range(count)))}
    return {}


def _read(reading: Reading, preparation: Preparation) -> dict[str, Any]:
    ask = preparation.ask
    answers: dict[str, Any] = {}
    whole = bool(ask & _OF_ALL_PAGES) and reading.pages.count <= MOST_PAGES
    with suppress(NoAnswerError):  # what was answered before it stays
        first = reading.lines(0)
        if ask & _OF_THE_FIRST_PAGE:
            answers |= form_facts(preparation.templates, reading.pages.geometry(0), first)
        if whole:
            answers |= _of_text(_all_lines(reading, first), preparation)
    return answers


def _all_lines(reading: Reading, first: list[Line]) -> list[list[Line]]:
    found, characters = [first], _length(first)
    for index in range(1, reading.pages.count):
        found.append(reading.lines(index))
        characters += _length(found[-1])
        if characters > MOST_CHARACTERS:
            raise NoAnswerError(f"it has more than {MOST_CHARACTERS} characters")
    return found


def _of_text(found: list[list[Line]], preparation: Preparation) -> dict[str, Any]:
    ask = preparation.ask
    lines = [line.text for page in found for line in page]
    answers: dict[str, Any] = {}
    if "text" in ask:
        answers["text"] = running("\n".join(lines))
    if "parties" in ask:
        texts = [text for page in found for text in continued_cells(page)]
        answers["parties"] = parties_in((*lines, *texts), preparation.parties)
    if "amounts" in ask:
        with suppress(NoAnswerError):  # the text is certain, and its amounts are not
            whole = [text for page in found for text in lines_with_whole_numerals(page)]
            answers["amounts"] = amounts_in(whole)
    return answers


def _length(lines: Sequence[Line]) -> int:
    return sum(len(line.placed) for line in lines)


def _seen(
    page: pypdfium2.PdfPage, objects: Sequence[Drawn], geometry: PageGeometry
) -> Sequence[Glyph]:
    with closing(page.get_textpage()) as text:
        glyphs = glyphs_of(text, geometry)
        if not glyphs:
            return ()
        taken = around(each.ink for each in glyphs)
        return seen_of(PageDrawing(page, objects, taken, geometry), text, glyphs)
