"""How the network's machine is: room on its disk, and how long its certificates are good."""

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from cloud_bridge.network.config import NetworkConfig
from cloud_bridge.network.http.metrics import Metrics

_DAY_SECONDS: Final = 24 * 3600.0


def certificate_ends(config: NetworkConfig) -> dict[str, datetime]:
    """When the first certificate of each file expires that the network has read at its start.

    Raises:
        OSError, ValueError: a certificate cannot be read.
    """
    files = {"client-ca": config.keys.client_ca, "persons-ca": config.keys.persons_ca}
    if config.server.tls is not None:
        files["server"] = config.server.tls.certificate
    return {
        name: min(
            each.not_valid_after_utc for each in x509.load_pem_x509_certificates(file.read_bytes())
        )
        for name, file in files.items()
    }


def measure(metrics: Metrics, state: Path, ends: dict[str, datetime], *, now: datetime) -> None:
    """Put it into the metrics.

    Args:
        metrics: there.
        state: the state directory.
        ends: see `certificate_ends`.
        now: the moment.
    """
    disk = os.statvfs(state)
    used = disk.f_blocks - disk.f_bfree
    metrics.disk_free.set(disk.f_bavail * disk.f_frsize)
    metrics.disk_used.set(used / max(1, used + disk.f_bavail))
    for name, end in ends.items():
        metrics.certificate_days.labels(name).set((end - now).total_seconds() / _DAY_SECONDS)
