"""A company on the network: its trial installation, and what joins the one to the other."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from examples.envelopes.network import TrialNetwork
from examples.running import PROGRAM, Program, client_of, gateway_of
from gateway.cli.trial.installation import Trial
from gateway.client import GatewayClient
from gateway.config import load_config

_BRIDGE = """\
bridge:
  url: {network.url}
  network_key: {network.key}
  ca: {folder}/network-ca.pem
  trusted_roots: {folder}/partners
  persons_root: {folder}/persons-root.pem
  companies:
    - company: {name}
      organisation: {organisation}
      name: {title}
      signing_key: {folder}/signing.pem
      encryption_key: {folder}/encryption.pem
      client_certificate: {folder}/client.pem
      client_key: {folder}/client-key.pem
      card_seal: contract
      system: bridge
      inbound:
        - {{type: purchase-contract, document_type: purchase-contract, seal: contract}}
        - {{type: delivery-receipt, document_type: delivery-receipt, seal: contract}}
"""


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the demo.

    Attributes:
        name: as `sealgate init --company` has it, and its policies.
        directory: of its installation.
        port: where its gateway listens; None: where its trial installation says.
    """

    name: str
    directory: Path
    port: int | None = None

    @property
    def trial(self) -> Trial:
        """Its installation."""
        return Trial(self.directory, self.name)

    @property
    def title(self) -> str:
        """Its legal name."""
        return self.trial.kit.values["title"]

    @property
    def organisation(self) -> str:
        """Its id on the network."""
        return f"org-{self.name}"

    @property
    def ca(self) -> Path:
        """Of its seals."""
        return self.trial.ca_file

    @property
    def url(self) -> str:
        """Where its gateway listens."""
        http = load_config(self.trial.config_file).http
        return f"http://{http.host}:{http.port}"

    def set_up(self) -> None:
        """Token, CA, officers, policies: make what is missing."""
        command = (PROGRAM, "init", "--directory", self.directory, "--company", self.name)
        subprocess.run(command, check=True, capture_output=True)
        if self.port is not None:
            config = self.trial.config_file.read_text(encoding="utf-8")
            usual = f"port: {self.trial.kit.values['port']}"
            there = config.replace(usual, f"port: {self.port}")
            self.trial.config_file.write_text(there, encoding="utf-8")

    def join(self, network: TrialNetwork, partner: "Company") -> None:
        """Enter the network, and trust the partner's CA. Once; what is there stays."""
        folder = self.trial.directory / "bridge"
        if (folder / "client.pem").exists():
            return
        (folder / "partners").mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(partner.ca, folder / "partners" / f"{partner.name}.pem")
        shutil.copyfile(network.persons_root, folder / "persons-root.pem")
        config = self.trial.config_file.read_text(encoding="utf-8")
        if "\nbridge:" not in config:
            section = _BRIDGE.format(
                network=network,
                folder=folder,
                name=self.name,
                organisation=self.organisation,
                title=self.title,
            )
            self.trial.config_file.write_text(config + section, encoding="utf-8")
        (made,) = json.loads(self.told("bridge", "keys", "--json"))
        network.add_organisation(self.organisation, self.title, key=made["signingKey"], out=folder)

    def program(self) -> Program:
        """Its gateway."""
        return gateway_of(self.trial, self.url)

    def client(self) -> GatewayClient:
        """Its own system."""
        return client_of(self.trial, self.url)

    def denied_last(self) -> list[tuple[str, str]]:
        """Rule and words of what its policies denied last, from its own audit log."""
        lines = self.told("audit", "show", "-n", "20", "--json").splitlines()
        denied = [each for each in map(json.loads, lines) if each["kind"] == "denied"]
        reasons = denied[-1]["decision"]["reasons"] if denied else []
        return [(each["rule"], each["message"]) for each in reasons]

    def told_alone(self, *words: str | Path) -> str:
        """The same of a command that looks at no installation."""
        return _told(self.name, words)

    def told(self, *words: str | Path) -> str:
        """What a command says on its installation; SystemExit: it fails."""
        return _told(self.name, (*words, "-c", self.trial.config_file))


def _told(name: str, words: Sequence[str | Path]) -> str:
    done = subprocess.run((PROGRAM, *words), check=False, capture_output=True, text=True)
    if done.returncode:
        named = " ".join(map(str, words))
        raise SystemExit(f"{name}: sealgate {named}: {done.stdout}{done.stderr}")
    return done.stdout
