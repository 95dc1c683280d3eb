"""Tiling patterns (§8.7.3) that no reader could lay in reasonable time."""

from gateway.documents.inspection.bounds import MOST_TILES
from gateway.documents.inspection.boxes import read_box
from gateway.documents.inspection.snapshot import Snapshot, Value

_TILING = 1
_MATRIX = 6


def has_costly_pattern(snapshot: Snapshot) -> bool:
    """Whether a pattern has too many tiles for the largest page, or tiles of other patterns."""
    boxes = [read_box(snapshot, page, "/MediaBox") for page in snapshot.pages()]
    largest = max((box.area for box in boxes if box is not None), default=0.0)
    return any(
        _is_costly(snapshot, reference, largest)
        for reference in snapshot.streams
        if snapshot.entry(reference, "/PatternType") == _TILING
    )


def _is_costly(snapshot: Snapshot, pattern: str, page_area: float) -> bool:
    others = snapshot.entry(pattern, "/Resources", "/Pattern")
    if isinstance(others, dict) and any(
        snapshot.entry(each, "/PatternType") == _TILING for each in others.values()
    ):
        return True
    across, down = snapshot.entry(pattern, "/XStep"), snapshot.entry(pattern, "/YStep")
    if not isinstance(across, int | float) or not isinstance(down, int | float):
        return True
    tile = abs(across * down * _scale(snapshot, snapshot.entry(pattern, "/Matrix")))
    return tile * MOST_TILES < page_area


def _scale(snapshot: Snapshot, matrix: Value) -> float:
    """How much larger the matrix makes an area; nothing for one that is none."""
    if matrix is None:
        return 1.0
    values = [snapshot.resolve(each) for each in matrix] if isinstance(matrix, list) else []
    if len(values) != _MATRIX or not all(isinstance(each, int | float) for each in values):
        return 0.0
    return float(values[0] * values[3] - values[1] * values[2])
