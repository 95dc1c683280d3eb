"""Whether the gateway would be confined, as a child finds it.

Confinement cannot be undone, so it is tried in a child, by the very function that the gateway uses.
"""

import os
import sys
from contextlib import closing
from pathlib import Path

import msgspec

from gateway.config import load_config
from gateway.wiring.machine.confining import confine_gateway, secret_paths
from processes.channel import BlockingChannel
from processes.child import channel_socket, start_child
from processes.errors import ChannelClosedError, ConfinementError


class CouldRead(msgspec.Struct, frozen=True, kw_only=True, tag="could-read"):
    """The signer's files that the gateway could open all the same."""

    paths: tuple[str, ...]


class NotConfined(msgspec.Struct, frozen=True, kw_only=True, tag="not-confined"):
    """It cannot be confined at all; the message says why."""

    message: str


Answer = CouldRead | NotConfined

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Answer)


def ask_confined(config_file: Path) -> Answer:
    """Start the child and wait for its answer.

    Raises:
        ChannelClosedError: it ended without one.
    """
    child = start_child("gateway.cli.doctor.confined", str(config_file.absolute()))
    try:
        with closing(BlockingChannel(child.socket)) as channel:
            frame = channel.receive()
    finally:
        child.kill()
    if frame is None:
        raise ChannelClosedError("the child that tries the confinement ended without an answer")
    answer: Answer = _decoder.decode(frame)
    return answer


def main() -> None:
    """Confine as the gateway does, and say what could be read still."""
    channel = BlockingChannel(channel_socket(sys.argv[1]))
    config_file = Path(sys.argv[2])
    config = load_config(config_file)
    answer: Answer
    try:
        confine_gateway(config, config_file)
    except (ConfinementError, OSError) as error:
        answer = NotConfined(message=str(error))
    else:
        answer = CouldRead(paths=tuple(str(path) for path in secret_paths(config) if _opens(path)))
    channel.send(_encoder.encode(answer))


def _opens(path: Path) -> bool:
    # access(2) does not ask Landlock; only an open does.
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
