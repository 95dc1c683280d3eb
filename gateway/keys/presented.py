"""What a CA gave, in whichever of the usual forms, and the root that it is to lead to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import pkcs7

from gateway.keys.faults import Fault

_READERS: tuple[Callable[[bytes], list[x509.Certificate]], ...] = (
    x509.load_pem_x509_certificates,
    lambda data: [x509.load_der_x509_certificate(data)],
    pkcs7.load_pem_pkcs7_certificates,
    pkcs7.load_der_pkcs7_certificates,
)


class UnreadableError(Exception):
    """There is no certificate in it.

    Attributes:
        fault: the same with name and cure.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.fault = Fault.of("certificate-unreadable", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """Certificates to be judged.

    Attributes:
        certificates: the seal's and its issuers', in any order; at least one.
        root: the CA's root, which is trusted because a person says so.
    """

    certificates: tuple[x509.Certificate, ...]
    root: x509.Certificate

    @classmethod
    def read(cls, chain: bytes, root: bytes) -> Self:
        """Read both files.

        Raises:
            UnreadableError: there is no certificate in one, or several in the root's.
        """
        roots = _certificates(root)
        if len(roots) != 1:
            raise UnreadableError(f"the root's file has {len(roots)} certificates instead of one")
        return cls(certificates=tuple(_certificates(chain)), root=roots[0])


def _certificates(data: bytes) -> list[x509.Certificate]:
    for read in _READERS:
        try:
            found = read(data)
        except (ValueError, UnsupportedAlgorithm):
            continue
        if found:
            return found
    raise UnreadableError("it holds no certificate, neither as PEM nor DER nor PKCS#7")
