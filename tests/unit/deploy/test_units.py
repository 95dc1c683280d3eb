"""What the units leave open, by systemd's own reckoning, and what they must not leave open."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[3] / "deploy/systemd"
# systemd-analyze(1): exposure from 0 (closed) to 10 (open).
MOST_EXPOSED = {
    "sealgate": 1.5,
    "sealgate-network": 1.5,
    "sealgate-signer": 1.0,
    "sealgate-backup": 1.5,
}


def _exposure(unit: Path) -> float:
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd-analyze is missing: apt-get install systemd"
    told = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert found, told
    return float(found[1])


@pytest.mark.parametrize("name", sorted(MOST_EXPOSED))
def test_a_unit_leaves_little_open(name: str) -> None:
    assert _exposure(UNITS / f"{name}.service") <= MOST_EXPOSED[name]


def test_the_signer_has_no_network_and_the_gateway_no_pin() -> None:
    signer = (UNITS / "sealgate-signer.service").read_text()
    gateway = (UNITS / "sealgate.service").read_text()
    assert "PrivateNetwork=yes" in signer
    assert "LoadCredentialEncrypted=hsm-pin:" in signer
    assert "LoadCredential" not in gateway
    assert re.search(r"InaccessiblePaths=.*-/var/lib/sealgate-signer", gateway)


def test_each_drop_in_says_what_it_is_for() -> None:
    for each in (UNITS / "drop-ins").iterdir():
        assert each.read_text().startswith("# "), each


def test_a_network_hsm_opens_the_signer_no_further_than_its_addresses(tmp_path: Path) -> None:
    unit = tmp_path / "sealgate-signer.service"
    drop_in = (UNITS / "drop-ins/signer-network-hsm.conf").read_text()
    unit.write_text((UNITS / "sealgate-signer.service").read_text() + drop_in)
    assert _exposure(unit) <= 1.5
    assert "IPAddressDeny=any" in drop_in
