"""What may stand against a certificate: each by a name that stays, with its cure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

import msgspec

FaultName = Literal[
    "certificate-unreadable",
    "certificate-not-for-key",
    "certificate-is-a-ca",
    "certificate-usage",
    "certificate-algorithm",
    "certificate-not-yet-valid",
    "certificate-expired",
    "certificate-of-other-company",
    "chain-incomplete",
    "chain-of-another-root",
    "chain-issuer-may-not-issue",
    "chain-expired",
    "chain-refused",
]

_ASK_THE_CA = "Ask the CA for another certificate, by a request from `sealgate hsm csr`"
CURES: Mapping[FaultName, str] = MappingProxyType(
    {
        "certificate-unreadable": "Give certificates as PEM, DER or PKCS#7 (.p7b), as the CA sent "
        "them.",
        "certificate-not-for-key": "Look whether it is another seal's, or was issued for a request "
        "of another key; compare with `sealgate hsm list`.",
        "certificate-is-a-ca": f"{_ASK_THE_CA}: for a signer, not a CA.",
        "certificate-usage": f"{_ASK_THE_CA}, with digitalSignature and nonRepudiation.",
        "certificate-algorithm": f"{_ASK_THE_CA} that is signed with SHA-256 or stronger, by "
        "issuers with RSA of 2048 bits or a curve of 256.",
        "certificate-not-yet-valid": "Wait until then, or set this machine's clock right.",
        "certificate-expired": f"{_ASK_THE_CA}.",
        "certificate-of-other-company": "Have it issued to the company as the policies name it, or "
        "correct the company's title there, or choose the right seal.",
        "chain-incomplete": "Put the missing certificate into the file; the CA publishes it.",
        "chain-of-another-root": "Name the root of this CA, or ask who sent the certificate.",
        "chain-issuer-may-not-issue": "Ask the CA for its real chain: whoever issued this had no "
        "right to.",
        "chain-expired": "Ask the CA for its present chain, or set this machine's clock right.",
        "chain-refused": "Tell the CA what is said here: verifiers will refuse the chain as well.",
    }
)
"""What to do about each."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stands against it.

    Attributes:
        name: stays the same for ever.
        message: what was found.
        cure: what to do.
    """

    name: FaultName
    message: str
    cure: str

    @classmethod
    def of(cls, name: FaultName, message: str) -> Self:
        """The fault with its cure."""
        return cls(name=name, message=message, cure=CURES[name])
