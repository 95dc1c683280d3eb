"""Outlines with no more points than the eye can use.

Fonts for the screen and outlined strokes carry many short curves. On a seal a character is 5 mm
high; polygons true to a few micrometres look the same in print and are a third of the size, which
counts when every sealed document carries them.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from gateway.documents.stamp.outline import Outline, Point, Polygon

_TRIANGLE = 3


def polygons(outline: Outline, tolerance: float) -> list[Polygon]:
    """The closed contours as polygons that stay within about `tolerance` of the curves.

    Contours that are smaller than that vanish.
    """
    found: list[Polygon] = []
    for contour in _contours(outline, tolerance / 4):
        # Cut at the two points farthest apart in reading order, then thin both halves.
        far = max(range(len(contour)), key=lambda place: math.dist(contour[0], contour[place]))
        there = _thinned([*contour[: far + 1]], tolerance)
        back = _thinned([*contour[far:], contour[0]], tolerance)
        corners = [*there[:-1], *back[:-1]]
        if len(corners) >= _TRIANGLE:
            found.append(corners)
    return found


def _contours(outline: Outline, tolerance: float) -> Iterator[Polygon]:
    contour: Polygon = []
    for verb, numbers in outline:
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if verb == "M":
            if contour:
                yield contour
            contour = points
        elif verb != "Z":
            contour.extend(_along([contour[-1], *points], tolerance))
    if contour:
        yield contour


def _along(controls: Sequence[Point], tolerance: float) -> Iterator[Point]:
    """Points on a Bézier curve of any degree, its start left out."""
    degree = len(controls) - 1
    bend = max(
        (
            math.hypot(x0 - 2 * x1 + x2, y0 - 2 * y1 + y2)
            for (x0, y0), (x1, y1), (x2, y2) in zip(
                controls, controls[1:], controls[2:], strict=False
            )
        ),
        default=0.0,
    )
    # A curve departs from its n chords by at most degree·(degree-1)·bend / 8n².
    steps = max(1, math.ceil(math.sqrt(degree * (degree - 1) * bend / (8 * tolerance))))
    for step in range(1, steps + 1):
        t = step / steps
        level = list(controls)
        while len(level) > 1:
            level = [
                (x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for (x0, y0), (x1, y1) in pairwise(level)
            ]
        yield level[0]


def _thinned(line: list[Point], tolerance: float) -> list[Point]:
    """Ramer, Douglas and Peucker: only the points without which the line would be elsewhere."""
    kept = {0, len(line) - 1}
    waiting = [(0, len(line) - 1)]
    while waiting:
        start, end = waiting.pop()
        if end - start < 2:  # noqa: PLR2004  # nothing between them
            continue
        distance, place = max(
            (_distance(line[place], line[start], line[end]), place)
            for place in range(start + 1, end)
        )
        if distance > tolerance:
            kept.add(place)
            waiting += [(start, place), (place, end)]
    return [line[place] for place in sorted(kept)]


def _distance(point: Point, start: Point, end: Point) -> float:
    length = math.dist(start, end)
    if length == 0:
        return math.dist(point, start)
    (x, y), (x0, y0), (x1, y1) = point, start, end
    return abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length
