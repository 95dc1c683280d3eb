"""What `sealgate doctor` says of each replica: whether it could take over."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from gateway.cli.doctor.model import Finding
from gateway.cli.doctor.replicas import check_replicas
from hsm.interfaces import KeyDescription
from tests.replica_tokens import restored_token
from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def place(sealgate: CommandLine, tmp_path: Path) -> Path:
    """The replica's directory; its PIN is in a file of its own there."""
    place = tmp_path / "replica"
    replica = restored_token(sealgate.trial, place)
    shutil.copy(sealgate.trial.pin_file, place / "pin")
    replicas = json.dumps([replica | {"pin": {"file": str(place / "pin")}}])
    sealgate.configure("  token_label:", f"  replicas: {replicas}\n  token_label:")
    return place


def _found(sealgate: CommandLine, keys: tuple[KeyDescription, ...] | None) -> Finding:
    (finding,) = check_replicas(sealgate.config.hsm, keys)
    assert finding.part == "HSM replica sealgate-demo (2)"
    return finding


def test_a_replica_that_could_take_over_is_well(
    sealgate: CommandLine, place: Path, keys: tuple[KeyDescription, ...]
) -> None:
    assert place.exists()
    assert _found(sealgate, keys).state == "ok"
    told = json.loads(sealgate("doctor", "--json").stdout)["findings"]
    assert {"ok"} == {each["state"] for each in told if each["part"].startswith("HSM replica")}


def test_a_replica_that_is_away_is_a_warning_as_sealing_goes_on(
    sealgate: CommandLine, place: Path, keys: tuple[KeyDescription, ...]
) -> None:
    shutil.rmtree(place / "tokens")
    found = _found(sealgate, keys)
    assert (found.state, found.owner) == ("warning", "it")
    assert "could not take over" in found.message


def test_a_wrong_pin_of_a_replica_is_found(
    sealgate: CommandLine, place: Path, keys: tuple[KeyDescription, ...]
) -> None:
    (place / "pin").write_text("000000000000", encoding="ascii")
    found = _found(sealgate, keys)
    assert found.state == "failed"
    assert "refused the PIN" in found.message


def test_a_replica_with_other_keys_is_found(
    sealgate: CommandLine, place: Path, keys: tuple[KeyDescription, ...]
) -> None:
    assert place.exists()
    east, south, log = keys
    found = _found(sealgate, (east, msgspec.structs.replace(south, public_key=b""), log))
    assert found.state == "failed"
    assert "'receipt-south' is not the first token's" in found.message


def test_without_the_first_token_there_is_nothing_to_compare_with(
    sealgate: CommandLine, place: Path
) -> None:
    assert place.exists()
    found = _found(sealgate, None)
    assert found.state == "warning"
    assert "was not there to compare" in found.message
