"""The PIN goes from where it is kept to the token, once, and nowhere else."""

import asyncio
import signal
import socket
from pathlib import Path

import msgspec
import pytest

from hsm.client import SignerClient
from hsm.config import HSMConfig, RestartConfig
from hsm.errors import KeyStoreError, PinRefusedError, SignerUnavailableError
from hsm.wire import PROTOCOL
from processes.channel import framed
from processes.child import start_child
from processes.errors import ProcessError, SignerLockedError
from tests.hsm_fixtures import PIN, SoftToken
from tests.signer_fixtures import Pauses, Source, grant, running, source

__all__ = ["source"]


async def test_a_wrong_pin_is_told_and_never_tried_again(source: Source) -> None:
    source.config.pin.file.write_text("00000\n")  # type: ignore[union-attr]
    with pytest.raises(PinRefusedError, match="refused the PIN"):
        async with running(source):
            pass
    assert source.starts == 1


async def test_a_pin_that_was_changed_meanwhile_is_tried_once_and_the_restarts_end(
    source: Source,
) -> None:
    pauses = Pauses()
    async with running(source, pauses=pauses) as signer:
        await signer.sign(grant(signer))
        source.config.pin.file.write_text("00000\n")  # type: ignore[union-attr]
        old = grant(signer)
        source.signal(signal.SIGKILL)
        why = ""
        while "refused the PIN" not in why:
            with pytest.raises(SignerUnavailableError) as unavailable:
                await signer.sign(old)
            why = str(unavailable.value)
            await asyncio.sleep(0)
        # The right one would do now, but who says that it is right? A person has to.
        source.config.pin.file.write_text(f"{PIN}\n")  # type: ignore[union-attr]
        for _ in range(1000):
            await asyncio.sleep(0)
        assert (source.starts, pauses.seconds) == (2, [])
        assert (signer.serves, signer.pin) == (False, "refused")


async def test_a_pin_that_was_asked_for_is_handed_over(source: Source) -> None:
    source.config.pin.file.unlink()  # type: ignore[union-attr]
    source.config = HSMConfig.model_validate(source.config.model_dump() | {"pin": {"ask": True}})
    source.pin = PIN
    async with running(source) as signer:
        await signer.sign(grant(signer))
        assert (signer.serves, signer.pin) == (True, "taken")
    source.pin = None
    with pytest.raises(PinRefusedError, match="the answer is empty"):
        async with running(source):
            pass


class LockedSource:
    """A signer's service that nobody has given the PIN; then one that cannot be reached at all."""

    def __init__(self) -> None:
        self.answers: list[ProcessError] = [SignerLockedError("no PIN yet"), ProcessError("gone")]

    async def start_anew(self) -> socket.socket:
        raise self.answers.pop(0)


async def test_a_pin_that_an_operator_is_to_hand_over_is_told_from_a_signer_that_is_away() -> None:
    signer = SignerClient(LockedSource(), deadline_seconds=5, restart=RestartConfig())
    states = []
    for _ in range(2):
        with pytest.raises(SignerUnavailableError):
            await signer.__aenter__()
        states.append(signer.pin)
    assert states == ["awaited", "untried"]


async def test_the_pin_is_in_no_environment_no_command_line_and_no_log(
    source: Source, soft_token: SoftToken, capfd: pytest.CaptureFixture[str]
) -> None:
    source.pin = PIN  # travels even where a file would do
    async with running(source) as signer:
        await signer.sign(grant(signer))
        process = Path(f"/proc/{source.pid}")
        for place in ("environ", "cmdline", "comm"):
            assert PIN.encode() not in (process / place).read_bytes()
        assert (process / "environ").read_bytes() != b""
        (soft_token.directory / "tokens").rename(soft_token.directory / "away")
        with pytest.raises(KeyStoreError):
            await signer.sign(grant(signer))
    # One whose set-up is almost right.
    child = start_child("hsm.signer")
    setup = {"type": "set-up", "protocol": PROTOCOL, "config": b'{"pin": {"file": 1}}', "pin": PIN}
    child.socket.sendall(framed(msgspec.msgpack.encode(setup)))
    with child.socket:
        assert PIN.encode() not in child.socket.recv(10_000)
    assert child.process.wait() == 2
    assert PIN not in "".join(capfd.readouterr())
