"""Hostile files by the hundred, the same every time: samples, oddities, and damaged papers.

`python -m tests.hostile.corpus DIRECTORY` writes them, for another program to be tried on them.
"""

import hashlib
import sys
from itertools import islice
from pathlib import Path

from tests.document_fixtures import receipts
from tests.hostile.mutating import endless, mutated
from tests.hostile.oddities import oddities
from tests.hostile.samples import all_samples

_DAMAGED_EACH = 3


def corpus() -> dict[str, bytes]:
    """Distinct files by name."""
    made = {name: make() for name, make in {**all_samples(), **oddities()}.items()}
    del made["encryption: password"]  # its key is drawn at random
    papers = {path.stem: path.read_bytes() for path in receipts()[::4]}
    small = {name: data for name, data in made.items() if len(data) < 20_000}
    for name, data in {**papers, **dict(islice(small.items(), 0, None, 5))}.items():
        for number, steps in enumerate(islice(endless(name), _DAMAGED_EACH)):
            made[f"{name}, damaged {number}"] = mutated(data, steps)
    distinct = {hashlib.sha256(data).digest(): name for name, data in made.items()}
    return {name: made[name] for name in sorted(distinct.values())}


def main() -> None:
    """Write the corpus into the directory that the command line names."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(corpus().values(), start=1):
        (directory / f"{number:04d}.pdf").write_bytes(data)


if __name__ == "__main__":
    main()
