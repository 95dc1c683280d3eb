"""Ask a child that alone has the PIN and the module, and leaves when it has answered."""

import contextlib
import threading

from gateway.cli.terminal import fail
from gateway.wiring.machine.launching import ask_pin
from hsm.config import HSMConfig
from hsm.wire import PROTOCOL, SetUp, encode
from processes.channel import BlockingChannel
from processes.child import start_child
from processes.errors import ChannelClosedError


def ask_child(
    module: str,
    *arguments: str,
    hsm: HSMConfig,
    frames: tuple[bytes, ...] = (),
    seconds: float,
    cure: str,
) -> bytes:
    """Its answer; leaves with 2 when there is none.

    Args:
        module: of the child, with a `main`.
        arguments: for it.
        hsm: which token, and the only keys that it may touch.
        frames: what it is asked, after that.
        seconds: how long the answer may take.
        cure: what to do when none came.
    """
    pin = ask_pin(hsm)
    child = start_child(
        module,
        *arguments,
        environment={name: str(path) for name, path in hsm.environment.items()},
    )
    # A module that hangs can only be helped from outside.
    watchdog = threading.Timer(seconds, child.process.kill)
    watchdog.start()
    answer: bytes | None = None
    try:
        with (
            contextlib.closing(BlockingChannel(child.socket)) as channel,
            contextlib.suppress(ChannelClosedError),
        ):
            setup = SetUp(protocol=PROTOCOL, config=hsm.model_dump_json().encode(), pin=pin)
            for frame in (encode(setup), *frames):
                channel.send(frame)
            answer = channel.receive()
    finally:
        watchdog.cancel()
        child.kill()
    if answer is None:
        raise fail(
            f"the module ended its process, or did not answer within {seconds:g} s: try the device "
            f"with the vendor's own tool{cure}"
        )
    return answer
