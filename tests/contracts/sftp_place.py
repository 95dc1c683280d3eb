"""OpenSSH's own server, started by the test on a free port of this machine."""

import asyncio
import getpass
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from connectors.interfaces import Connector
from connectors.sftp.connector import SFTPConnector
from connectors.sftp.settings import SFTPSettings
from tests.contracts.connector_places import Arrived, HandMovedTime, arrived_in

_SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host_key
PidFile none
AuthorizedKeysFile {directory}/client_key.pub
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
Subsystem sftp internal-sftp
"""


@dataclass
class SFTPServer:
    """One sshd; its keys are made anew for each."""

    directory: Path
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        for name in ("host_key", "client_key", "other_key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.directory / name],
                check=True,
            )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (self.directory / "config").write_text(
            _CONFIG.format(port=self.port, directory=self.directory)
        )
        key = (self.directory / "host_key.pub").read_text()
        (self.directory / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {key}")
        # The server's separated part wants it; a machine that runs sshd has it.
        if getpass.getuser() == "root":
            Path("/run/sshd").mkdir(exist_ok=True)

    def start(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [_SSHD, "-D", "-e", "-f", self.directory / "config"], stderr=log
            )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, (self.directory / "log").read_text()
            time.sleep(0.02)
        raise AssertionError("sshd does not listen")

    def stop(self) -> None:
        if self.process is not None:
            # The sessions are processes of their own, below it.
            subprocess.run(["pkill", "-TERM", "-P", str(self.process.pid)], check=False)
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)
            self.process = None


@dataclass
class SFTPPlace:
    """A folder of a server."""

    server: SFTPServer
    root: Path
    time: HandMovedTime = field(default_factory=HandMovedTime)

    def __post_init__(self) -> None:
        (self.root / "inbox").mkdir(parents=True)

    def connector(self, *, known_hosts: str = "known_hosts") -> Connector:
        directory = self.server.directory
        settings = SFTPSettings(
            name="wms",
            host="127.0.0.1",
            port=self.server.port,
            user=getpass.getuser(),
            path=str(self.root),
            known_hosts=directory / known_hosts,
            key_file=directory / "client_key",
            settle_seconds=0,
            timeout_seconds=10,
        )
        return SFTPConnector(settings, time=self.time)

    async def put(self, name: str, content: bytes) -> None:
        (self.root / "inbox" / name).write_bytes(content)

    async def arrived(self) -> list[Arrived]:
        return arrived_in(self.root)

    async def go_away(self) -> None:
        await asyncio.to_thread(self.server.stop)

    async def come_back(self) -> None:
        await asyncio.to_thread(self.server.start)
