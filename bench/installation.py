"""An installation of its own for the benchmark: made by `init`, served by `sealgate serve`."""

import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from bench.errors import BenchError
from bench.rows import READ_TYPE
from gateway.audit.record import read_leaf
from gateway.cli.trial.installation import Trial
from gateway.clock import SystemClock
from gateway.config import load_config
from gateway.store.engines.database import open_reader
from gateway.store.schema import audit_leaf

_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.01
_LOG_TAIL = 2000
_SECRET_BYTES = 48
_MOST_PAGES = 300
_MOST_BYTES = 128 * 1024 * 1024

HMAC_KEY_ID = "tms-hmac"
"""The calling system's second key, for `hmac-sha256`; its secret is `Installation.hmac_secret`."""


class Installation:
    """A trial installation in a directory of its own, with a port of its own."""

    def __init__(self, trial: Trial, *, port: int) -> None:
        self.trial = trial
        self.port = port
        self.log = trial.directory / "serve.log"
        self.samples = trial.directory / "samples"
        self.samples.mkdir()
        self.start_seconds: list[float] = []

    @property
    def config_file(self) -> Path:
        """config.yaml."""
        return self.trial.config_file

    @property
    def hmac_secret(self) -> Path:
        """The secret that the calling system shares with the gateway."""
        return self.trial.policies / "secrets" / HMAC_KEY_ID

    def certificates_of(self, seal: str) -> Path:
        """PEM: the seal's certificate, then the demo CA's."""
        return self.trial.policies / "certificates" / f"{seal}.pem"

    @contextmanager
    def serve(self, *program: str) -> Iterator[int]:
        """Run `sealgate serve` meanwhile: ready at the beginning, cleanly stopped at the end.

        Gives the process id.

        Args:
            program: `python -m` with these arguments instead.

        Raises:
            BenchError: it did not become ready, or did not stop with code 0.
        """
        ordinary = ("gateway", "serve", "--config", str(self.config_file))
        with self.log.open("wb") as log:
            began = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-m", *(program or ordinary)],
                stdin=subprocess.DEVNULL,
                stderr=log,
            )
            try:
                self._wait_until_ready(process)
                self.start_seconds.append(time.monotonic() - began)
                yield process.pid
                process.send_signal(signal.SIGTERM)
                code = process.wait(_STOP_SECONDS)
            finally:
                process.kill()
                process.wait()
        if code != 0:
            raise BenchError(f"the gateway stopped with code {code}: {self._last_words()}")

    def audit_kinds(self, *, since: int) -> Counter[str]:
        """How many records of each kind the audit log has from this index on.

        Only while the gateway does not run: one process owns the database.
        """
        database = load_config(self.config_file).database
        if not database.exists():
            return Counter()
        engine = open_reader(database)
        with engine.connect() as connection:
            leaves = connection.execute(
                select(audit_leaf.c.leaf).where(audit_leaf.c.index >= since)
            )
            kinds = Counter(str(read_leaf(leaf)["kind"]) for (leaf,) in leaves)
        engine.dispose()
        return kinds

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        patience = time.monotonic() + _START_SECONDS
        while b'"event":"ready"' not in self.log.read_bytes():
            if process.poll() is not None or time.monotonic() > patience:
                raise BenchError(f"the gateway did not become ready: {self._last_words()}")
            time.sleep(_LOOK_SECONDS)

    def _last_words(self) -> str:
        return self.log.read_bytes()[-_LOG_TAIL:].decode(errors="replace")


@contextmanager
def temporary_installation(parent: Path) -> Iterator[Installation]:
    """Make an installation below `parent`, and remove it afterwards.

    `parent` MUST be on the kind of disk that is to be measured: on a tmpfs nothing is durable, and
    the figures would be of something else.
    """
    parent.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="bench-", dir=parent)).absolute()
    try:
        trial = Trial(directory)
        trial.set_up(now=SystemClock().now(), tell=lambda _line: None, signed=False)
        port = _free_port()
        text = trial.config_file.read_text(encoding="utf-8")
        trial.config_file.write_text(with_port(text, port), encoding="utf-8")
        installation = Installation(trial, port=port)
        _add_hmac_key(installation)
        _allow_what_is_measured(installation)
        _add_rules_that_read(installation)
        yield installation
    finally:
        shutil.rmtree(directory)


def with_port(config: str, port: int) -> str:
    """The text of a config.yaml with another port.

    Raises:
        BenchError: it does not name its port exactly once.
    """
    changed, count = re.subn(r"^(\s+port: )\d+$", rf"\g<1>{port}", config, flags=re.MULTILINE)
    if count != 1:
        raise BenchError(
            f"the trial's config.yaml names its port {count} times; bench expects once"
        )
    return changed


def _add_hmac_key(installation: Installation) -> None:
    installation.hmac_secret.parent.mkdir(mode=0o700)
    installation.hmac_secret.write_text(secrets.token_urlsafe(_SECRET_BYTES), encoding="ascii")
    file = installation.trial.policies / "systems.yaml"
    text = file.read_text(encoding="utf-8")
    keys = "  keys:\n"
    entry = (
        f"    - {{id: {HMAC_KEY_ID}, algorithm: hmac-sha256, secretFile: secrets/{HMAC_KEY_ID}}}\n"
    )
    if text.count(keys) != 1:
        raise BenchError("the trial's systems.yaml has not one list of keys; bench expects one")
    file.write_text(text.replace(keys, keys + entry), encoding="utf-8")


def _allow_what_is_measured(installation: Installation) -> None:
    """Documents of 200 pages by the trial's rule, and of 100 MB by the configuration."""
    policy = installation.trial.policies / "receipts.yaml"
    text = policy.read_text(encoding="utf-8")
    changed = text.replace("doc.pages <= 3 ", f"doc.pages <= {_MOST_PAGES} ")
    if changed == text:
        raise BenchError("the trial's rule says nothing of `doc.pages <= 3`; bench expects it")
    policy.write_text(changed, encoding="utf-8")
    config = installation.config_file
    text = config.read_text(encoding="utf-8")
    http = f"http:\n  max_document_bytes: {_MOST_BYTES}\n"
    config.write_text(text.replace("http:\n", http, 1), encoding="utf-8")


_RULES_THAT_READ = f"""apiVersion: sealgate/v1
kind: DocumentType
metadata: {{name: {READ_TYPE}}}
spec:
  attributes:
    amount_cents: {{type: integer, required: true, minimum: 0}}
    consignee: {{type: string, required: true, party: true}}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {{name: read-receipts}}
spec:
  seals: [receipt-east]
  documentTypes: [{READ_TYPE}]
  permit: [{{id: tms, systems: [tms]}}]
  forbid:
    - {{id: amount, when: "doc.amounts != [doc.attributes.amount_cents]"}}
    - {{id: payee, when: "!(doc.attributes.consignee in doc.parties)"}}
    - {{id: words, when: '!doc.text.contains("收货人签章")'}}
    - {{id: template, when: 'doc.template == "withdrawn@1"'}}
tests:
  - name: what nobody has read is not sealed
    request: {{system: tms, doc: {{attributes: {{amount_cents: 1, consignee: a}}}}}}
    expect: denied
    rule: read-receipts/amount
"""


def _add_rules_that_read(installation: Installation) -> None:
    file = installation.trial.policies / "read-receipts.yaml"
    file.write_text(_RULES_THAT_READ, encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
