"""What the child that reads documents cannot do: tried from within, told line by line.

Arguments: a file to write, a port at which somebody listens, and a secret of the network's.
"""

import socket
import sys
from pathlib import Path

from cloud_bridge.network.press.child import confine


def main() -> None:
    port = int(sys.argv[2])
    socket.create_connection(("127.0.0.1", port), timeout=2).close()
    left = confine(512 * 1024 * 1024, 10)
    told = []
    try:
        Path(sys.argv[1]).write_bytes(b"x")
    except OSError:
        told.append("wrote nothing")
    try:
        Path(sys.argv[3]).read_bytes()
    except OSError:
        told.append("read nothing")
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        reached = True
    except OSError:
        reached = False
    # Where the kernel does not let it leave, it stays.
    told += ["reached nobody"] if reached is not left else []
    try:
        bytearray(1 << 30)
    except MemoryError:
        told.append("got no memory")
    sys.stdout.write("\n".join(told))


main()
