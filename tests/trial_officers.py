"""Two officers in the policies of a trial installation, each with a key file of their own."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.officers import name_officers
from gateway.cli.trial.installation import Trial
from gateway.statements import LocalSigner
from tests.statement_keys import LI, WANG

_TITLE = "  title: 物流回单\n"


@dataclass(frozen=True, slots=True)
class TrialOfficers:
    """`li` and `wang`: what `--key` takes."""

    li: str
    wang: str


def with_two_officers(trial: Trial, desk: Path) -> TrialOfficers:
    """Name them in the policies, say who the counterparty of a receipt is, and hand out keys."""
    name_officers(trial, {"li-na": LI, "wang-qiang": WANG})
    types = trial.policies / "document-types.yaml"
    types.write_text(types.read_text().replace(_TITLE, f"{_TITLE}  counterparty: consignee\n"))
    return TrialOfficers(li=_key_file(LI, desk), wang=_key_file(WANG, desk))


def _key_file(signer: LocalSigner, desk: Path) -> str:
    file = desk / f"{signer.key_id}.pem"
    file.write_bytes(signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"{signer.key_id}={file}"
