"""A child for tests: runs each frame as Python, and answers with what it assigned to `answer`.

It obeys whoever holds the channel; with a path as argument, whoever listens at that unix socket,
and the channel is there as `channel_of_parent`.
"""

import json
import socket
import sys

from processes.channel import BlockingChannel
from processes.child import channel_socket


def main() -> None:
    ours = channel_socket(sys.argv[1])
    names: dict[str, object] = {"channel_of_parent": ours}
    if len(sys.argv) > 2 and sys.argv[2].startswith("/"):
        ours = socket.socket(socket.AF_UNIX)
        ours.connect(sys.argv[2])
    names["channel"] = channel = BlockingChannel(ours)
    while (frame := channel.receive()) is not None:
        names["answer"] = None
        exec(frame, names)  # noqa: S102 - that is what it is for
        channel.send(json.dumps(names["answer"]).encode())
