"""A network of its own for the benchmark, run as its operator runs it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from cloud_bridge.client.model import Way
from cloud_bridge.keys import SigningKey
from tests.postgres_server import free_port

_START_SECONDS = 60.0
_LOOK_SECONDS = 0.02
_UNTIL = "2099-12-31"
_NO_LIMITS = (
    "limits:\n  requests_per_second: 100000\n  burst: 100000\n  connections_per_address: null\n"
)
SEALGATE = (sys.executable, "-m", "gateway")


@dataclass(frozen=True, slots=True)
class Network:
    """Its folder and port; `plain`: without TLS."""

    folder: Path
    port: int
    plain: bool

    @classmethod
    def made(cls, folder: Path, *, plain: bool = False) -> "Network":
        """A new one, which limits nobody."""
        network = cls(folder, free_port(), plain)
        where = ("--directory", str(folder), "--port", str(network.port))
        run("network", "init", *where, "--plain" if plain else "--tls")
        config = network.config.read_text(encoding="utf-8")
        network.config.write_text(config + _NO_LIMITS, encoding="utf-8")
        return network

    @property
    def config(self) -> Path:
        """network.yaml."""
        return self.folder / "network.yaml"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'http' if self.plain else 'https'}://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        """What signs its entries."""
        return SigningKey.from_pem((self.folder / "keys" / "network.pem").read_bytes()).public

    @property
    def ca(self) -> Path:
        """Of its server's certificate."""
        return self.folder / "tls" / "ca.pem"

    @property
    def persons_root(self) -> Path:
        """Of the certificates that persons sign with."""
        return self.folder / "persons-root.pem"

    def add_organisation(self, id: str, name: str, *, key: str, out: Path) -> None:  # noqa: A002 - the network's own word
        """Take a company in; its client certificate is written to `out`."""
        of = ("--id", id, "--name", name, "--signing-key", key, "--out", str(out))
        run("network", "organisation", "add", *of, "--expires", _UNTIL, "-c", str(self.config))

    def join(self, organisation: str, name: str, key: SigningKey, *, out: Path) -> Way:
        """Take an organisation in; gives its way here."""
        self.add_organisation(organisation, name, key=key.public, out=out)
        return Way(
            url=self.url,
            network_key=self.key,
            ca=None if self.plain else self.ca,
            certificate=None if self.plain else out / "client.pem",
            key=None if self.plain else out / "client-key.pem",
        )

    @contextmanager
    def serve(self, *before: str) -> Iterator[int]:
        """Run it meanwhile; gives its process id.

        Args:
            before: words of a program that starts it, such as `taskset -c 0`.

        Raises:
            BenchError: it did not become ready.
        """
        log = self.folder / "network.log"
        command = (*before, *SEALGATE, "network", "serve", "-c", str(self.config))
        with log.open("wb") as out:
            process = subprocess.Popen(command, stderr=out)
        try:
            deadline = time.monotonic() + _START_SECONDS
            while b'"ready"' not in log.read_bytes():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise BenchError(f"the network is not ready: {log.read_text('utf-8')[-2000:]}")
                time.sleep(_LOOK_SECONDS)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def run(*words: str) -> str:
    """What a command says.

    Raises:
        BenchError: it failed.
    """
    done = subprocess.run((*SEALGATE, *words), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"sealgate {' '.join(words)}: {done.stderr}")
    return done.stdout
