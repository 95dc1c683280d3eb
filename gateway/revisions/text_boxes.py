"""Where text lies on a page, as pdfium finds it, and what has something in common with it.

Runs in children only: workers inspect by it, and the judging process finds stamps over text.
"""

from typing import Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

_TOUCHES: Final = 2.0
"""Points that a stamp and a text must have in common, across and down; less is its margin."""


class Box(NamedTuple):
    """A rectangle in user space, left < right and bottom < top."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "Box") -> bool:
        """Whether they have more in common than an edge."""
        common = self.common(other)
        return common.left < common.right and common.bottom < common.top

    def common(self, other: "Box") -> "Box":
        """What lies in both; may be turned inside out when that is nothing."""
        return Box(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )

    @property
    def area(self) -> float:
        """Nothing, for a box turned inside out."""
        return max(self.right - self.left, 0.0) * max(self.top - self.bottom, 0.0)


def touch(text: Box, stamp: Box) -> bool:
    """Whether a stamp lies over a text, whatever it leaves to be seen of it."""
    common = text.common(stamp)
    return common.right - common.left > _TOUCHES and common.top - common.bottom > _TOUCHES


def boxes_of_text(page: pypdfium2.PdfPage, *, most: int) -> list[Box] | None:
    """Where text lies, line by line; None: at more places than are looked at."""
    text = page.get_textpage()
    try:
        count = text.count_rects()
        return None if count > most else [Box(*text.get_rect(index)) for index in range(count)]
    finally:
        text.close()


def shows_text(page: pypdfium2.PdfPage, *, depth: int) -> bool:
    """Whether any text is to be seen; that of most scans is not (§9.3.6, mode 3).

    Args:
        page: the page.
        depth: how deep text is looked for in forms within forms.
    """
    return any(
        pdfium.FPDFTextObj_GetTextRenderMode(each) != pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
        for each in page.get_objects([pdfium.FPDF_PAGEOBJ_TEXT], max_depth=depth)
    )
