"""The network between the companies, as its operator runs it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from examples.running import PROGRAM, Program

_UNTIL = "2030-12-31"


@dataclass(frozen=True, slots=True)
class TrialNetwork:
    """Its folder and port, and what the operator does there."""

    directory: Path
    port: int = 8490

    @property
    def config_file(self) -> Path:
        """network.yaml."""
        return self.directory / "network.yaml"

    @property
    def url(self) -> str:
        """Where organisations and persons reach it."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca(self) -> Path:
        """Of its server's certificate."""
        return self.directory / "tls" / "ca.pem"

    @property
    def persons_root(self) -> Path:
        """Of the certificates that persons sign with."""
        return self.directory / "persons-root.pem"

    @property
    def key(self) -> str:
        """Which organisations pin."""
        told = json.loads(self._told("identity", "--json"))
        return str(told["signingKey"])

    def set_up(self) -> None:
        """Make it, unless it is there."""
        if not self.config_file.exists():
            where = ("--directory", self.directory, "--port", str(self.port))
            command = (PROGRAM, "network", "init", "--name", "示例签约网络", *where)
            subprocess.run(command, check=True, capture_output=True)

    def program(self) -> Program:
        """What serves it."""
        return Program(
            command=(PROGRAM, "network", "serve", "-c", self.config_file),
            ready=f"{self.url}/healthz",
            log=self.directory / "network.log",
            ca=self.ca,
        )

    def add_organisation(self, id: str, name: str, *, key: str, out: Path) -> None:  # noqa: A002 - the network's own word
        """Take a company in; its client certificate is written to `out`."""
        of = ("--id", id, "--name", name, "--signing-key", key, "--out", out)
        self._told("organisation", "add", *of, "--expires", _UNTIL)

    def add_person(self, name: str, *, contact: str) -> str:
        """Take a person in; gives the account."""
        of = ("--name", name, "--contact", contact, "--expires", _UNTIL)
        return self._told("person", "add", *of).strip()

    def last_code(self, contact: str) -> str:
        """The code that was sent to a telephone last: in a trial they go to a file."""
        lines = (self.directory / "state" / "codes.jsonl").read_text(encoding="utf-8")
        sent = [json.loads(line) for line in lines.splitlines()]
        return str([each["code"] for each in sent if each["contact"] == contact][-1])

    def _told(self, *words: str | Path) -> str:
        command = (PROGRAM, "network", *words, "-c", self.config_file)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
