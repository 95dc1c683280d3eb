"""A CA of the test's own: a root, an issuer below it, and certificates as wrong as is wanted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from gateway.clock import SystemClock

Builder = x509.CertificateBuilder
_PrivateKey = ec.EllipticCurvePrivateKey | RSAPrivateKey
_PublicKey = ec.EllipticCurvePublicKey | RSAPublicKey


def usage(**uses: bool) -> x509.KeyUsage:
    """These uses and no others."""
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{each: uses.get(each, False) for each in every})


@dataclass
class Issuer:
    """Whoever signs certificates: its own one, and its key."""

    certificate: x509.Certificate
    key: _PrivateKey


@dataclass
class SealAuthority:
    """A root and an issuer below it; `now` is the middle of everybody's validity."""

    now: datetime = field(default_factory=lambda: SystemClock().now().astimezone(UTC))

    def __post_init__(self) -> None:
        self.root = self.issuer("Test Root")
        self.below = self.issuer("Test Issuer", by=self.root)

    def issuer(
        self,
        name: str,
        *,
        by: Issuer | None = None,
        key: _PrivateKey | None = None,
        ca: bool = True,
        path_length: int | None = None,
        ends: timedelta = timedelta(days=900),
        hashed: HashAlgorithm | None = None,
    ) -> Issuer:
        """A CA, self-signed or below another one."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name.from_rfc4514_string(f"CN={name},O=Test CA,C=CN")
        signer = by or Issuer(None, key)  # type: ignore[arg-type]
        built = (
            self._begun(subject, subject if by is None else by.certificate.subject, ends)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
            .add_extension(usage(key_cert_sign=ca, crl_sign=ca), critical=True)
        )
        return Issuer(built.sign(signer.key, hashed or SHA256()), key)

    def issue(
        self,
        public_key: bytes,
        *,
        organisation: str = "示例物流（华东）有限公司",
        by: Issuer | None = None,
        begins: timedelta = timedelta(days=-1),
        ends: timedelta = timedelta(days=400),
        change: Callable[[Builder], Builder] = lambda built: built,
        uses: x509.KeyUsage | None = None,
        hashed: HashAlgorithm | None = None,
    ) -> x509.Certificate:
        """A seal's certificate for a SubjectPublicKeyInfo (DER)."""
        by = by or self.below
        key = load_der_public_key(public_key)
        assert isinstance(key, _PublicKey)
        subject = x509.Name.from_rfc4514_string(f"CN=回单专用章,O={organisation},C=CN")
        built = self._begun(subject, by.certificate.subject, ends, begins).public_key(key)
        if uses is None:
            uses = usage(digital_signature=True, content_commitment=True)
        built = change(built.add_extension(uses, critical=True))
        return built.sign(by.key, hashed or SHA256())

    def _begun(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        ends: timedelta,
        begins: timedelta = timedelta(days=-30),
    ) -> Builder:
        return (
            Builder()
            .subject_name(subject)
            .issuer_name(issuer)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + begins)
            .not_valid_after(self.now + ends)
        )


def pem(*certificates: x509.Certificate) -> bytes:
    """As a CA sends them."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)
