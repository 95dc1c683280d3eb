"""MariaDB as Debian ships it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.process import answers, directory_of, free_port, identity, running

_USER = "mysql"


@contextmanager
def mariadb(password: str) -> Iterator[int]:
    """Start a server without durable writes; give its port. Its user is `sealgate`."""
    with directory_of(_USER) as home:
        subprocess.run(
            [
                *("mariadb-install-db", "--no-defaults", f"--datadir={home / 'data'}"),
                *("--auth-root-authentication-method=normal", "--skip-test-db"),
            ],
            check=True,
            capture_output=True,
            cwd=home,
            **identity(_USER),  # type: ignore[call-overload]
        )
        start = home / "start.sql"
        start.write_text(
            "CREATE DATABASE wms CHARACTER SET utf8mb4;\n"
            f"CREATE USER sealgate@127.0.0.1 IDENTIFIED BY '{password}';\n"
            "GRANT ALL ON wms.* TO sealgate@127.0.0.1;\n"
        )
        start.chmod(0o644)
        port = free_port()
        command = [
            *("mariadbd", "--no-defaults", f"--datadir={home / 'data'}"),
            *(f"--port={port}", "--bind-address=127.0.0.1", f"--socket={home / 'socket'}"),
            *(f"--init-file={start}", "--innodb-flush-log-at-trx-commit=0"),
            *("--innodb-buffer-pool-size=16M", "--performance-schema=OFF", "--skip-log-bin"),
            *("--skip-name-resolve", "--max-allowed-packet=64M"),
        ]
        with running(command, user=_USER, home=home, ready=lambda: answers(port)):
            yield port
