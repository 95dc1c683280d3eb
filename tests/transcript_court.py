"""A transcript, the documents and the roots, as they lie on the table of whoever judges them."""

from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner, Result

from cloud_bridge.envelopes import transcript
from cloud_bridge.model import NetworkIdentity
from gateway.cli.app import app
from tests.envelope_parties import Envelope
from tests.seals_of_companies import authority, certify, sign_card

ROOT = authority()


def sealgate(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["envelope", *map(str, words)])


@dataclass
class Court:
    """What lies on the table."""

    folder: Path
    made: Envelope
    file: Path
    roots: Path

    def judged(self, *more: str | Path) -> Result:
        return sealgate("verify", self.file, "--roots", self.roots, *more)

    def write(self) -> None:
        companies = self.made.companies
        cards = [
            sign_card(each.card, certify("专用章", by=ROOT, organisation=each.name))
            for each in (companies["org-buyer"], companies["org-seller"])
        ]
        network = NetworkIdentity(name="示例网络", signing_key=self.made.network.public)
        self.file.write_bytes(transcript.write(network, self.made.record(*cards)))
