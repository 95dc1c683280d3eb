"""骑缝章: one stamp cut into as many slices as pages, each on the edge of its page.

The slices lie as if the sheets had been fanned out and stamped once: at the right edge the first
page has the stamp's left part, at the bottom edge its upper part; at the left and top edge, where
the first page lies on the other side of the fan, its right and its lower part.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from gateway.documents.errors import OffPageProblem
from gateway.documents.placing.geometry import Area, PageGeometry
from gateway.documents.placing.places import Pages, Slice, StampPlace
from policies.model import AcrossPages, Edge

_OPPOSITE: dict[Edge, Edge] = {"right": "left", "left": "right", "top": "bottom", "bottom": "top"}


def slices(count: int, edge: Edge) -> tuple[Slice, ...]:
    """The stamp in `count` equal slices, in the order of the pages."""
    axis: Literal["x", "y"] = "x" if edge in ("right", "left") else "y"
    cuts = [number / count for number in range(count + 1)]
    parts = tuple(Slice(axis, start, end) for start, end in pairwise(cuts))
    return parts if edge in ("right", "bottom") else parts[::-1]


def shares(numbers: Sequence[int], most: int | None) -> Iterator[Sequence[int]]:
    """The pages that share one stamp, at most `most` of them, in shares as equal as can be."""
    count = 1 if most is None else -(-len(numbers) // most)
    for share in range(count):
        yield numbers[share * len(numbers) // count : (share + 1) * len(numbers) // count]


def places_across(
    placement: AcrossPages,
    numbers: Sequence[int],
    *,
    width_mm: float,
    height_mm: float,
    pages: Pages,
) -> Iterator[StampPlace]:
    """A slice on each of the pages; none where they are fewer than two.

    Args:
        placement: which edge, and where along it.
        numbers: the chosen pages, counted from 1.
        width_mm: of the whole stamp.
        height_mm: of the whole stamp.
        pages: the document's.

    Raises:
        OffPageProblem: a slice would leave its page.
    """
    if len(numbers) < 2:  # noqa: PLR2004 - one page has no other to cross to
        return
    for share in shares(numbers, placement.max_pages_per_seal):
        for number, part in zip(share, slices(len(share), placement.edge), strict=True):
            turned = placement.alternate and number % 2 == 0
            edge = _OPPOSITE[placement.edge] if turned else placement.edge
            geometry = pages.geometry(number - 1)
            length = part.end - part.start
            area = _at_edge(
                edge,
                geometry,
                width_mm=width_mm * length if part.axis == "x" else width_mm,
                height_mm=height_mm * length if part.axis == "y" else height_mm,
                offset_mm=placement.offset_mm,
            )
            if not geometry.holds(area):
                raise OffPageProblem(
                    f"a slice of {area.width_mm:.4g} x {area.height_mm:.4g} mm at the {edge} edge "
                    f"leaves page {number}, which is {geometry.width_mm:.1f} x "
                    f"{geometry.height_mm:.1f} mm"
                )
            yield StampPlace(page_index=number - 1, geometry=geometry, area=area, part=part)


def _at_edge(
    edge: Edge,
    geometry: PageGeometry,
    *,
    width_mm: float,
    height_mm: float,
    offset_mm: float | None,
) -> Area:
    across, down = geometry.width_mm - width_mm, geometry.height_mm - height_mm
    if edge in ("right", "left"):
        top = down / 2 if offset_mm is None else offset_mm
        return Area(across if edge == "right" else 0.0, top, width_mm, height_mm)
    left = across / 2 if offset_mm is None else offset_mm
    return Area(left, down if edge == "bottom" else 0.0, width_mm, height_mm)
