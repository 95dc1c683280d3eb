"""From millimetres on the page as a reader sees it to PDF user space, and back.

The visible page is the CropBox cut to the MediaBox, turned clockwise by /Rotate, with user units
of 1/72 inch times /UserUnit (ISO 32000-2 §7.7.3.3, §8.3.2.3, §14.11.2).
"""

import math
from dataclasses import dataclass
from typing import Literal

import msgspec

POINTS_PER_MM = 72 / 25.4

Rotation = Literal[0, 90, 180, 270]


# A page has thousands of both: a Struct is made in a fifth of the time of a frozen dataclass.
class Rectangle(msgspec.Struct, frozen=True, gc=False):
    """Lower left and upper right corner, user space units."""

    x0: float
    y0: float
    x1: float
    y1: float


class Area(msgspec.Struct, frozen=True, gc=False):
    """A part of the visible page: millimetres from its top left corner."""

    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle: from the left, from the top."""
        return self.left_mm + self.width_mm / 2, self.top_mm + self.height_mm / 2

    def surrounds(self, left_mm: float, top_mm: float) -> bool:
        """Whether a point lies within it."""
        return (
            self.left_mm < left_mm < self.left_mm + self.width_mm
            and self.top_mm < top_mm < self.top_mm + self.height_mm
        )


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """What is visible of a page, and how."""

    box: Rectangle
    rotation: Rotation
    user_unit: float

    @property
    def width_mm(self) -> float:
        """Width as a reader sees the page."""
        return (self._down if self._is_turned else self._across) / self._units_per_mm

    @property
    def height_mm(self) -> float:
        """Height as a reader sees the page."""
        return (self._across if self._is_turned else self._down) / self._units_per_mm

    @property
    def _units_per_mm(self) -> float:
        return POINTS_PER_MM / self.user_unit

    @property
    def _is_turned(self) -> bool:
        return self.rotation in (90, 270)

    @property
    def _across(self) -> float:
        return self.box.x1 - self.box.x0

    @property
    def _down(self) -> float:
        return self.box.y1 - self.box.y0

    def holds(self, area: Area) -> bool:
        """Whether the area lies wholly on the visible page, to a hundredth of a millimetre."""
        slack = 0.01
        return (
            area.left_mm >= -slack
            and area.top_mm >= -slack
            and area.left_mm + area.width_mm <= self.width_mm + slack
            and area.top_mm + area.height_mm <= self.height_mm + slack
        )

    def shows(self, rectangle: Rectangle) -> bool:
        """Whether the middle of a rectangle in user space lies on the visible page."""
        slack = 1e-6  # units: what is reckoned to and fro may lie so far beyond an edge
        x, y = (rectangle.x0 + rectangle.x1) / 2, (rectangle.y0 + rectangle.y1) / 2
        return (
            self.box.x0 - slack <= x <= self.box.x1 + slack
            and self.box.y0 - slack <= y <= self.box.y1 + slack
        )

    def to_user_space(self, area: Area) -> Rectangle:
        """The area's rectangle in user space."""
        x0, y0 = self._point(area.left_mm, area.top_mm)
        x1, y1 = self._point(area.left_mm + area.width_mm, area.top_mm + area.height_mm)
        return Rectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))

    def to_area(self, rectangle: Rectangle) -> Area:
        """The inverse of `to_user_space`."""
        return self.area_between(rectangle.x0, rectangle.y0, rectangle.x1, rectangle.y1)

    def area_between(self, x0: float, y0: float, x1: float, y1: float) -> Area:
        """The area with these two corners in user space."""
        if self.rotation == 0:  # nearly always, and thousands of times a page
            box, units = self.box, POINTS_PER_MM / self.user_unit
            one_x, other_x = (x0 - box.x0) / units, (x1 - box.x0) / units
            one_y, other_y = (box.y1 - y0) / units, (box.y1 - y1) / units
        else:
            (one_x, one_y), (other_x, other_y) = (
                self._millimetres(x0, y0),
                self._millimetres(x1, y1),
            )
        left, right = (one_x, other_x) if one_x < other_x else (other_x, one_x)
        top, bottom = (one_y, other_y) if one_y < other_y else (other_y, one_y)
        return Area(left, top, right - left, bottom - top)

    def upright_matrix(self) -> tuple[int, int, int, int]:
        """The a b c d of a form matrix that stands upright on the turned page.

        The page is shown turned clockwise, so the form is turned as much the other way; the
        viewer moves the result into the annotation's rectangle (§12.5.5, algorithm 8).
        """
        angle = math.radians(self.rotation)
        cosine, sine = round(math.cos(angle)), round(math.sin(angle))
        return cosine, sine, -sine, cosine

    def _point(self, left_mm: float, top_mm: float) -> tuple[float, float]:
        across, down = left_mm * self._units_per_mm, top_mm * self._units_per_mm
        return {
            0: (self.box.x0 + across, self.box.y1 - down),
            90: (self.box.x0 + down, self.box.y0 + across),
            180: (self.box.x1 - across, self.box.y0 + down),
            270: (self.box.x1 - down, self.box.y1 - across),
        }[self.rotation]

    def _millimetres(self, x: float, y: float) -> tuple[float, float]:
        box, units = self.box, self._units_per_mm
        match self.rotation:
            case 0:
                return (x - box.x0) / units, (box.y1 - y) / units
            case 90:
                return (y - box.y0) / units, (x - box.x0) / units
            case 180:
                return (box.x1 - x) / units, (y - box.y0) / units
            case 270:
                return (box.y1 - y) / units, (box.x1 - x) / units
