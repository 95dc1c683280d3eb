"""`python -m cloud_bridge.network.press.child`: one preparation in, one answer out, and it ends.

It reads strangers' documents, so it gives up what it does not need before it reads the first byte:
memory beyond a bound, core dumps, files to write, and the network where the kernel lets it.
"""

import ctypes
import os
import resource
import sys

_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_PR_SET_NO_NEW_PRIVS = 38


def main(max_memory_bytes: int, max_seconds: int) -> None:
    """Confine this process, then answer."""
    confine(max_memory_bytes, max_seconds)
    # What parses is imported behind the bounds.
    import msgspec  # noqa: PLC0415

    from cloud_bridge.network.press.errors import PressError  # noqa: PLC0415
    from cloud_bridge.network.press.model import Answer, Preparation, Refused  # noqa: PLC0415
    from cloud_bridge.network.press.preparing import prepare  # noqa: PLC0415

    question = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Preparation)
    answer: Answer
    try:
        answer = prepare(question)
    except PressError as error:
        answer = msgspec.convert(
            {
                "type": "refused",
                "message": str(error),
                "reason": error.reason,
                "field": error.field,
            },
            type=Refused,
        )
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


def confine(max_memory_bytes: int, max_seconds: int) -> bool:
    """Give up memory beyond a bound, files to write, and the network.

    Gives False where the kernel or user keeps this process in the network.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (max_memory_bytes, max_memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (max_seconds, max_seconds))
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.closerange(3, 256)
    left: bool = libc.unshare(_CLONE_NEWNET) == 0
    return left or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
