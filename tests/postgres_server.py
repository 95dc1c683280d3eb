"""A real PostgreSQL server for tests: started when the first test asks, once a worker of pytest."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.store.engines.postgresql import PostgreSQL
from gateway.store.migrating import migrate
from gateway.store.schema import metadata
from tests.running_gateway import descendants

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

    def kill(self) -> None:
        """SIGKILL to all of its processes, as if the machine had lost its power."""
        postmaster = self.pid()
        for pid in (postmaster, *descendants(postmaster)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait(timeout=30)

    def copy_from(self, primary: "Server") -> None:
        """Become a standby that has all that the primary acknowledges, once it runs."""
        own(self.directory)
        url = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        made = as_its_user(
            _BIN / "pg_basebackup", "-D", self.data, "-d", url, "-R", "-X", "stream",
            "-c", "fast", "--no-sync",
        )  # fmt: skip
        subprocess.run(made, check=True, capture_output=True, cwd="/")

    def promote(self) -> None:
        """From a standby to the server that takes writes."""
        promoted = as_its_user(_BIN / "pg_ctl", "promote", "-D", self.data, "-w")
        subprocess.run(promoted, check=True, capture_output=True, cwd="/")

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


@dataclass
class Pair:
    """A primary, and a standby for which its commits wait."""

    primary: Server
    standby: Server

    def url(self, name: str = "postgres") -> str:
        """Of whichever takes writes."""
        hosts = ",".join(each.address for each in (self.primary, self.standby))
        return f"postgresql://postgres@{hosts}/{name}"


@contextlib.contextmanager
def running_pair() -> Iterator[Pair]:
    """Both, durable as in earnest."""
    with running_server(fsync="on") as primary:
        directory = Path(tempfile.mkdtemp(prefix="sealgate-pg-"))
        standby = Server(directory)
        try:
            standby.copy_from(primary)
            standby.start()
            with psycopg.connect(primary.url(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
                connection.execute("SELECT pg_reload_conf()")
                _until_synchronous(connection)
            yield Pair(primary, standby)
        finally:
            standby.stop()
            shutil.rmtree(directory, ignore_errors=True)


def _until_synchronous(connection: "psycopg.Connection[Any]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    query = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
    while connection.execute(query).fetchone() is None:
        assert time.monotonic() < deadline, "the standby does not follow"
        time.sleep(0.02)  # another process, which gives no signal


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server that the tests of a worker share; what it holds need not survive a power cut."""
    with running_server(fsync="off", full_page_writes="off") as server:
        yield server
