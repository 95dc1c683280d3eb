"""Keys that policies name, as statements are verified with them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, Protocol

from gateway.statements import Algorithm, PublicKey

DeclaredAlgorithm = Literal["ed25519", "ecdsa-p256-sha256"]

_ALGORITHMS: Final[Mapping[DeclaredAlgorithm, Algorithm]] = MappingProxyType(
    {"ed25519": "EdDSA", "ecdsa-p256-sha256": "ES256"}
)
_DECLARED: Final = MappingProxyType({said: declared for declared, said in _ALGORITHMS.items()})


class DeclaredKey(Protocol):
    """What people, OA systems and files of first officers declare.

    `public_key` as in `policies.objects.people.PersonKey`.
    """

    @property
    def algorithm(self) -> DeclaredAlgorithm:
        """What it signs with, as policies spell it."""
        ...

    @property
    def public_key(self) -> bytes:
        """Of 32 bytes, or a SubjectPublicKeyInfo."""
        ...


def public_key(key_id: str, declared: DeclaredKey) -> PublicKey:
    """The key as statements are verified with it."""
    return PublicKey(key_id, _ALGORITHMS[declared.algorithm], declared.public_key)


def declared_algorithm(key: PublicKey) -> DeclaredAlgorithm:
    """The key's algorithm as policies spell it."""
    return _DECLARED[key.algorithm]
