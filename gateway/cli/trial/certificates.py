"""Certificates for a trial: a CA that exists for the seconds of `init`, marked as demo everywhere.

The CA's private key is made in memory, signs what the trial needs, and is forgotten: nobody can
issue another certificate that partners who tried us out would trust.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

_VALIDITY = timedelta(days=730)
_MARK = "DEMO - NOT FOR PRODUCTION"


class TrialCA:
    """Issues seal certificates for keys that are on the token."""

    def __init__(self, *, now: datetime, name: str = "Sealgate Demo Root CA") -> None:
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name, organisation=_MARK)
        self.certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(certificates=True), critical=True)
            .sign(self._key, SHA256())
        )

    def issue(self, public_key: bytes, *, common_name: str, organisation: str) -> str:
        """A seal certificate for a SubjectPublicKeyInfo (DER); gives PEM, with the CA's after it.

        digitalSignature and nonRepudiation, as a seal certificate wants (RFC 5280 §4.2.1.3).
        """
        key = load_der_public_key(public_key)
        issued = (
            self._builder(_name(common_name, organisation=organisation), key)  # type: ignore[arg-type]
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(certificates=False), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, SHA256())
        )
        return pem([issued, self.certificate])

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            # A little earlier, so that a partner whose clock is slow can verify at once.
            .not_valid_before(self._now - timedelta(hours=1))
            .not_valid_after(self._now + _VALIDITY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )


def pem(certificates: Iterable[x509.Certificate]) -> str:
    """Certificates as PEM text."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)


def _name(common_name: str, *, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, _MARK),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
