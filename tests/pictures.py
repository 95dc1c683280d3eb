"""`python -m tests.pictures`: take the pictures of persons' pages in docs/images anew."""

import os
import subprocess
import sys
from pathlib import Path

_IMAGES = Path(__file__).parents[1] / "docs" / "images"
_SCENARIO = "tests/scenarios/test_a_person_signs_in_a_browser.py"


def main() -> None:
    """Run the scenario that shows every page, keeping what it shows."""
    _IMAGES.mkdir(parents=True, exist_ok=True)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", _SCENARIO, "-k", "from_link or open_once"],
        env={**os.environ, "SEALGATE_SCREENSHOTS": str(_IMAGES)},
        check=False,
    )
    raise SystemExit(ended.returncode)


if __name__ == "__main__":
    main()
