"""The drawn group as signed bundle files, with a certificate for each seal."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.policy_group import AT, group_of, with_a_forbid
from gateway.bundles.authority import Authority
from gateway.bundles.building import build
from gateway.bundles.manifest import TYP, Manifest
from gateway.bundles.reading import peek, read, written
from gateway.cli.trial.certificates import TrialCA
from gateway.statements import LocalSigner, add_signature
from hsm.interfaces import KeyDescription
from policies.bundle import Bundle
from policies.compiled import compiled
from policies.objects.people import Person, PersonKey

_OFFICERS = ("li", "wang")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedGroup:
    """Two bundle files of one group, of which the second forbids one thing more.

    Attributes:
        first: a group's first bundle.
        second: what follows it.
        root: its first officers, as a file.
        keys: the seals' keys, as the signer would name them.
        rules: of the second.
    """

    first: bytes
    second: bytes
    root: bytes
    keys: tuple[KeyDescription, ...]
    rules: int


def signed_group(*, companies: int, seals: int, rules: int) -> SignedGroup:
    """Draw it, and have its officers sign it twice.

    All seals have one key pair, as drawing thousands says nothing about bundles; each has a
    certificate of its own.
    """
    signers = tuple(
        LocalSigner(f"{name}-1", Ed25519PrivateKey.from_private_bytes(_seed(name)))
        for name in _OFFICERS
    )
    old = _ruled(group_of(companies=companies, seals=seals, rules=rules), signers)
    new = with_a_forbid(old)
    public_key = (
        ec.derive_private_key(7, ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    files = _certificates(old, public_key)
    first = _signed(old, files, signers, after=None)
    return SignedGroup(
        first=first,
        second=_signed(new, files, signers, after=peek(first)),
        root=Authority.of(old).written(),
        keys=tuple(_described(seal.key, public_key) for seal in old.seals.values()),
        rules=sum(len(each.permit) + len(each.forbid) for each in new.policies.values()),
    )


def _seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _ruled(bundle: Bundle, signers: tuple[LocalSigner, ...]) -> Bundle:
    if bundle.governance is None:
        raise ValueError("the drawn group says nothing of officers")
    persons = {
        name: Person(
            name=name,
            title=name,
            company=bundle.governance.root,
            keys=(
                PersonKey(
                    id=signer.key_id, algorithm="ed25519", public_key=signer.public_key.value
                ),
            ),
        )
        for name, signer in zip(_OFFICERS, signers, strict=True)
    }
    return replace(
        bundle,
        persons=MappingProxyType(persons),
        governance=msgspec.structs.replace(bundle.governance, officers=_OFFICERS),
    )


def _certificates(bundle: Bundle, public_key: bytes) -> dict[str, bytes]:
    authority = TrialCA(now=AT)
    return {
        seal.certificate: authority.issue(
            public_key, common_name=seal.name, organisation=seal.company
        ).encode()
        for seal in bundle.seals.values()
    }


def _signed(
    bundle: Bundle,
    files: Mapping[str, bytes],
    signers: tuple[LocalSigner, ...],
    *,
    after: Manifest | None,
) -> bytes:
    # The drawn group was never YAML. Its objects as JSON stand in for it: they are about as long.
    sources = {
        f"{name}.yaml": msgspec.json.encode(msgspec.msgpack.decode(piece)).decode()
        for name, piece in compiled(bundle).items()
    }
    data = build(
        sources,
        file=files.__getitem__,
        after=after,
        at=AT,
        compile_sources=lambda _sources: bundle,
    )
    sealed = read(data)
    statement = sealed.statement
    for signer in signers:
        statement = add_signature(statement, typ=TYP, signer=signer)
    return written(statement, pieces=sealed.pieces, files=sealed.files, sources=sealed.sources)


def _described(key: str, public_key: bytes) -> KeyDescription:
    return KeyDescription(
        id=key,
        label=key,
        mechanism="ecdsa-p256-sha256",
        public_key=public_key,
        local=True,
        sensitive=True,
        never_extractable=True,
    )
