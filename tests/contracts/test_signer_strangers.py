"""A signer process at the other end of something hostile, and a client that is at such an end."""

import hashlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest

from gateway.wiring.machine.launching import start_signer
from hsm.errors import KeyStoreError, SignerUnavailableError
from hsm.wire import (
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Failure,
    Greeting,
    SetUp,
    Signature,
    SignDigest,
    decode_from_signer,
    encode,
)
from processes.channel import BlockingChannel, framed
from processes.child import Child, start_child
from tests.hsm_fixtures import SoftToken
from tests.signer_fixtures import new_grant, restarted, running

OBEDIENT = "tests.unit.processes.obedient"


@dataclass
class Impostor:
    """Starts a program that says what the test wants in a signer's place, then reads for ever."""

    says: list[bytes]
    starts: int = 0
    child: Child | None = None

    async def start_anew(self) -> socket.socket:
        if self.child is not None:
            self.child.kill()
        self.starts += 1
        self.child = start_child(OBEDIENT)
        said = self.says[min(self.starts, len(self.says)) - 1]
        script = f"channel_of_parent.sendall({said!r})\nwhile channel_of_parent.recv(1): pass"
        self.child.socket.sendall(framed(script.encode()))
        return self.child.socket


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    impostor = Impostor([])
    yield impostor
    if impostor.child is not None:
        impostor.child.kill()


GREETINGS = {
    "silence": b"",
    "half a length": b"\x00\x00",
    "no msgpack": framed(b"\xc1"),
    "a giant": b"\xff\xff\xff\xff",
    "another version": framed(encode(Greeting(protocol=99, epoch=bytes(16), keys=()))),
    "a refusal": framed(encode(Failure(number=0, kind="grant-refused", message="too early"))),
    "an answer": framed(encode(Signature(number=1, value=b""))),
}


@pytest.mark.parametrize("greeting", GREETINGS)
async def test_a_signer_that_does_not_greet_in_time_and_in_our_words_is_not_taken(
    impostor: Impostor, greeting: str
) -> None:
    impostor.says = [GREETINGS[greeting]]
    with pytest.raises(SignerUnavailableError):
        async with running(impostor, start_deadline_seconds=0.3):
            pass


async def test_a_signer_that_greets_with_a_defect_says_so(impostor: Impostor) -> None:
    impostor.says = [framed(encode(Failure(number=0, kind="internal", message="a defect")))]
    with pytest.raises(KeyStoreError, match="a defect"):
        async with running(impostor):
            pass


async def test_a_signer_that_talks_nonsense_later_is_replaced(impostor: Impostor) -> None:
    greetings = [
        framed(encode(Greeting(protocol=PROTOCOL, epoch=bytes([n]) * 16, keys=()))) for n in (1, 2)
    ]
    impostor.says = [greetings[0] + framed(b"\xc1 is no msgpack"), greetings[1]]
    async with running(impostor) as signer:
        await restarted(signer, after=bytes([1]) * 16)
        assert signer.epoch == bytes([2]) * 16
        assert impostor.starts == 2


# A gateway that does not behave


@dataclass
class Raw:
    """A greeted signer, and its channel without the client."""

    child: Child
    channel: BlockingChannel
    greeting: Greeting


@pytest.fixture
def raw(soft_token: SoftToken) -> Iterator[Raw]:
    child = start_signer(soft_token.config, None)
    channel = BlockingChannel(child.socket)
    greeting = decode_from_signer(channel.receive() or b"")
    assert isinstance(greeting, Greeting)
    yield Raw(child, channel, greeting)
    child.kill()
    channel.close()


_SETUP = encode(SetUp(protocol=PROTOCOL, config=b"{}", pin=None))


HOSTILE = {
    "a giant": b"\xff\xff\xff\xff",
    "one byte too many": (MAX_MESSAGE_BYTES + 1).to_bytes(4) + bytes(100),
    "nothing": framed(b""),
    "no msgpack": framed(b"\xc1"),
    "noise": framed(hashlib.sha512(b"noise").digest() * 5),
    "arrays in arrays": framed(b"\x91" * 100_000),
    "an announced giant": framed(b"\xdd\xff\xff\xff\xff"),
    "half a request": framed(msgspec.msgpack.encode({"type": "sign", "number": 1})),
    "wrong types": framed(msgspec.msgpack.encode({"type": "sign", "number": "1", "grant": 1})),
    "a message to the gateway": framed(encode(Signature(number=1, value=b""))),
    "a second set-up": framed(_SETUP),
    "the beginning of a frame": framed(_SETUP)[:-3],
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_no_message_of_ours_ends_the_signer_and_is_never_signed(
    raw: Raw, hostile: str, capfd: pytest.CaptureFixture[str]
) -> None:
    raw.child.socket.sendall(HOSTILE[hostile])
    raw.child.socket.shutdown(socket.SHUT_WR)
    assert raw.channel.receive() is None
    assert raw.child.process.wait() in (0, 2)
    assert "Traceback" not in capfd.readouterr().err


def test_a_first_message_that_is_not_the_set_up_ends_it() -> None:
    child = start_child("hsm.signer")
    channel = BlockingChannel(child.socket)
    channel.send(encode(SetUp(protocol=PROTOCOL + 1, config=b"{}", pin=None)))
    said = decode_from_signer(channel.receive() or b"")
    assert isinstance(said, Failure)
    assert said.message == "the first message is not our set-up"
    assert child.process.wait() == 2
    channel.close()


def test_a_gateway_that_goes_with_answers_unread_is_an_ordinary_end(
    raw: Raw, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(1, 200):
        one = new_grant(raw.greeting.epoch)
        raw.channel.send(encode(SignDigest(number=number, grant=one)))
    raw.channel.receive()
    raw.channel.close()
    assert raw.child.process.wait() == 0
    assert capfd.readouterr().err == ""
