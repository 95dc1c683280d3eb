"""Lines as people read them, from where characters stand, whatever order the file draws them in."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec

from gateway.documents.content.glyphs import Glyph
from gateway.documents.placing.geometry import Area

CELL_GAP: Final = "\t"
"""Stands in a line's text where it has a gap as between two columns."""

_SPACE: Final = 0.15  # of a line's height
_GAP_OF_CELLS: Final = 1.0
_SAME_LINE: Final = 0.5
_NEXT_LINE: Final = 2.2


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A character on its line: `start` and `end` along it, `middle` and `height` across, mm."""

    glyph: Glyph
    start: float
    end: float
    middle: float
    height: float


@dataclass(frozen=True)
class Line:
    """Characters that stand in one line, from its start to its end."""

    placed: tuple[Placed, ...]

    @property
    def angle(self) -> int:
        """Degrees by which it is turned clockwise, as a reader sees it."""
        return self.placed[0].glyph.angle

    @cached_property
    def middle(self) -> float:
        """Its middle across the direction of reading."""
        return sum(each.middle for each in self.placed) / len(self.placed)

    @cached_property
    def height(self) -> float:
        """The height of its highest character."""
        return max(each.height for each in self.placed)

    @cached_property
    def text(self) -> str:
        """With a space for a gap, and CELL_GAP for a wide one."""
        return "".join(
            gap + each.glyph.text for gap, each in zip(self._gaps(), self.placed, strict=True)
        )

    def cells(self) -> Iterator["Line"]:
        """Its parts between wide gaps."""
        begun: list[Placed] = []
        for gap, each in zip(self._gaps(), self.placed, strict=True):
            if gap == CELL_GAP:
                yield Line(tuple(begun))
                begun = []
            begun.append(each)
        yield Line(tuple(begun))

    def goes_on_in(self, other: "Line") -> bool:
        """Whether the other begins beneath this one, as the rest of what does not fit does."""
        below = other.middle - self.middle
        return (
            other.angle == self.angle
            and self.height * _SAME_LINE < below < self.height * _NEXT_LINE
            and self.placed[0].start - self.height < other.placed[0].start < self.placed[-1].end
        )

    def corners_of(self, words: str) -> Iterator[Area]:
        """The box of each occurrence of words, whatever white space is in them or in the line."""
        wanted = "".join(words.split())
        owners = [each.glyph for each in self.placed for _ in each.glyph.text]
        text = "".join(each.glyph.text for each in self.placed)
        start = text.find(wanted) if wanted else -1
        while start >= 0:
            yield around(each.ink for each in owners[start : start + len(wanted)])
            start = text.find(wanted, start + 1)

    def _gaps(self) -> Iterator[str]:
        before: Placed | None = None
        for each in self.placed:
            gap = 0.0 if before is None else each.start - before.end
            height = each.height if before is None else min(each.height, before.height)
            yield CELL_GAP if gap > _GAP_OF_CELLS * height else " " * (gap > _SPACE * height)
            before = each


def lines_of(glyphs: Iterable[Glyph]) -> list[Line]:
    """All lines of a page, from its top; those that are turned follow those that are not."""
    turned: dict[int, list[Placed]] = defaultdict(list)
    for glyph in glyphs:
        turned[glyph.angle].append(_placed(glyph))
    return [line for angle in sorted(turned) for line in _lines(turned[angle])]


def _lines(placed: list[Placed]) -> Iterator[Line]:
    begun: list[Placed] = []
    middles = 0.0
    for each in sorted(placed, key=lambda one: one.middle):
        if begun:
            away = each.middle - middles / len(begun)
            if away > _SAME_LINE * min(each.height, begun[-1].height):
                yield _line(begun)
                begun, middles = [], 0.0
        begun.append(each)
        middles += each.middle
    if begun:
        yield _line(begun)


def _line(placed: Sequence[Placed]) -> Line:
    return Line(tuple(sorted(placed, key=lambda each: each.start)))


def _placed(glyph: Glyph) -> Placed:
    area = glyph.room
    if glyph.angle == 0:  # nearly always
        middle = area.top_mm + area.height_mm / 2
        right = area.left_mm + area.width_mm
        return Placed(glyph, area.left_mm, right, middle, area.height_mm)
    turn = math.radians(glyph.angle)
    cosine, sine = math.cos(turn), math.sin(turn)
    xs = area.left_mm, area.left_mm + area.width_mm
    ys = area.top_mm, area.top_mm + area.height_mm
    along = [x * cosine + y * sine for x in xs for y in ys]
    across = [y * cosine - x * sine for x in xs for y in ys]
    low, high = min(across), max(across)
    return Placed(glyph, min(along), max(along), (low + high) / 2, high - low)


def around(areas: Iterable[Area]) -> Area:
    """The box of all of some, of which there is one at least."""
    boxes = list(areas)
    left = min(each.left_mm for each in boxes)
    top = min(each.top_mm for each in boxes)
    right = max(each.left_mm + each.width_mm for each in boxes)
    bottom = max(each.top_mm + each.height_mm for each in boxes)
    return Area(left, top, right - left, bottom - top)
