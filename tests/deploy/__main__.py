"""`python -m tests.deploy`: install, use, disturb and upgrade booted machines, and tell of it.

Needs root, debootstrap, systemd-container, openssl and an ssh client. No machine that is booted
here has a way out: whatever it installs came with the bundle.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from tests.deploy import distributions, one_node, three_nodes
from tests.deploy.bundles import FIRST, ROOT, SECOND, Bundles
from tests.deploy.releases import BOOKWORM, OTHERS, base
from tests.deploy.steps import Steps

# With bundles of two versions, made here.
_OURS = {"one-node": one_node.scenario, "three-nodes": three_nodes.scenario}
_PARTS = (*_OURS, *OTHERS)
# Ubuntu's has not gone through yet: only who names it runs it.
_USUAL = (*_OURS, "debian-13")


def run_parts(steps: Steps, cache: Path, parts: list[str]) -> None:
    """What the parts need, and then each of them."""
    bundles = Bundles(cache)
    bundles.begin()
    ours = [name for name in parts if name in _OURS]
    if ours:
        with steps.step(f"a base of {BOOKWORM.title} (kept for the next run)"):
            base(cache, BOOKWORM)
        with steps.step(f"bundles {FIRST} and {SECOND}"):
            first, second = bundles.make(FIRST), bundles.make(SECOND)
    for name in ours:
        _OURS[name](steps, bundles, first, second)
    for name in parts:
        if name in OTHERS:
            distributions.scenario(steps, bundles, OTHERS[name])


def main() -> int:
    """Run it; 1 when a step failed."""
    parser = argparse.ArgumentParser(description="Deploy for real, on booted machines.")
    parser.add_argument("--cache", type=Path, default=ROOT / "var/machines")
    parser.add_argument("--part", choices=_PARTS, action="append", help="this part alone")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("machines are booted by root alone")
    began = time.monotonic()
    steps = Steps()
    run_parts(steps, given.cache.resolve(), given.part or list(_USUAL))
    minutes = (time.monotonic() - began) / 60
    print(f"{minutes:.1f} minutes; {len(steps.wrong)} steps failed {steps.wrong or ''}")  # noqa: T201
    return 1 if steps.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
