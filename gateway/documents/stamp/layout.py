"""Where everything goes on a round seal.

All lengths are hundredths of a millimetre on a seal of 40 mm; other diameters are the same drawing,
larger or smaller. The origin is the centre, y grows downwards (as in SVG), angles are in radians,
clockwise from straight up. Proportions follow what the public security bureaus register for
companies after 国发〔1999〕25号: 40 mm across, ring 1.2 mm, star 14 mm.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.documents.stamp.outline import Affine, Outline, moved, polygon

RADIUS = 2000.0
RING = 120.0
STAR_RADIUS = 700.0

_RING_INSIDE = RADIUS - RING
_NAME_TOP = 1800.0
_NAME_HEIGHT, _LONG_NAME_HEIGHT = 560.0, 440.0
_NAME_ASPECT = 0.78
_NAME_ARC = math.radians(262)
_NAME_GROWTH = 6.0
# Cells touch at their feet when this is 1.
_NAME_FILL = 0.94

_SERIAL_BOTTOM = 1830.0
_SERIAL_HEIGHT = 120.0
_SERIAL_ASPECT = 0.62
_SERIAL_PITCH = 0.9
_SERIAL_ARC = math.radians(66)

_PURPOSE_TOP = 810.0
_PURPOSE_HEIGHT = 380.0
_PURPOSE_ASPECT = 0.85
_PURPOSE_GAP = 0.16
_PURPOSE_CLEARANCE = 70.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The upright box `width` × `height` that a character fills, and where the box's centre goes.

    The box is turned by `angle` about its own centre before it is moved to (`x`, `y`).
    """

    x: float
    y: float
    angle: float
    width: float
    height: float

    @property
    def placement(self) -> Affine:
        """Takes a box about the origin to its place on the seal."""
        sine, cosine = math.sin(self.angle), math.cos(self.angle)
        return Affine(cosine, sine, -sine, cosine, self.x, self.y)

    def corners(self) -> Outline:
        """The box in its place, as a polygon."""
        w, h = self.width / 2, self.height / 2
        return moved(polygon([(-w, -h), (w, -h), (w, h), (-w, h)]), self.placement)


def name_cells(weights: Sequence[float]) -> tuple[Cell, ...]:
    """Cells of the company name along the upper arc, in reading order.

    `weights` says how wide each character wants to be, ideographs 1. The arc grows with the name,
    quickly at first and never beyond 262° between the middles of the outer characters; what does
    not fit is condensed. The cells never overlap.
    """
    total = sum(weights)
    gaps = max(total - 1, 1.0)
    pitch = _NAME_ARC * (1 - math.exp(-gaps / _NAME_GROWTH)) / gaps
    height = max(_LONG_NAME_HEIGHT, _NAME_HEIGHT - 6 * max(total - 12, 0))
    foot = _NAME_TOP - height
    width = min(_NAME_ASPECT * height, _NAME_FILL * 2 * foot * math.tan(pitch / 2))
    cells = []
    angle = -pitch * total / 2
    for weight in weights:
        angle += pitch * weight / 2
        cells.append(_on_arc(angle, _NAME_TOP - height / 2, weight * width, height))
        angle += pitch * weight / 2
    return tuple(cells)


def serial_cells(count: int) -> tuple[Cell, ...]:
    """Cells of the serial along the lower arc, read from left to right, feet to the ring."""
    middle = _SERIAL_BOTTOM - _SERIAL_HEIGHT / 2
    pitch = min(_SERIAL_PITCH * _SERIAL_HEIGHT / middle, _SERIAL_ARC / max(count, 1))
    width = min(_SERIAL_ASPECT * _SERIAL_HEIGHT, 0.8 * pitch * middle)
    return tuple(
        Cell(
            x=middle * math.sin(angle),
            y=middle * math.cos(angle),
            angle=-angle,
            width=width,
            height=_SERIAL_HEIGHT,
        )
        for angle in (pitch * (place - (count - 1) / 2) for place in range(count))
    )


def purpose_cells(
    weights: Sequence[float], name: Sequence[Cell], serial: Sequence[Cell]
) -> tuple[Cell, ...]:
    """Cells of the purpose on a straight line below the star, clear of the name and the serial."""
    top, bottom = _PURPOSE_TOP, _PURPOSE_TOP + _PURPOSE_HEIGHT
    free = _SERIAL_BOTTOM - 1.5 * _SERIAL_HEIGHT if serial else _RING_INSIDE
    reach = min(
        math.sqrt((free - _PURPOSE_CLEARANCE) ** 2 - bottom**2),
        *(_nearest(cell, top, bottom) - _PURPOSE_CLEARANCE for cell in name),
    )
    units = sum(weights) + _PURPOSE_GAP * max(len(weights) - 1, 0)
    unit = min(_PURPOSE_ASPECT * _PURPOSE_HEIGHT, 2 * reach / max(units, 1.0))
    cells = []
    x = -unit * units / 2
    for weight in weights:
        x += unit * weight / 2
        middle = (top + bottom) / 2
        cells.append(Cell(x=x, y=middle, angle=0, width=unit * weight, height=_PURPOSE_HEIGHT))
        x += unit * (weight / 2 + _PURPOSE_GAP)
    return tuple(cells)


def _on_arc(angle: float, radius: float, width: float, height: float) -> Cell:
    x, y = radius * math.sin(angle), -radius * math.cos(angle)
    return Cell(x=x, y=y, angle=angle, width=width, height=height)


def _nearest(cell: Cell, top: float, bottom: float) -> float:
    """How far from the middle line the cell comes between two heights; inf when it stays away."""
    corners = [(numbers[0], numbers[1]) for _, numbers in cell.corners() if numbers]
    top, bottom = top - _PURPOSE_CLEARANCE, bottom + _PURPOSE_CLEARANCE
    found = [abs(x) for x, y in corners if top <= y <= bottom]
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        found += [
            abs(x0 + (x1 - x0) * (level - y0) / (y1 - y0))
            for level in (top, bottom)
            if min(y0, y1) < level < max(y0, y1)
        ]
    return min(found, default=math.inf)
