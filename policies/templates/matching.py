"""制式: which template a document follows, by what stands where on its first page.

Pure: somebody else reads the page, and says where the words of the marks were found.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from policies.objects.documents import Template

TOLERANCE_MM: Final = 1.0
"""How far a mark may stand from its place, and a page's side may differ."""

Point = tuple[float, float]
"""Millimetres from the left and from the top of the page, as a reader sees it."""

_encoder = msgspec.json.Encoder(order="deterministic")


def title_of(template: Template) -> str:
    """As facts and conditions name it: `receipt-v1@1`."""
    return f"{template.name}@{template.version}"


def fingerprint(template: Template) -> str:
    """SHA-256 over version, page, marks and fields, hex; the order of the marks does not matter."""
    marks = sorted(template.marks, key=lambda mark: (mark.text, mark.left_mm, mark.top_mm))
    page = template.width_mm, template.height_mm
    said = template.version, page, marks, dict(template.fields)
    return hashlib.sha256(_encoder.encode(said)).hexdigest()


def matches(
    template: Template, page_size: tuple[float, float], found: Mapping[str, Sequence[Point]]
) -> bool:
    """Whether the page is the template's, and every mark stands at its place.

    Args:
        template: the template.
        page_size: width and height of the first page, mm.
        found: for the text of each mark, the top left corners of where it stands.
    """
    size = template.width_mm, template.height_mm
    return (
        bool(template.marks)
        and _is_near(page_size, size)
        and all(
            any(_is_near(point, (mark.left_mm, mark.top_mm)) for point in found.get(mark.text, ()))
            for mark in template.marks
        )
    )


def followed(
    templates: Iterable[Template],
    page_size: tuple[float, float],
    found: Mapping[str, Sequence[Point]],
) -> Template | None:
    """The template that the page follows: of several the one with the most marks, then the newest.

    Args:
        templates: which there are.
        page_size: width and height of the first page, mm.
        found: for the text of each mark, the top left corners of where it stands.
    """
    fitting = [each for each in templates if matches(each, page_size, found)]
    return max(fitting, key=lambda each: (len(each.marks), each.version, each.name), default=None)


def _is_near(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) <= TOLERANCE_MM and abs(one[1] - other[1]) <= TOLERANCE_MM
