"""Thickens characters by moving their outlines outwards.

Every corner moves along its bisector, as font renderers do when they embolden. Computing the union
of the shape and its stroked rim instead was tried: the geometry library now and then loses a
contour and fills a 0, and the union has twice the points.
"""

import math
from collections.abc import Iterator, Sequence

from gateway.documents.stamp.outline import Point, Polygon

# 1 + cos(turn) below which a corner is a spike: turns of more than 120 degrees.
_SPIKE = 0.5
# How far a spike's blunt end reaches beyond its tip, in halves of the widening.
_TIP = 0.5


def widened(contours: Sequence[Polygon], by: float) -> list[Polygon]:
    """The contours with every stroke `by` thicker, for filling by the non-zero winding rule.

    Outer contours run one way round and holes the other, as fonts have it. A hole smaller than
    `by` turns inside out, which the non-zero rule fills.
    """
    outwards = math.copysign(by / 2, sum(_area(contour) for contour in contours))
    return [list(_grown(contour, outwards)) for contour in contours]


def _grown(contour: Polygon, by: float) -> Iterator[Point]:
    """Corners of the contour, `by` to the right of its direction (y upwards)."""
    corners = [
        here
        for before, here in zip([contour[-1], *contour[:-1]], contour, strict=True)
        if before != here
    ]
    for place, (x, y) in enumerate(corners):
        a_x, a_y = _direction(corners[place - 1], (x, y))
        b_x, b_y = _direction((x, y), corners[(place + 1) % len(corners)])
        straightness = 1 + a_x * b_x + a_y * b_y
        if straightness >= _SPIKE:
            yield x + by * (a_y + b_y) / straightness, y - by * (a_x + b_x) / straightness
        elif (a_x * b_y - a_y * b_x) * by > 0:
            reach = _TIP * abs(by)
            yield x + by * a_y + reach * a_x, y - by * a_x + reach * a_y
            yield x + by * b_y - reach * b_x, y - by * b_x - reach * b_y
        else:
            # A notch: its bottom would run away along the bisector.
            length = math.hypot(a_y + b_y, a_x + b_x) or 1.0
            yield x + by * (a_y + b_y) / length, y - by * (a_x + b_x) / length


def _direction(start: Point, end: Point) -> Point:
    length = math.dist(start, end) or 1.0
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def _area(contour: Polygon) -> float:
    """Twice the signed area, positive when the contour runs counter-clockwise (y upwards)."""
    following = [*contour[1:], contour[0]]
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(contour, following, strict=True))
