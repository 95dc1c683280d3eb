"""moto's S3 server; Debian has none."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path

from tests.servers.process import answers, free_port, running


@contextmanager
def s3_server(home: Path) -> Iterator[str]:
    """Start it; give its address. It knows every key."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, user=getuser(), home=home, ready=lambda: answers(port)):
        yield f"http://127.0.0.1:{port}"
