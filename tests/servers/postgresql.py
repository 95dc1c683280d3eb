"""PostgreSQL as Debian ships it."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import directory_of, free_port, identity, running

_USER = "postgres"
_PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def _is_ready(port: int) -> bool:
    asked = [_PROGRAMS / "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}"]
    return subprocess.run(asked, check=False).returncode == 0


@contextmanager
def postgresql(password: str) -> Iterator[int]:
    """Start a server without durable writes; give its port. Its user is `sealgate`."""
    with directory_of(_USER) as home:
        (home / "password").write_text(password)
        (home / "password").chmod(0o644)
        subprocess.run(
            [
                *(_PROGRAMS / "initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"),
                *("--auth=scram-sha-256", "--username=sealgate"),
                *(f"--pwfile={home / 'password'}", f"--pgdata={home / 'data'}"),
            ],
            check=True,
            capture_output=True,
            cwd=home,
            **identity(_USER),  # type: ignore[call-overload]
        )
        port = free_port()
        command = [
            *(_PROGRAMS / "postgres", "-D", home / "data", "-p", str(port), "-k", home),
            *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
        ]
        with running(
            command, user=_USER, home=home, ending=signal.SIGQUIT, ready=lambda: _is_ready(port)
        ):
            yield port
