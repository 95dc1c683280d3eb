"""Placements as seals and rules have them."""

from policies.kinds.placement import PlacementInput, placement_of
from policies.model import Placement


def written_placement(
    written: PlacementInput | tuple[PlacementInput, ...] | None,
) -> Placement | None:
    """The placement, where one is written."""
    return None if written is None else placement_of(written)
