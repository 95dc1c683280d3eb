"""A real PostgreSQL server for tests: started when the first test asks, once a worker of pytest."""

import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from gateway.store.migrating import migrate
from gateway.store.postgresql import PostgreSQL
from gateway.store.schema import metadata

_BIN = Path("/usr/lib/postgresql/15/bin")
_START_SECONDS = 60.0
_numbers = itertools.count()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def as_its_user(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    words = list(map(str, command))
    return words if os.geteuid() else ["runuser", "-u", "postgres", "--", *words]


@dataclass
class Server:
    """One server, with its data in a directory of its own."""

    directory: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    _shared: PostgreSQL | None = None

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://postgres@{self.address}/{name}"

    def initialise(self) -> None:
        own(self.directory)
        made = as_its_user(
            _BIN / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--no-locale", "--no-sync", "--no-instructions",
        )  # fmt: skip
        subprocess.run(made, check=True, capture_output=True, cwd="/")

    def start(self) -> None:
        chosen = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "shared_buffers": "32MB",
            **self.settings,
        }
        options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        log = (self.directory / "server.log").open("ab")
        self.process = subprocess.Popen(
            as_its_user(_BIN / "postgres", "-D", self.data, *options),
            stdout=log,
            stderr=log,
            cwd="/",
        )
        log.close()
        self.wait()

    def wait(self) -> None:
        """Until it takes connections."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url()):
                return
            told = (self.directory / "server.log").read_text()[-2000:]
            assert self.process is not None
            assert self.process.poll() is None, told
            assert time.monotonic() < deadline, told
            time.sleep(0.02)  # another process, which gives no signal

    def pid(self) -> int:
        """Of the postmaster: `runuser` stands between it and us."""
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            stopped = as_its_user(_BIN / "pg_ctl", "stop", "-D", self.data, "-m", "immediate", "-w")
            subprocess.run(stopped, check=False, capture_output=True, cwd="/")
            self.process.wait(timeout=30)

    def database(self) -> PostgreSQL:
        """A new, empty one."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]  # a name of ours
        return PostgreSQL(url=self.url(name))

    def emptied(self) -> PostgreSQL:
        """The one that tests share, with this version's tables and nothing in them."""
        if self._shared is None:
            self._shared = self.database()
            engine = self._shared.open_writer()
            migrate(engine)
            engine.dispose()
        tables = ", ".join(f'"{name}"' for name in metadata.tables)
        with psycopg.connect(self._shared.url, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")  # type: ignore[call-overload]  # names of ours
            connection.execute("INSERT INTO writer VALUES (1, '', 0)")
        return self._shared


def own(directory: Path) -> None:
    """Give it to the user that the server runs as."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(directory, user.pw_uid, user.pw_gid)


@contextlib.contextmanager
def running_server(**settings: str) -> Iterator[Server]:
    """A server; its directory is one that its user can reach, and goes with it."""
    directory = Path(tempfile.mkdtemp(prefix="sealgate-pg-"))
    server = Server(directory, settings)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server that the tests of a worker share; what it holds need not survive a power cut."""
    with running_server(fsync="off", full_page_writes="off") as server:
        yield server
