"""`sealgate serve` around the timed gateway: `python -m bench.profiling.serve CONFIG MODE`."""

import sys
from pathlib import Path

from gateway.config import load_config
from gateway.wiring.machine.launching import launch


def main() -> int:
    """The keeper's part of it, as it is."""
    config_file = Path(sys.argv[1])
    return launch(
        load_config(config_file), config_file, gateway=("bench.profiling.gateway", sys.argv[2])
    )


if __name__ == "__main__":
    sys.exit(main())
