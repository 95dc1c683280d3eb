"""The signer as a service of its own: a real token, an operator's PIN, a gateway's client."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import yaml

from gateway.wiring.machine.signer_service import SignerService, hand_over
from hsm.client import SignerClient
from hsm.config import HSMConfig, SignerServiceConfig
from hsm.errors import SignerUnavailableError
from processes.child import start_child
from processes.keeper import ServedSigner, ServiceLine
from tests.hsm_fixtures import PIN, SoftToken, copy_soft_token
from tests.replica_tokens import signing_with, states, with_replicas
from tests.running_gateway import until
from tests.signer_fixtures import grant, restarted, running

_ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path


def _config(token: SoftToken, directory: Path, *, unsealed: bool) -> HSMConfig:
    given = token.config.model_dump(mode="json")
    service = {"socket": str(directory / "signer.sock"), "gateway_user": _ME}
    if not unsealed:
        given["pin"] = {"ask": True}
        service |= {"unseal_socket": str(directory / "unseal.sock"), "operators": "root"}
    return HSMConfig.model_validate({**given, "signer": service})


def _serve(config: HSMConfig) -> Iterator[HSMConfig]:
    script = (
        "import sys; from hsm.config import HSMConfig; "
        "from gateway.wiring.machine.signer_service import serve; "
        "config = HSMConfig.model_validate_json(sys.argv[1]); "
        "sys.exit(serve(config, config.signer))"
    )
    assert config.signer is not None
    process = subprocess.Popen([sys.executable, "-c", script, config.model_dump_json()])
    while not config.signer.socket.exists() or (
        config.signer.unseal_socket and not config.signer.unseal_socket.exists()
    ):
        assert process.poll() is None
    yield config
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not config.signer.socket.exists()


@pytest.fixture
def served(soft_token: SoftToken, directory: Path) -> Iterator[HSMConfig]:
    yield from _serve(_config(soft_token, directory, unsealed=True))


@pytest.fixture
def locked(soft_token: SoftToken, directory: Path) -> Iterator[HSMConfig]:
    yield from _serve(_config(soft_token, directory, unsealed=False))


@contextlib.asynccontextmanager
async def _client(config: HSMConfig) -> AsyncIterator[SignerClient]:
    with contextlib.closing(ServiceLine(_service(config).socket)) as line:
        async with running(ServedSigner(line)) as client:
            yield client


def _service(config: HSMConfig) -> SignerServiceConfig:
    assert config.signer is not None
    return config.signer


async def test_the_gateway_signs_through_the_service(served: HSMConfig) -> None:
    async with _client(served) as client:
        assert await client.sign(grant(client))


async def test_a_signer_that_was_killed_is_replaced_by_the_service(served: HSMConfig) -> None:
    async with _client(served) as client:
        epoch = client.epoch
        client._end_hung()  # as after a deadline: it closes the channel
        await restarted(client, after=epoch)
        assert await client.sign(grant(client))


async def test_nothing_is_signed_before_an_operator_has_handed_the_pin_over(
    locked: HSMConfig,
) -> None:
    with pytest.raises(SignerUnavailableError, match="sealgate hsm unseal"):
        await _first(locked)
    assert hand_over(_service(locked), PIN).ok
    async with _client(locked) as client:
        assert await client.sign(grant(client))
    assert "already" in hand_over(_service(locked), "another").message


async def test_a_wrong_pin_is_tried_once_and_not_kept(locked: HSMConfig) -> None:
    refused = hand_over(_service(locked), "no such pin")
    assert not refused.ok
    assert "no such pin" not in refused.message
    with pytest.raises(SignerUnavailableError, match="sealgate hsm unseal"):
        await _first(locked)


async def _first(config: HSMConfig) -> None:
    async with _client(config):
        pass


def test_a_pin_that_is_asked_for_needs_a_place_to_be_handed_over(soft_token: SoftToken) -> None:
    given = yaml.safe_load(soft_token.config.model_dump_json())
    with pytest.raises(ValueError, match="no terminal"):
        HSMConfig.model_validate(
            {**given, "pin": {"ask": True}, "signer": {"socket": "/run/sealgate-signer/s"}}
        )


def test_a_module_that_hangs_while_a_pin_is_tried_does_not_keep_the_gateway_waiting(
    soft_token: SoftToken, directory: Path
) -> None:
    """The child never speaks, as one whose C_Login does not come back."""
    signers = SignerService(
        _config(soft_token, directory, unsealed=False),
        starter=lambda _config, _pin: start_child("tests.unit.processes.obedient"),
        patience_seconds=0.2,
    )
    refused = signers.unseal(PIN)
    assert not refused.ok
    assert "said nothing within 0.2 s" in refused.message


def test_half_a_pin_is_not_tried(locked: HSMConfig) -> None:
    with socket.socket(socket.AF_UNIX) as slow:
        slow.settimeout(30)
        slow.connect(str(_service(locked).unseal_socket))
        slow.sendall(PIN[:3].encode())
        assert slow.recv(1) == b""
    assert hand_over(_service(locked), PIN).ok


# Replicas


@pytest.fixture
def served_pair(soft_token: SoftToken, directory: Path) -> Iterator[HSMConfig]:
    """A service with two tokens, which both wait for an operator."""
    replica = copy_soft_token(soft_token, directory / "replica")
    service = {
        "socket": directory / "signer.sock",
        "gateway_user": _ME,
        "unseal_socket": directory / "unseal.sock",
        "operators": "root",
    }
    tokens = with_replicas(soft_token, replica).model_dump() | {"signer": service}
    for each in (tokens, *tokens["replicas"]):
        each["pin"] = {"ask": True}
    yield from _serve(HSMConfig.model_validate(tokens))


async def test_the_service_starts_a_signer_for_each_token_that_has_its_pin(
    served_pair: HSMConfig,
) -> None:
    service = _service(served_pair)
    assert hand_over(service, PIN, 1).ok
    with contextlib.closing(ServiceLine(service.socket)) as line:
        sources = [ServedSigner(line, number) for number in range(2)]
        async with signing_with(served_pair, sources) as signer:
            assert states(signer) == ("away", "signs")
            assert "sealgate hsm unseal" in (signer.standings[0].why or "")
            assert await signer.sign(grant(signer))
            assert hand_over(service, PIN).ok
            await until(lambda: states(signer) == ("stands-by", "signs"))
            signer._tokens[1].client._end_hung()
            await until(lambda: signer.failovers == 1 if signer.epoch else False)
            assert await signer.sign(grant(signer))


def test_a_pin_for_no_token_of_the_configuration_is_not_tried(served_pair: HSMConfig) -> None:
    refused = hand_over(_service(served_pair), PIN, 2)
    assert not refused.ok
    assert "no token" in refused.message
