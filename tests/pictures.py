"""`python -m tests.pictures`: take the pictures of people's pages anew (docs/images)."""

import os
import subprocess
import sys
from pathlib import Path

_IMAGES = Path(__file__).parents[1] / "docs" / "images"
_SCENARIOS = ("test_a_person_signs_in_a_browser.py", "test_a_driver_receives_goods.py")


def main() -> None:
    """Run the scenarios that show every page, keeping what they show."""
    _IMAGES.mkdir(parents=True, exist_ok=True)
    files = [f"tests/scenarios/{each}" for each in _SCENARIOS]
    wanted = "from_link or open_once or driver_receives"
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *files, "-k", wanted],
        env={**os.environ, "SEALGATE_SCREENSHOTS": str(_IMAGES)},
        check=False,
    )
    raise SystemExit(ended.returncode)


if __name__ == "__main__":
    main()
