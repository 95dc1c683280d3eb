"""`python -m tests.deploy`: install, use, disturb and upgrade booted machines, and tell of it.

Needs root, debootstrap, systemd-container, openssl and an ssh client. No machine that is booted
here has a way out: whatever it installs came with the bundle.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from tests.deploy import one_node, three_nodes
from tests.deploy.bundles import FIRST, ROOT, SECOND, Bundles
from tests.deploy.machine import base
from tests.deploy.steps import Steps

_PARTS = {"one-node": one_node.scenario, "three-nodes": three_nodes.scenario}


def run_parts(steps: Steps, cache: Path, parts: list[str]) -> None:
    """The base and the bundles, then each part with them."""
    bundles = Bundles(cache)
    shutil.rmtree(cache / "dist", ignore_errors=True)
    shutil.rmtree(cache / "unpacked", ignore_errors=True)
    with steps.step("a base of Debian 12 (kept for the next run)"):
        base(cache)
    with steps.step(f"bundles {FIRST} and {SECOND}"):
        bundles.make_key()
        first, second = bundles.make(FIRST), bundles.make(SECOND)
    for name in parts:
        _PARTS[name](steps, bundles, first, second)


def main() -> int:
    """Run it; 1 when a step failed."""
    parser = argparse.ArgumentParser(description="Deploy for real, on booted machines.")
    parser.add_argument("--cache", type=Path, default=ROOT / "var/machines")
    parser.add_argument("--part", choices=sorted(_PARTS), action="append", help="this part alone")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("machines are booted by root alone")
    began = time.monotonic()
    steps = Steps()
    run_parts(steps, given.cache.resolve(), given.part or sorted(_PARTS))
    minutes = (time.monotonic() - began) / 60
    print(f"{minutes:.1f} minutes; {len(steps.wrong)} steps failed {steps.wrong or ''}")  # noqa: T201
    return 1 if steps.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
