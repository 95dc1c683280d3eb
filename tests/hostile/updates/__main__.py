"""Look for updates that lie: `python -m tests.hostile.updates --seconds 60` (`make fuzz`).

What the judge takes for a signature and nothing else is shown by poppler, pdfium and, now and then,
pdf.js, before and after. Where a picture differs outside of the stamp, contract and update lie in
`var/fuzz/`, and the exit code is 1. A contract that the intake rules refuse by default is counted
apart: nobody signs it.
"""

import argparse
import logging
import secrets
import time
from pathlib import Path

from tests.hostile.updates.looking import Tally, look
from tests.hostile.updates.readers import Pdfium, Poppler, pdf_js

_FOUND = Path("var") / "fuzz"


def main() -> int:
    """Run until the time is over; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # as in the judging process
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", flush=True)  # noqa: T201 - a program that prints
    tally, lies, kept_out = Tally(), 0, 0
    end = time.monotonic() + arguments.seconds
    with pdf_js() as slow:
        if slow is None:
            print("without pdf.js: there is no Chromium")  # noqa: T201 - as above
        for hit in look(seed, (Poppler(), Pdfium()), tally, slow=slow, until=end):
            if hit.refused:
                kept_out += 1
                continue
            lies += 1
            print(f"{hit.keep(_FOUND, seed=seed)}: {hit.found}", flush=True)  # noqa: T201 - as above
    print(  # noqa: T201 - as above
        f"{tally.drawn} updates drawn, {tally.shown} taken and shown, {lies} lie; "
        f"{kept_out} more upon contracts that intake refuses"
    )
    return 1 if lies else 0


if __name__ == "__main__":
    raise SystemExit(main())
