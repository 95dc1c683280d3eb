"""A template (制式) learnt from documents that follow it: what is the same in all of them.

Pure: somebody else reads the first pages.
"""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

import msgspec

from policies.objects.documents import Field, Mark
from policies.templates.matching import TOLERANCE_MM, Point

_FEWEST_DOCUMENTS: Final = 2
_FEWEST_MARKS: Final = 3
_SAME_PLACE_MM: Final = TOLERANCE_MM / 2
_MARGIN_MM: Final = 1.0
_GAP_MM: Final = 2.0
_LONGEST_MARK: Final = 60


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Words that stand together, millimetres from the page's top left corner.

    Attributes:
        text: what they say.
        ink_mm: the corner of their ink, by which marks are told.
        left_mm: where their line's room begins, whatever the shape of the first character.
        top_mm: the top of that room.
        right_mm: where they end.
        bottom_mm: the bottom of that room.
    """

    text: str
    ink_mm: Point
    left_mm: float
    top_mm: float
    right_mm: float
    bottom_mm: float

    @property
    def height_mm(self) -> float:
        """Of their line."""
        return self.bottom_mm - self.top_mm


class FirstPage(msgspec.Struct, frozen=True, kw_only=True):
    """The first page of a document: its size as a reader sees it, and its words from the top."""

    width_mm: float
    height_mm: float
    words: tuple[Words, ...]


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same, and where there is something else in each document.

    Attributes:
        width_mm: of the page.
        height_mm: of the page.
        marks: words that stand at the same place in all.
        fields: boxes of what differs, from the top, each with the mark beside it (or empty).
    """

    width_mm: float
    height_mm: float
    marks: tuple[Mark, ...]
    fields: tuple[tuple[str, Field], ...]


class TooDifferentError(Exception):
    """The documents follow no one template; the message says why."""


def learn(pages: Sequence[FirstPage]) -> Learnt:
    """The template that the documents follow.

    Raises:
        TooDifferentError: there are fewer than two, their pages are not of one size, fewer than
            three words stand at the same place in all, or all are the same and tell no contents.
    """
    if len(pages) < _FEWEST_DOCUMENTS:
        raise TooDifferentError("one document does not tell what changes; give two or more")
    first, *others = pages
    for number, other in enumerate(others, start=2):
        if not _is_near((first.width_mm, first.height_mm), (other.width_mm, other.height_mm)):
            raise TooDifferentError(
                f"the page of document 1 is {first.width_mm:.0f} x {first.height_mm:.0f} mm, that "
                f"of document {number} {other.width_mm:.0f} x {other.height_mm:.0f} mm"
            )
    marks = tuple(_marks(first, others))
    if len(marks) < _FEWEST_MARKS:
        raise TooDifferentError(
            f"only {len(marks)} words stand at the same place in all {len(pages)}; at least "
            f"{_FEWEST_MARKS} make a template"
        )
    fields = tuple(_fields(first, others, marks))
    if not fields:
        raise TooDifferentError(
            "all of them say the same, so that contents would be taken for the form; give "
            "documents with other numbers, names and sums"
        )
    return Learnt(width_mm=first.width_mm, height_mm=first.height_mm, marks=marks, fields=fields)


def _marks(first: FirstPage, others: Sequence[FirstPage]) -> Iterator[Mark]:
    for words in first.words:
        alike = [_same(words, other) for other in others]
        if all(alike) and len(words.text) <= _LONGEST_MARK:
            corners = [words.ink_mm, *(each.ink_mm for each in alike if each is not None)]
            left, top = (median(corner[axis] for corner in corners) for axis in (0, 1))
            yield Mark(text=words.text, left_mm=round(left, 2), top_mm=round(top, 2))


def _same(words: Words, page: FirstPage) -> Words | None:
    return next(
        (
            each
            for each in page.words
            if each.text == words.text and _is_near(each.ink_mm, words.ink_mm)
        ),
        None,
    )


def _fields(
    first: FirstPage, others: Sequence[FirstPage], marks: Sequence[Mark]
) -> Iterator[tuple[str, Field]]:
    """Words that begin at the same place and say something else."""
    for words in first.words:
        found = [each for other in others if (each := _begins_at(other, words)) is not None]
        alike = (words, *found)
        if len(found) < len(others) or len({each.text for each in alike}) == 1:
            continue
        top = max(min(each.top_mm for each in alike) - _MARGIN_MM, 0.0)
        bottom = max(each.bottom_mm for each in alike) + _MARGIN_MM
        left = max(min(each.left_mm for each in alike) - _MARGIN_MM, 0.0)
        right = _room_until(first, others, words, max(each.right_mm for each in alike))
        box = Field(
            left_mm=round(left, 2),
            top_mm=round(top, 2),
            width_mm=round(min(right, first.width_mm) - left, 2),
            height_mm=round(min(bottom, first.height_mm) - top, 2),
        )
        yield _beside(words, marks), box


def _room_until(
    first: FirstPage, others: Sequence[FirstPage], words: Words, right_mm: float
) -> float:
    """How far something longer may reach: until before what follows it in any document."""
    following = [
        each.left_mm - _GAP_MM
        for page in (first, *others)
        for each in page.words
        if abs(each.top_mm - words.top_mm) < words.height_mm and each.left_mm > right_mm
    ]
    return max(min((*following, first.width_mm - _GAP_MM)), right_mm + _MARGIN_MM)


def _beside(words: Words, marks: Sequence[Mark]) -> str:
    """The nearest mark before it in its line."""
    before = [
        mark
        for mark in marks
        if mark.left_mm < words.left_mm
        and words.top_mm - _MARGIN_MM < mark.top_mm < words.bottom_mm
    ]
    return max(before, key=lambda mark: mark.left_mm).text if before else ""


def _begins_at(page: FirstPage, words: Words) -> Words | None:
    at = words.left_mm, words.top_mm
    near = (each for each in page.words if _is_near(at, (each.left_mm, each.top_mm)))
    return min(near, key=lambda each: _away(each, words), default=None)


def _away(one: Words, other: Words) -> float:
    return abs(one.left_mm - other.left_mm) + abs(one.top_mm - other.top_mm)


def _is_near(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) <= _SAME_PLACE_MM and abs(one[1] - other[1]) <= _SAME_PLACE_MM
