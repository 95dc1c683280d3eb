"""Officers, and bundles that they sign."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.bundles.authority import Authority
from gateway.bundles.building import build, rolled_back
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import read
from gateway.bundles.signing import signed
from gateway.statements import LocalSigner
from policies.bundle import Bundle
from policies.loader import load_bundle
from policies.objects.group import Governance, Signatures
from policies.objects.people import Person, PersonKey

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)

SOURCE = """
apiVersion: sealgate/v1
kind: Company
metadata: {name: group}
spec: {title: 示例物流}
---
apiVersion: sealgate/v1
kind: System
metadata: {name: tms}
spec:
  company: group
  keys: [{id: tms-2026, algorithm: hmac-sha256, secretFile: secrets/tms}]
---
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: receipt}
spec: {attributes: {amount_cents: {type: integer, minimum: 0}}}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: receipt-east}
spec:
  company: group
  type: 回单章
  state: active
  key: receipt-east
  certificate: seal.pem
  stamp: {picture: {file: 图/mark.png, widthMillimetres: 30}}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: receipts}
spec:
  seals: [receipt-east]
  documentTypes: [receipt]
  permit: [{id: automatic, systems: [tms], when: doc.pages < 4, limits: {perHour: 3}}]
tests:
  - {name: a receipt, request: {system: tms}, expect: allowed}
"""
FILES = MappingProxyType({"seal.pem": b"a certificate", "图/mark.png": b"a picture" * 99})


def key(name: str, number: int = 1) -> LocalSigner:
    """An officer's key; the same in each run."""
    seed = f"{name}-{number}".encode().ljust(32, b".")
    return LocalSigner(f"{name}-{number}", Ed25519PrivateKey.from_private_bytes(seed))


def person(name: str, *keys: LocalSigner, group: str = "group") -> Person:
    """An officer with these keys, or with the first."""
    return Person(
        name=name,
        title=name,
        company=group,
        keys=tuple(
            PersonKey(id=each.key_id, algorithm="ed25519", public_key=each.public_key.value)
            for each in keys or (key(name),)
        ),
    )


@dataclass
class Group:
    """A group that writes bundles: its officers, and how many of them sign."""

    officers: tuple[Person, ...] = field(
        default_factory=lambda: (
            person("li", key("li"), key("li", 2)),
            person("wang"),
            person("zhao"),
        )
    )
    signatures: int = 2
    name: str = "group"
    source: str = SOURCE
    files: Mapping[str, bytes] = field(default_factory=lambda: FILES)

    def compile(self, sources: Mapping[str, str]) -> Bundle:
        """The YAML, ruled by these officers."""
        governance = Governance(
            name="group",
            root=self.name,
            officers=tuple(each.name for each in self.officers),
            signatures=Signatures(bundle=self.signatures),
        )
        persons = MappingProxyType({each.name: each for each in self.officers})
        return replace(load_bundle(sources), governance=governance, persons=persons)

    @property
    def root(self) -> Authority:
        """Its officers as first ones."""
        return Authority.of(self.compile({"all.yaml": self.source}))

    def built(self, *, after: Manifest | None = None) -> bytes:
        """A bundle that nobody has signed."""
        return build(
            {"all.yaml": self.source},
            file=lambda path: self.files[path],
            after=after,
            at=AT,
            compile_sources=self.compile,
        )

    def sign(self, data: bytes, *signers: LocalSigner) -> bytes:
        """Signed by these, or by Li and Wang."""
        for signer in signers or (key("li"), key("wang")):
            data = signed(read(data), signer=signer, compile_sources=self.compile)
        return data

    def published(self, *, after: Manifest | None = None) -> bytes:
        """Built and signed by enough of them."""
        return self.sign(self.built(after=after))

    def rolled_back(self, data: bytes, *, after: Manifest) -> bytes:
        """An earlier one once more, signed."""
        return self.sign(rolled_back(read(data), after=after, at=AT))
