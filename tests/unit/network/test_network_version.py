"""The network says which version it is, also where it is no installed package."""

import subprocess
import sys
from pathlib import Path

from cloud_bridge.network.http.metrics import Metrics
from gateway import __version__

ROOT = Path(__file__).parents[3]
_WITHOUT_PACKAGES = """
import sys
from importlib import metadata
metadata.Distribution.discover = classmethod(lambda cls, *_, **__: iter(()))
from cloud_bridge.network.http.metrics import Metrics
print(Metrics().registry.get_sample_value(
    "sealgate_network_build_info", {"version": "0+checkout"}
))
"""


def test_it_is_the_gateways_own() -> None:
    told = Metrics().registry.get_sample_value(
        "sealgate_network_build_info", {"version": __version__}
    )
    assert told == 1


def test_a_checkout_that_is_no_package_starts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_PACKAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1.0\n"), done.stderr
