"""A document that somebody else approved before: another CA, a key that nobody has any more."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from gateway.documents.model import Preparation
from gateway.documents.press import TwoWayPress
from gateway.documents.stamp.glyphs import StampFont
from gateway.documents.stamp.making import artwork_for
from gateway.seals.model import Picture, SealMaterial
from policies.model import OnPage
from tests.vectors.papers import contract, saved

SIGNED_AT = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
_FROM, _UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)
_GREEN = Picture(
    kind="svg",
    data=b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    b'<rect width="10" height="10" fill="#00ff00"/></svg>',
    width_mm=10,
)


@dataclass(frozen=True, slots=True)
class Signed:
    """The document, and the certificate that its signature is trusted by."""

    document: bytes
    root_pem: bytes


def approved() -> Signed:
    """Two pages with a visible approval signature on the first. Other bytes each time."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("样例根 CA", root_key.public_key(), "样例根 CA", root_key, is_ca=True)
    leaf = _certificate("南海贸易有限公司", key.public_key(), "样例根 CA", root_key, is_ca=False)
    der = leaf.public_bytes(Encoding.DER)
    material = SealMaterial(
        fingerprint=sha256(der).hexdigest(),
        id="nanhai",
        company="nanhai",
        key="nanhai",
        mechanism="ecdsa-p256-sha256",
        certificates=(der,),
        not_before=_FROM,
        not_after=_UNTIL,
        kind="approval",
        permission="no-changes",
        stamp=_GREEN,
        placement=None,
    )
    press = TwoWayPress(material, artwork_for(_GREEN, font=StampFont()))
    document = saved(contract(2))
    placement = OnPage(page=1, left_mm=120, top_mm=200)
    prepared = press.prepare(
        document, Preparation(document_id="EARLIER", signed_at=SIGNED_AT, placement=placement)
    )
    start, end = prepared.gap
    around = document + prepared.update[:start] + prepared.update[end:]
    attributes = press.containers.to_be_signed(sha256(around).digest())
    signature = key.sign(attributes, ec.ECDSA(hashes.SHA256()))
    update = press.containers.complete(prepared, to_be_signed=attributes, signature=signature)
    sealed = document + update
    return Signed(sealed, root.public_bytes(Encoding.PEM))


def _certificate(
    subject: str,
    key: ec.EllipticCurvePublicKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_ca: bool,
) -> x509.Certificate:
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    usage |= {
        "digital_signature": not is_ca,
        "content_commitment": not is_ca,
        "key_cert_sign": is_ca,
    }
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
