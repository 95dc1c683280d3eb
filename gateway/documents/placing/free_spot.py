"""The nearest spot where a stamp covers nothing, for `avoid: overlap`."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.documents.placing.geometry import Area, PageGeometry

FARTHEST_MM = 80.0
"""How far a stamp is moved at most: two seals wide. Farther, and nobody would see why it is there.
"""

# Boxes that touch do not overlap; rounding must not say otherwise.
_SLACK_MM = 1e-6


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What must not be covered: where it lies, and what it is."""

    area: Area
    what: str

    def meets(self, area: Area) -> bool:
        """Whether the area covers any of it."""
        return (
            self.area.left_mm + self.area.width_mm > area.left_mm + _SLACK_MM
            and area.left_mm + area.width_mm > self.area.left_mm + _SLACK_MM
            and self.area.top_mm + self.area.height_mm > area.top_mm + _SLACK_MM
            and area.top_mm + area.height_mm > self.area.top_mm + _SLACK_MM
        )


def nearest_free(
    wanted: Area, geometry: PageGeometry, obstacles: Iterable[Obstacle]
) -> Area | None:
    """The area of the same size nearest to the wanted one that lies on the page and meets nothing.

    Of the free places the nearest either has the wanted height on the page or touches an obstacle
    from above or below. So for each such height the nearest free place to the left or right is
    looked for. None: there is none within FARTHEST_MM.
    """
    highest, lowest = 0.0, geometry.height_mm - wanted.height_mm
    near = [each.area for each in obstacles if _is_in_reach(each.area, wanted)]
    tops = [wanted.top_mm, highest, lowest]
    for area in near:
        tops += [area.top_mm - wanted.height_mm, area.top_mm + area.height_mm]
    best: Area | None = None
    least = FARTHEST_MM
    for top in sorted(set(tops), key=lambda top: (abs(top - wanted.top_mm), top)):
        up_or_down = abs(top - wanted.top_mm)
        if up_or_down > least:
            break
        if not highest <= top <= lowest:
            continue
        left = _nearest_left(wanted, geometry, top, near)
        if left is None:
            continue
        distance = math.hypot(left - wanted.left_mm, up_or_down)
        if distance < least or (best is None and distance <= least):
            best, least = Area(left, top, wanted.width_mm, wanted.height_mm), distance
    return best


def _is_in_reach(area: Area, wanted: Area) -> bool:
    reach = Area(
        wanted.left_mm - FARTHEST_MM,
        wanted.top_mm - FARTHEST_MM,
        wanted.width_mm + 2 * FARTHEST_MM,
        wanted.height_mm + 2 * FARTHEST_MM,
    )
    return Obstacle(area, "").meets(reach)


def _nearest_left(
    wanted: Area, geometry: PageGeometry, top: float, near: Sequence[Area]
) -> float | None:
    rightmost = geometry.width_mm - wanted.width_mm
    lowest, highest = top + wanted.height_mm - _SLACK_MM, top + _SLACK_MM
    taken = sorted(
        (area.left_mm - wanted.width_mm, area.left_mm + area.width_mm)
        for area in near
        if area.top_mm < lowest and area.top_mm + area.height_mm > highest
    )
    candidates = list(_free_ends(taken, wanted.left_mm, rightmost))
    return min(candidates, key=lambda left: abs(left - wanted.left_mm), default=None)


def _free_ends(
    taken: Sequence[tuple[float, float]], wanted: float, rightmost: float
) -> Iterator[float]:
    """Of each gap between the taken intervals the value that is nearest to the wanted one."""
    start = 0.0
    for left, right in (*taken, (math.inf, math.inf)):
        end = min(left, rightmost)
        if start <= end:
            yield min(max(wanted, start), end)
        start = max(start, right)
