"""`python -m cloud_bridge.network.press.child`: one preparation in, one answer out, and it ends.

It reads strangers' documents, so it gives up what it does not need before it reads the first byte:
memory beyond a bound, core dumps, files but its own program, and the network.
"""

import os
import resource
import sys
from pathlib import Path

from processes.beginning import leave_out_the_http_client, loading
from processes.confinement import confine_reader

_ROOM = Path(__file__).parents[2]


def main(max_memory_bytes: int, max_seconds: int) -> None:
    """Confine this process, then answer."""
    confine(max_memory_bytes, max_seconds)
    leave_out_the_http_client()
    # What parses is imported behind the bounds.
    with loading():
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
    """Give up memory and time beyond a bound, files to read or write, and the network.

    Files and network as far as this kernel and user can. Gives False where this process stays in
    the network.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (max_seconds, max_seconds))
    os.closerange(3, 256)
    return confine_reader(_ROOM, max_memory_bytes=max_memory_bytes)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
