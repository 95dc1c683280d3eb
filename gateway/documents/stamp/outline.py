"""Outlines as absolute M, L, Q, C, Z commands: moving and writing them, and simple shapes."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fontTools.misc.arrayTools import calcBounds, unionRect
from fontTools.misc.bezierTools import calcCubicBounds, calcQuadraticBounds

Command = tuple[str, tuple[float, ...]]
Outline = tuple[Command, ...]
Point = tuple[float, float]
Polygon = list[Point]
"""Corners in order; the last is joined to the first."""


class Affine(NamedTuple):
    """x' = a·x + c·y + e, y' = b·x + d·y + f, as in SVG and PDF."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float


def moved(outline: Outline, by: Affine) -> Outline:
    """The outline after an affine map."""
    a, b, c, d, e, f = by
    return tuple(
        (
            verb,
            tuple(
                value
                for x, y in zip(numbers[::2], numbers[1::2], strict=True)
                for value in (a * x + c * y + e, b * x + d * y + f)
            ),
        )
        for verb, numbers in outline
    )


def bounds(outlines: Iterable[Outline]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what the outlines enclose, true to the curves.

    Points that only guide a curve may lie farther out. There must be at least one outline.
    """
    found: tuple[float, float, float, float] | None = None
    for outline in outlines:
        at = start = (0.0, 0.0)
        for verb, numbers in outline:
            points = list(zip(numbers[::2], numbers[1::2], strict=True))
            if verb == "Z":
                at = start
                continue
            box = _BOUNDS.get(verb, _bounds_of_points)(at, *points)
            if verb != "M":
                found = box if found is None else unionRect(found, box)
            at = points[-1]
            start = at if verb == "M" else start
    if found is None:
        raise ValueError("there is no outline")
    return found


def _bounds_of_points(*points: Point) -> tuple[float, float, float, float]:
    box: tuple[float, float, float, float] = calcBounds(points)
    return box


# How long a cubic curve's handles must be for a quarter of a circle of radius 1.
_QUARTER = 4 / 3 * (math.sqrt(2) - 1)
_BOUNDS = {"Q": calcQuadraticBounds, "C": calcCubicBounds}


def polygon(points: Iterable[Point]) -> Outline:
    """A closed polygon."""
    first, *others = points
    return (("M", first), *(("L", point) for point in others), ("Z", ()))


def annulus(outer: float, inner: float) -> Outline:
    """A ring about the origin: two circles that run against each other."""
    return (*_circle(outer, 1), *_circle(inner, -1))


def _circle(radius: float, way: int) -> Outline:
    """Four cubic curves, which depart from the circle by less than 0.03 % of its radius."""
    r, k = radius, radius * _QUARTER
    curves = (
        (r, k, k, r, 0, r),
        (-k, r, -r, k, -r, 0),
        (-r, -k, -k, -r, 0, -r),
        (k, -r, r, -k, r, 0),
    )
    outline = (("M", (r, 0)), *(("C", curve) for curve in curves), ("Z", ()))
    return moved(outline, Affine(1, 0, 0, way, 0, 0))


def star(radius: float) -> Outline:
    """A regular five-pointed star about the origin, one point up (y grows downwards)."""
    # The inner corners of a pentagram lie at 1/φ² of its radius.
    inner = radius * (3 - math.sqrt(5)) / 2
    return polygon(
        (
            (radius if step % 2 == 0 else inner) * math.sin(step * math.pi / 5),
            -(radius if step % 2 == 0 else inner) * math.cos(step * math.pi / 5),
        )
        for step in range(10)
    )


def path_data(outline: Outline, *, decimals: int = 0) -> str:
    """SVG path data; equal outlines give equal text."""
    return "".join(_segments(outline, decimals))


def written(number: float, decimals: int = 1) -> str:
    """A number in as few characters as possible: 0, -0.5, 12, 3.25."""
    text = f"{number:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _segments(outline: Outline, decimals: int) -> Iterator[str]:
    for verb, numbers in outline:
        yield verb + " ".join(written(number, decimals) for number in numbers)
