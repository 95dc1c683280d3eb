"""Which characters lie upon one another, so that the ink of one may pass for the other's."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from gateway.documents.content.errors import NoAnswerError
from gateway.documents.content.glyphs import Glyph
from gateway.documents.placing.geometry import Area

_CELL_MM: Final = 5.0
_MOST_IN_A_CELL: Final = 300  # of letters half a millimetre high there are fewer
_MUCH: Final = 0.33
"""Of the smaller box: less than that are kerning, close lines, and a font in place of another."""
_NEARLY_ALL: Final = 0.6
_CLOSE_MM: Final = 0.2  # a pixel of a drawing, which may have the ink of both
_TWICE: Final = 2.0
_MARKS: Final = frozenset("¥$.,%()")


class Overlaps:
    """What lies upon what.

    Attributes:
        large: characters at least twice as high as one upon which they lie, such as a watermark's.
        touching: for a character, those that lie upon a little of it, or close beside it.
    """

    def __init__(self, glyphs: Sequence[Glyph]) -> None:
        """Look at each pair that is near.

        Raises:
            NoAnswerError: two of about the same size lie upon one another, and are not the same
                one twice, which is a poor man's bold; or there is a heap of them.
        """
        self.large: set[int] = set()
        self.touching: dict[int, list[Glyph]] = defaultdict(list)
        for one, other in _near(glyphs):
            across, down = _shared(one.ink, other.ink)
            if across <= -_CLOSE_MM or down <= -_CLOSE_MM:
                continue
            shared = max(across, 0.0) * max(down, 0.0)
            smaller = min(_size(one.ink), _size(other.ink))
            if shared <= _MUCH * smaller:
                self.touching[one.index].append(other)
                self.touching[other.index].append(one)
            elif one.room.height_mm >= _TWICE * other.room.height_mm:
                self.large.add(one.index)
            elif other.room.height_mm >= _TWICE * one.room.height_mm:
                self.large.add(other.index)
            elif one.text != other.text or shared < _NEARLY_ALL * smaller:
                raise NoAnswerError("characters lie upon one another")


def _near(glyphs: Sequence[Glyph]) -> Iterator[tuple[Glyph, Glyph]]:
    """Pairs that share a cell of the page; some come twice."""
    cells: dict[tuple[int, int], list[Glyph]] = defaultdict(list)
    for glyph in glyphs:
        if glyph.text.isalnum() or glyph.text in _MARKS:
            for cell in _cells(glyph.ink):
                cells[cell].append(glyph)
    for within in cells.values():
        if len(within) > _MOST_IN_A_CELL:
            raise NoAnswerError("characters are heaped up in one place")
        within.sort(key=_left)
        for position, one in enumerate(within, start=1):
            # Whatever begins further to the right than this ends is not near, nor what follows it.
            end = one.ink.left_mm + one.ink.width_mm + _CLOSE_MM
            for other in islice(within, position, None):
                if other.ink.left_mm >= end:
                    break
                yield one, other


def _left(glyph: Glyph) -> float:
    return glyph.ink.left_mm


def _cells(area: Area) -> Iterator[tuple[int, int]]:
    left, top = int(area.left_mm // _CELL_MM), int(area.top_mm // _CELL_MM)
    right = int((area.left_mm + area.width_mm) // _CELL_MM)
    bottom = int((area.top_mm + area.height_mm) // _CELL_MM)
    for column in range(left, right + 1):
        for row in range(top, bottom + 1):
            yield column, row


def _shared(one: Area, other: Area) -> tuple[float, float]:
    """How far one reaches into the other across and down; less than nothing: how far apart."""
    right = min(one.left_mm + one.width_mm, other.left_mm + other.width_mm)
    bottom = min(one.top_mm + one.height_mm, other.top_mm + other.height_mm)
    return right - max(one.left_mm, other.left_mm), bottom - max(one.top_mm, other.top_mm)


def _size(area: Area) -> float:
    return area.width_mm * area.height_mm
