"""A certificate held against the key in the token, for the commands that take one."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli.hsm.at_token import key_of
from gateway.cli.hsm.keys_alone import key_alone
from gateway.cli.terminal import told_errors
from gateway.clock import SystemClock
from gateway.keys.certificates import judge
from gateway.keys.faults import Fault
from gateway.keys.presented import Presented, UnreadableError
from gateway.regular_files import read_regular
from hsm.config import HSMConfig
from hsm.interfaces import KeyDescription

_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What was found.

    Attributes:
        key: as the token describes it.
        path: the certificate and its issuers without the root; may be taken without `faults`.
        faults: what stands against it.
    """

    key: KeyDescription
    path: tuple[x509.Certificate, ...]
    faults: tuple[Fault, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hex; empty when none is for the key."""
        return _fingerprint(self.path[0]) if self.path else ""

    @property
    def not_after(self) -> str:
        """Until when it is valid, ISO 8601."""
        return self.path[0].not_valid_after_utc.isoformat() if self.path else ""

    @property
    def public_key(self) -> str:
        """SHA-256 of the key's SubjectPublicKeyInfo, hex."""
        return hashlib.sha256(self.key.public_key).hexdigest()

    @staticmethod
    def fingerprint_in(path: Path) -> str | None:
        """Of the first certificate in a file; None: there is none, or it cannot be read."""
        try:
            found = x509.load_pem_x509_certificates(read_regular(path, most_bytes=_MOST_BYTES))
        except (OSError, ValueError):
            return None
        return _fingerprint(found[0])


def certified(hsm: HSMConfig, key: str, chain: Path, root: Path, *, company: str) -> Certified:
    """Judge what the CA sent; leaves with 2 when files or token cannot be read.

    Args:
        hsm: the `hsm:` section.
        key: the id of the key.
        chain: the file with the certificate and its issuers.
        root: the file with the CA's root.
        company: the title that the certificate is to name.
    """
    alone = key_alone(hsm, key)
    with told_errors(OSError):
        data = [read_regular(each, most_bytes=_MOST_BYTES) for each in (chain, root)]
    described = key_of(alone, key)
    try:
        presented = Presented.read(*data)
    except UnreadableError as error:
        return Certified(key=described, path=(), faults=(error.fault,))
    judged = judge(presented, key=described, company=company, at=SystemClock().now())
    return Certified(key=described, path=judged.path, faults=judged.faults)


def _fingerprint(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
