"""The doctor asks a signer's service at its socket: no PIN is read, and no token logged in to."""

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pkcs11
import pytest
from pkcs11.constants import TokenFlag

from gateway.cli.doctor.files import check_governing_files
from gateway.cli.doctor.replicas import check_replicas
from gateway.cli.doctor.signer_service import check_signer_service
from gateway.cli.doctor.token import TokenCheck, pin_refused
from hsm.config import HSMConfig, SignerServiceConfig
from hsm.errors import PinRefusedError
from hsm.pin import Pin
from hsm.token.login import log_in
from processes.child import Child, start_child
from processes.door import SignerDoor, listening_at
from tests.unit.cli.conftest import CommandLine
from tests.unit.hsm.test_login import TokenNearItsLock


def _signer() -> Child:
    return start_child("tests.unit.processes.obedient")


@contextmanager
def door(path: Path, *, user: int, waiting: Sequence[int] = ()) -> Iterator[None]:
    """A signer's door that serves that user."""
    ours, theirs = socket.socketpair()

    def run() -> None:
        with listening_at(path) as listener:
            made = SignerDoor(listener, user=user, start_signers=[_signer], waiting=lambda: waiting)
            over = threading.Event()
            made.hear(theirs, over.set)
            while not over.is_set():
                made.serve_next()
            made.close()

    thread = threading.Thread(target=run)
    thread.start()
    while not path.exists():
        assert thread.is_alive()
    try:
        yield
    finally:
        ours.close()
        thread.join(20)
        theirs.close()


@pytest.fixture
def served(sealgate: CommandLine, tmp_path: Path) -> HSMConfig:
    """An installation whose signer is a service, and whose PIN nobody here can read."""
    sealgate.trial.pin_file.unlink()
    sealgate.configure("  token_label:", f"  signer: {{socket: {tmp_path}/door}}\n  token_label:")
    return sealgate.config.hsm


def service_of(config: HSMConfig) -> SignerServiceConfig:
    assert config.signer is not None
    return config.signer


def states(config: HSMConfig) -> list[tuple[str, str]]:
    found = check_signer_service(config, service_of(config), patience=0.2)
    return [(each.state, each.message) for each in found]


def test_the_signer_reads_the_configuration_as_another_user(
    sealgate: CommandLine, served: HSMConfig
) -> None:
    file = sealgate.trial.config_file
    file.chmod(0o644)
    assert served.signer is not None
    found, *_ = check_governing_files(sealgate.config, file)
    assert (found.part, found.state) == ("config file", "ok")
    file.chmod(0o666)
    found, *_ = check_governing_files(sealgate.config, file)
    assert found.state == "failed"


def test_a_service_that_does_not_run_is_found(served: HSMConfig) -> None:
    ((state, told),) = states(served)
    assert state == "failed"
    assert "No such file" in told


def test_whoever_is_not_the_gateway_is_told_how_the_door_stands(served: HSMConfig) -> None:
    with door(service_of(served).socket, user=os.getuid() + 1):
        ((state, told),) = states(served)
    assert state == "warning"
    assert "no gateway is connected" in told


def test_a_gateway_that_is_served_is_told_to_a_second_one(served: HSMConfig) -> None:
    path = service_of(served).socket
    with (
        door(path, user=os.getuid()),
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gateway,
    ):
        gateway.connect(str(path))
        assert [state for state, _ in states(served)] == ["ok"]


def test_the_gateways_user_is_waited_for_and_disturbs_nobody(served: HSMConfig) -> None:
    with door(service_of(served).socket, user=os.getuid()):
        ((state, told),) = states(served)
    assert state == "ok"
    assert "no gateway is connected" in told


def test_a_pin_that_is_awaited_is_found(served: HSMConfig) -> None:
    with door(service_of(served).socket, user=os.getuid() + 1, waiting=(0,)):
        found = list(check_signer_service(served, service_of(served)))
    assert found[0].state == "failed"
    assert "waits for its PIN" in found[0].message
    assert "sealgate hsm unseal" in (found[0].cure or "")


def test_the_token_is_not_logged_in_to(served: HSMConfig, sealgate: CommandLine) -> None:
    with door(service_of(served).socket, user=os.getuid() + 1):
        found = list(TokenCheck(sealgate.config).findings())
    # Without a PIN file a login would have failed.
    assert [(each.part, each.state) for each in found] == [
        ("HSM module", "ok"),
        ("signer service", "warning"),
    ]
    assert list(check_replicas(served, None)) == []


def test_a_locked_pin_is_told_from_a_wrong_one() -> None:
    token = TokenNearItsLock(flags=TokenFlag.TOKEN_INITIALIZED | TokenFlag.USER_PIN_LOCKED)
    with pytest.raises(PinRefusedError) as refused:
        log_in(cast("pkcs11.Token", token), Pin("1234"))
    locked = pin_refused(refused.value)
    assert (locked.part, locked.state, locked.owner) == ("HSM PIN", "failed", "it")
    assert "unlock it" in (locked.cure or "")
    wrong = pin_refused(PinRefusedError("token 'x' refused the PIN (PinIncorrect)"))
    assert "Correct the PIN" in (wrong.cure or "")
