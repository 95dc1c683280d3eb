"""From millimetres on the page as a reader sees it to PDF user space (ISO 32000-2 §8.3.2.3)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cloud_bridge.model import Box

POINTS_PER_MM = 72 / 25.4


def surrounding(boxes: Sequence[Box]) -> Box:
    """The smallest box around boxes of one page, of which there is at least one."""
    left, top = min(box.left_mm for box in boxes), min(box.top_mm for box in boxes)
    return Box(
        page=boxes[0].page,
        left_mm=left,
        top_mm=top,
        width_mm=max(box.left_mm + box.width_mm for box in boxes) - left,
        height_mm=max(box.top_mm + box.height_mm for box in boxes) - top,
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is visible of a page: its box in user space, turned clockwise by `rotation` degrees."""

    x0: float
    y0: float
    x1: float
    y1: float
    rotation: int
    user_unit: float

    def rectangle(self, box: Box) -> tuple[float, float, float, float]:
        """The box in user space, lower left and upper right corner."""
        ax, ay = self._point(box.left_mm, box.top_mm)
        bx, by = self._point(box.left_mm + box.width_mm, box.top_mm + box.height_mm)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def holds(self, box: Box) -> bool:
        """Whether the box lies wholly on what is visible, to a tenth of a millimetre."""
        slack = 0.1 * POINTS_PER_MM
        x0, y0, x1, y1 = self.rectangle(box)
        return (
            x0 >= self.x0 - slack
            and y0 >= self.y0 - slack
            and x1 <= self.x1 + slack
            and y1 <= self.y1 + slack
        )

    @property
    def upright(self) -> tuple[int, int, int, int]:
        """The a b c d of a form's matrix by which it stands upright on the turned page."""
        angle = math.radians(self.rotation)
        cosine, sine = round(math.cos(angle)), round(math.sin(angle))
        return cosine, sine, -sine, cosine

    def _point(self, left_mm: float, top_mm: float) -> tuple[float, float]:
        units = POINTS_PER_MM / self.user_unit
        across, down = left_mm * units, top_mm * units
        match self.rotation:
            case 90:
                return self.x0 + down, self.y0 + across
            case 180:
                return self.x1 - across, self.y0 + down
            case 270:
                return self.x1 - down, self.y1 - across
            case _:
                return self.x0 + across, self.y1 - down
