"""How much a machine bears. Measured; docs/operations/sizing.md says how, and has the sums.

Tests hold these figures against bench/results/latest.json and against that page.
"""

from typing import Final

PER_CORE_AND_SECOND: Final = 200
"""One-page receipts at full load, all parts of the gateway on the same cores, RSA-2048."""
HEADROOM: Final = 0.5
"""The share of full load that one plans for."""
PEAK: Final = 3.0
"""How many times more come in the busiest seconds than on the average of the busiest hours."""
DATABASE_BYTES: Final = 6_500
"""In the database for each document: its rows, its records of the log, its decision."""
ADDED_BYTES: Final = 19_000
"""Beside the database for each document: what the seal adds to it, and the archive's JSON."""


def peak_per_second(documents: int, *, hours: float) -> float:
    """Documents a second in the busiest seconds of a day."""
    return documents / (hours * 3600) * PEAK


def bearable_per_second(cores: int, *, nodes: int) -> float:
    """Documents a second that one plans for."""
    return nodes * cores * PER_CORE_AND_SECOND * HEADROOM


def disk_bytes(documents: float, *, mean_bytes: float) -> float:
    """What so many documents take where content and rows are kept."""
    return documents * (mean_bytes + ADDED_BYTES + DATABASE_BYTES)
