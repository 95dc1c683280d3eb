"""What counts as a secret of the signer's, and what happens when the gateway would see one."""

from pathlib import Path

import pytest

from processes.confinement import landlock_available
from tests.unit.processes.conftest import InAProcess

# The directories of an installation; the test says where PIN and tokens are.
_CONFINE = """
import tempfile
from gateway.config import Config
from gateway.wiring.machine.confining import confine_gateway
here, pin, tokens = map(Path, sys.argv[1:4])
required = sys.argv[4] == "required"
(here / "hsm").mkdir()
(here / "state").mkdir()
(here / "policies").mkdir()
(here / "hsm" / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\\n")
config_file = here / "config.yaml"
config_file.touch()
replicas = {}
if "replica" in sys.argv:
    # The first token's secrets are out of reach; those of the replica are where the test says.
    (here / "hsm" / "second.conf").write_text(f"directories.tokendir = {tokens}\\n")
    (here / "hsm" / "softhsm2.conf").write_text(f"directories.tokendir = {here}/hsm/first\\n")
    second = {"SOFTHSM2_CONF": here / "hsm" / "second.conf"}
    replicas = {"replicas": [{
        "module": "/usr/lib/softhsm/libsofthsm2.so",
        "token_label": "t",
        "pin": {"file": pin},
        "environment": second,
    }]}
first_pin = here / "hsm" / "first-pin" if replicas else pin
config = Config.model_validate({
    "state_directory": here / "state",
    "policies": {"directory": here / "policies"},
    "hsm": {
        "module": "/usr/lib/softhsm/libsofthsm2.so",
        "token_label": "t",
        "pin": {"file": first_pin},
        "keys": [
            {"id": "seal", "label": "seal", "mechanism": "rsa-pkcs1-sha256"},
            {"id": "log", "label": "log", "mechanism": "ed25519", "purpose": "checkpoint"},
        ],
        "environment": {"SOFTHSM2_CONF": here / "hsm" / "softhsm2.conf"},
        **replicas,
    },
    "audit": {"origin": "log.example"},
    "processes": {"require_confinement": required},
})
if "present" in sys.argv:
    pin.write_text("1234")
    tokens.mkdir()
try:
    answer = confine_gateway(config, config_file)
except Exception as error:
    answer = [type(error).__name__, str(error)]
"""


@pytest.fixture(autouse=True)
def _needs_landlock() -> None:
    assert landlock_available(), "this kernel has no Landlock, so nothing was proved"


def test_secrets_out_of_reach_are_no_hindrance(in_a_process: InAProcess, tmp_path: Path) -> None:
    pin, tokens = tmp_path / "hsm" / "pin", tmp_path / "hsm" / "tokens"
    assert in_a_process(_CONFINE, tmp_path, pin, tokens, "required", "present") is True


@pytest.mark.parametrize(
    ("secret", "room", "presence"),
    [
        ("pin", "state", "present"),
        ("pin", "policies", "not there yet"),
        ("tokens", "policies", "present"),
        ("tokens", "state", "not there yet"),
    ],
)
def test_a_secret_in_a_room_of_the_gateway_is_named(
    in_a_process: InAProcess, tmp_path: Path, secret: str, room: str, presence: str
) -> None:
    places = {"pin": tmp_path / "hsm" / "pin", "tokens": tmp_path / "hsm" / "tokens"}
    places[secret] = tmp_path / room / "within"
    kind, said = in_a_process(_CONFINE, tmp_path, *places.values(), "required", presence)
    assert kind == "ConfinementError"
    assert f"it could still read {places[secret]}. Move them out of its directories" in said


@pytest.mark.parametrize("secret", ["pin", "tokens"])
def test_the_secrets_of_a_replica_are_secrets_as_well(
    in_a_process: InAProcess, tmp_path: Path, secret: str
) -> None:
    places = {"pin": tmp_path / "hsm" / "pin", "tokens": tmp_path / "hsm" / "tokens"}
    how = ("required", "present", "replica")
    places[secret] = tmp_path / "state" / "within"
    kind, said = in_a_process(_CONFINE, tmp_path, *places.values(), *how)
    assert kind == "ConfinementError"
    assert f"it could still read {places[secret]}. Move them out" in said


def test_where_confinement_is_not_demanded_the_caller_is_told_that_it_fails(
    in_a_process: InAProcess, tmp_path: Path
) -> None:
    pin, tokens = tmp_path / "state" / "pin", tmp_path / "hsm" / "tokens"
    assert in_a_process(_CONFINE, tmp_path, pin, tokens, "not required", "present") is False
