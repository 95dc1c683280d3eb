"""Where what an update shows lies over text of the document. Runs in the judging process only."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Final

import pypdfium2

from gateway.revisions.faults import UNSEEN
from gateway.revisions.text_boxes import Box, boxes_of_text, shows_text, touch

Marks = Mapping[int, list[Box]]
"""Where something is shown, by the number of its page, from 0."""

_FORM_DEPTH: Final = 5
_MOST_TEXTS: Final = 50_000
_MOST_PAIRS: Final = 2_000_000  # of all pages
_MOST_TOLD: Final = 3


def over_text(document: bytes, marks: Marks, *, pages: int) -> str:
    """What lies under marks, page by page; empty: nothing does.

    Where that cannot be found out, that is told: somebody has to look.

    Args:
        document: the file.
        marks: where something is shown.
        pages: how many pages the file has for whoever found the marks.
    """
    if not marks:
        return ""
    try:
        with closing(pypdfium2.PdfDocument(document)) as pdf:
            if len(pdf) != pages:
                return f"{UNSEEN}: one reader finds {pages} pages and another {len(pdf)}"
            found = list(_of_pages(pdf, marks))
    except pypdfium2.PdfiumError as error:
        return f"{UNSEEN}: {error}"
    more = len(found) - _MOST_TOLD
    return "; ".join(found[:_MOST_TOLD]) + (f"; and {more} pages more" if more > 0 else "")


def _of_pages(pdf: pypdfium2.PdfDocument, marks: Marks) -> Iterator[str]:
    pairs = 0
    for index in sorted(marks):
        with closing(pdf[index]) as page:
            texts = boxes_of_text(page, most=_MOST_TEXTS)
            pairs += 0 if texts is None else len(texts) * len(marks[index])
            if texts is None or pairs > _MOST_PAIRS:
                yield f"from page {index + 1} on it has more stamps and texts than are compared"
                return
            count = sum(any(touch(text, mark) for mark in marks[index]) for text in texts)
            # Last, as it asks each thing that is drawn: of most stamps nothing lies beneath.
            is_seen = count > 0 and shows_text(page, depth=_FORM_DEPTH)
        if is_seen:
            what = "a text" if count == 1 else f"{count} texts"
            yield f"page {index + 1} has {what} under the stamp"
