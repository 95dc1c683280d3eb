"""The words of a first page with their places, from which templates are learnt."""

from collections.abc import Iterator
from typing import Final

from gateway.documents.content.errors import NoAnswerError
from gateway.documents.content.lines import Line
from gateway.documents.content.reading import Reading
from gateway.documents.errors import DamagedDocumentProblem
from gateway.documents.inspection.inspecting import UNDRAWN, inspect
from gateway.documents.pyhanko.opened import Opened
from gateway.documents.pyhanko.pages import PyHankoPages, count_pages
from gateway.documents.pyhanko.reading import reading_refusals
from policies.templates.learning import FirstPage, Words

_COLON: Final = ":"


def first_page(document: bytes) -> FirstPage:
    """What people see on it, cell by cell, as rules about templates see it.

    Raises:
        DocumentProblem: it cannot be read with certainty.
    """
    with reading_refusals(), Opened(document) as opened:
        for finding in inspect(document, opened=opened):
            if finding.rule in UNDRAWN:
                raise DamagedDocumentProblem(f"readers may differ about it: {finding.detail}")
        pages = PyHankoPages(opened.reader, count_pages(opened.reader))
        try:
            lines = Reading(opened.pages, pages).lines(0)
        except NoAnswerError as unanswered:
            raise DamagedDocumentProblem(str(unanswered)) from None
        geometry = pages.geometry(0)
    return FirstPage(
        width_mm=geometry.width_mm,
        height_mm=geometry.height_mm,
        words=tuple(words for line in lines for cell in line.cells() for words in _words(cell)),
    )


def _words(cell: Line) -> Iterator[Words]:
    """A cell, in two where a label ends in it: what follows a colon is another's to say."""
    text = cell.placed
    end = next(
        (
            index
            for index in range(1, len(text) - 1)
            if text[index].glyph.text == _COLON and not text[index - 1].glyph.text.isdigit()
        ),
        len(text) - 1,
    )
    yield _told(Line(text[: end + 1]))
    if text[end + 1 :]:
        yield _told(Line(text[end + 1 :]))


def _told(words: Line) -> Words:
    rooms = [each.glyph.room for each in words.placed]
    inks = [each.glyph.ink for each in words.placed]
    return Words(
        text=words.text,
        ink_mm=(min(each.left_mm for each in inks), min(each.top_mm for each in inks)),
        left_mm=min(each.left_mm for each in rooms),
        top_mm=min(each.top_mm for each in rooms),
        right_mm=max(each.left_mm + each.width_mm for each in rooms),
        bottom_mm=max(each.top_mm + each.height_mm for each in rooms),
    )
