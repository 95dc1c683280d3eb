"""From the network's CA for persons: a certificate for one person's one act (事件型证书)."""

import hashlib
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cloud_bridge.network.authority import Authority

_BEFORE, _AFTER = timedelta(minutes=5), timedelta(minutes=15)
_LONGEST = 64  # X.520's upper bounds for names and serial numbers


@dataclass(frozen=True, slots=True)
class OneAct:
    """A fresh key and its certificate; both are forgotten after the act."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class PersonAuthority:
    """Issues for a network of a name; `ca` is a root that is trusted for persons alone."""

    ca: Authority
    network: str

    @property
    def der(self) -> bytes:
        """The root, for those who trust it."""
        return self.ca.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The root, without its key."""
        return self.ca.certificate.public_bytes(Encoding.PEM)

    def issue(self, *, name: str, act: str, at: datetime) -> OneAct:
        """For one act.

        Args:
            name: the person's verified name; the certificate has its first 64 characters.
            act: what names the act, such as the envelope's and the party's id.
            at: when it is signed; the certificate is valid about it, some minutes.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        serial = act if len(act) <= _LONGEST else hashlib.sha256(act.encode()).hexdigest()
        subject = x509.Name(
            [
                _attribute(NameOID.ORGANIZATION_NAME, self.network),
                _attribute(NameOID.COMMON_NAME, name),
                _attribute(NameOID.SERIAL_NUMBER, serial),
            ]
        )
        public, issuer = key.public_key(), self.ca.key.public_key()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.ca.certificate.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - _BEFORE)
            .not_valid_after(at + _AFTER)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_SIGNS, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False
            )
            .sign(self.ca.key, hashes.SHA256())
        )
        return OneAct(key, certificate)


def _attribute(kind: x509.ObjectIdentifier, text: str) -> x509.NameAttribute[str]:
    # X.520 bounds characters; the library would bound bytes, of which Chinese needs three each.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.NameAttribute(kind, text[:_LONGEST], _validate=False)


_SIGNS = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
