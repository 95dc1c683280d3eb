"""Two officers in the policies of a trial installation, each with a key file of their own."""

import base64
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.cli.trial import Trial
from gateway.statements import LocalSigner
from tests.statement_keys import LI, ZHAO

_OFFICERS = {"li-na": LI, "zhao-min": ZHAO}


@dataclass(frozen=True, slots=True)
class TrialOfficers:
    """`li` and `zhao`: what `--key` takes."""

    li: str
    zhao: str


def with_two_officers(trial: Trial, desk: Path) -> TrialOfficers:
    """Name them in the policies, say who the counterparty of a receipt is, and hand out keys."""
    (trial.policies / "officers.yaml").write_text(_policies())
    types = trial.policies / "document-types.yaml"
    types.write_text(types.read_text().replace("  title: 物流回单\n", _RECEIPT))
    return TrialOfficers(li=_key_file(LI, desk), zhao=_key_file(ZHAO, desk))


_RECEIPT = "  title: 物流回单\n  counterparty: consignee\n"


def _key_file(signer: LocalSigner, desk: Path) -> str:
    file = desk / f"{signer.key_id}.pem"
    file.write_bytes(signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"{signer.key_id}={file}"


def _policies() -> str:
    return f"""apiVersion: sealgate/v1
kind: Role
metadata: {{name: officer}}
spec: {{title: 安全官, power: seal-manager}}
---
apiVersion: sealgate/v1
kind: Post
metadata: {{name: officers}}
spec: {{company: group, title: 安全官, roles: [officer]}}
---
apiVersion: sealgate/v1
kind: Governance
metadata: {{name: group}}
spec:
  root: group
  officers: [{", ".join(_OFFICERS)}]
  signatures: {{bundle: 2}}
  automaticSealing: free
{"".join(map(_person, _OFFICERS))}"""


def _person(name: str) -> str:
    public = _OFFICERS[name].public_key
    algorithm = "ed25519" if public.algorithm == "EdDSA" else "ecdsa-p256-sha256"
    key = base64.b64encode(public.value).decode()
    return f"""---
apiVersion: sealgate/v1
kind: Person
metadata: {{name: {name}}}
spec:
  title: {name}
  company: group
  posts: [{{post: officers, from: 2026-01-01}}]
  keys: [{{id: {_OFFICERS[name].key_id}, algorithm: {algorithm}, publicKey: {key}}}]
"""
