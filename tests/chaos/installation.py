"""A trial installation behind the shim, at a port that stays the same after a restart."""

import dataclasses
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.cli.options import CLIENT_KEY_ID
from gateway.cli.trial.installation import Trial
from gateway.cli.trial.kits import LOGISTICS_NAME
from gateway.client import GatewayClient, RequestSigner
from gateway.clock import SystemClock
from tests.hsm_shim.shim import HSMShim

_SEALGATE = (sys.executable, "-m", "gateway")
_SOUTH = """
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {{name: receipts-south}}
spec:
  seals: [receipt-south]
  documentTypes: [logistics-receipt]
  timeZone: Asia/Shanghai
  permit:
    - id: limited
      systems: [tms]
      when: doc.pages <= 3 && doc.attributes.amount_cents <= 5000000
      limits: {{perMonth: {per_month}}}
tests:
  - {{name: a receipt is sealed, request: {{system: tms, seal: receipt-south, at: "{at}",
     documentType: logistics-receipt, doc: {{pages: 1, attributes: {{amount_cents: 1}}}}}},
     expect: allowed}}
  - {{name: a book is not, request: {{system: tms, seal: receipt-south, at: "{at}",
     documentType: logistics-receipt, doc: {{pages: 9, attributes: {{amount_cents: 1}}}}}},
     expect: denied}}
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Installation:
    """One that may be killed.

    Attributes:
        trial: where everything is.
        shim: the HSM that fails on purpose, in front of SoftHSM.
        port: where it listens, also after a restart.
        limits: how many documents a rule permits in a month, by `POLICY/RULE`.
        database: URL of its PostgreSQL database; None: SQLite.
    """

    trial: Trial
    shim: HSMShim
    port: int
    limits: Mapping[str, int]
    database: str | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def command(self) -> tuple[str, ...]:
        """Serves it."""
        return (*_SEALGATE, "serve", "-c", str(self.trial.config_file))

    @property
    def log_file(self) -> Path:
        """What all its processes write."""
        return self.trial.directory / "gateway.log"

    @property
    def tokens(self) -> Path:
        """Of SoftHSM."""
        return self.trial.hsm / "tokens"

    @property
    def state(self) -> Path:
        """Database, documents and tree heads."""
        return self.trial.directory / "state"

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The command line on it."""
        return subprocess.run(
            [*_SEALGATE, *arguments, "-c", str(self.trial.config_file)],
            capture_output=True,
            text=True,
            check=False,
        )

    def signer(self) -> RequestSigner:
        """Of the system `tms`."""
        return RequestSigner.from_file(
            self.trial.client_key, key_id=CLIENT_KEY_ID, clock=SystemClock()
        )

    def client(self) -> GatewayClient:
        """Of the same."""
        return GatewayClient(self.url, self.signer())

    def secrets(self) -> tuple[bytes, ...]:
        """The PINs."""
        return (
            self.trial.pin_file.read_bytes().strip(),
            (self.trial.hsm / "so-pin").read_bytes().strip(),
        )

    def said(self) -> Iterator[tuple[str, bytes]]:
        """All that was written for people to read."""
        yield "gateway.log", self.log_file.read_bytes()
        yield "the shim's log", self.shim.log_file.read_bytes()


def install(
    template: Path,
    directory: Path,
    *,
    hsm: Mapping[str, object] | None = None,
    per_month: int = 0,
    database: str | None = None,
    kit: str = LOGISTICS_NAME,
) -> Installation:
    """Copy a trial installation and put the shim in front of its token.

    Args:
        template: made by `sealgate init`.
        directory: where the copy goes.
        hsm: keys of the configuration's `hsm` besides, such as `sessions`.
        per_month: how many documents may get the seal `receipt-south`; 0 for no limit.
        database: URL of a PostgreSQL database in place of SQLite.
        kit: as `sealgate init --company` has it.
    """
    shutil.copytree(template, directory)
    trial = Trial(directory, kit)
    module = _pointed_elsewhere(trial, template)
    shim = HSMShim(directory / "shim", module=module)
    port = free_port()
    text = trial.config_file.read_text(encoding="utf-8")
    text = text.replace(trial.signed.configured(signed=True), trial.signed.configured(signed=False))
    text = text.replace(f"module: {module}", f"module: {shim.module}")
    text = re.sub(r"port: \d+", f"port: {port}", text)
    # One signature a key: the log of the shim would be of self-tests only.
    text = re.sub(r"self_test_seconds: .*", "self_test_seconds: 0", text)
    told = "".join(f"    {name}: {path}\n" for name, path in shim.environment.items())
    told += "".join(f"  {name}: {value}\n" for name, value in (hsm or {}).items())
    text = re.sub(r"(    SOFTHSM2_CONF: .*\n)", rf"\g<1>{told}", text)
    # In proportion to the small volumes that are to be filled.
    text += "jobs: {least_free_bytes: 67108864, reserve_bytes: 4194304}\n"
    if database is not None:
        text += f"store:\n  url: {database}\n  documents: {directory}/state/documents\n"
    trial.config_file.write_text(text, encoding="utf-8")
    shutil.rmtree(trial.signed.bundles)
    trial.signed.root.unlink()
    return Installation(
        trial=trial,
        shim=shim,
        port=port,
        limits=_limited(trial, per_month),
        database=database,
    )


def _pointed_elsewhere(trial: Trial, template: Path) -> Path:
    """Let the copy name its own files; gives the module that it has."""
    named = (trial.config_file, trial.hsm / "softhsm2.conf", *trial.connectors.glob("*.yaml"))
    for file in named:
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(str(template), str(trial.directory)), encoding="utf-8")
    module = re.search(r"  module: (\S+)", trial.config_file.read_text(encoding="utf-8"))
    assert module is not None
    return Path(module[1])


def _limited(trial: Trial, per_month: int) -> dict[str, int]:
    """The seal of the south gets a rule of its own, which permits so many documents a month."""
    if not per_month:
        return {}
    rules = trial.policies / "receipts.yaml"
    text = rules.read_text(encoding="utf-8")
    both = "seals: [receipt-east, receipt-south]"
    assert both in text
    rules.write_text(text.replace(both, "seals: [receipt-east]"), encoding="utf-8")
    south = _SOUTH.format(per_month=per_month, at=SystemClock().now().isoformat(timespec="seconds"))
    (trial.policies / "receipts-south.yaml").write_text(south, encoding="utf-8")
    return {"receipts-south/limited": per_month}


def free_port() -> int:
    """A port of 127.0.0.1 at which nobody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
