"""Officers of a caller's own in the policies of a trial installation, in the place of its two."""

import base64
from collections.abc import Mapping

from gateway.cli.trial.installation import Trial
from gateway.statements import LocalSigner

_GOVERNANCE = """apiVersion: sealgate/v1
kind: Role
metadata: {name: officer}
spec: {title: 安全官, power: seal-manager}
---
apiVersion: sealgate/v1
kind: Post
metadata: {name: officers}
spec: {company: group, title: 安全官, roles: [officer]}
---
apiVersion: sealgate/v1
kind: Governance
metadata: {name: group}
spec:
  root: group
  officers: [OFFICERS]
  signatures: {bundle: 2}
  automaticSealing: free
"""


def name_officers(trial: Trial, officers: Mapping[str, LocalSigner]) -> None:
    """Write them into the policies, by name, each with the public key of their signer."""
    governance = _GOVERNANCE.replace("OFFICERS", ", ".join(officers))
    persons = "".join(_person(name, signer) for name, signer in officers.items())
    file = trial.policies / "officers.yaml"
    file.write_text(governance + persons, encoding="utf-8")


def _person(name: str, signer: LocalSigner) -> str:
    public = signer.public_key
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
  keys: [{{id: {public.id}, algorithm: {algorithm}, publicKey: {key}}}]
"""
