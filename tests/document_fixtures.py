"""Seals with software keys and real certificates, documents written by hand, and an oracle."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec
import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from PIL import Image, ImageChops
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from gateway.documents.container import ContainerPress
from gateway.documents.model import Preparation, Prepared
from gateway.documents.press import TwoWayPress
from gateway.documents.stamp.glyphs import StampFont
from gateway.documents.stamp.making import artwork_for
from gateway.documents.stamp.model import Artwork
from gateway.seals.model import Picture, SealMaterial
from hsm.interfaces import Mechanism
from policies.model import Placement
from policies.objects.seals import RoundStamp
from tests.seal_authority import usage

RECEIPTS = Path(__file__).parents[1] / "examples" / "receipts"
CONTRACTS = RECEIPTS.parent / "contracts"
SIGNED_AT = datetime(2026, 11, 22, 8, 30, 15, tzinfo=UTC)
MECHANISMS: tuple[Mechanism, ...] = (
    "rsa-pkcs1-sha256",
    "rsa-pss-sha256",
    "ecdsa-p256-sha256",
    "ecdsa-p384-sha384",
)
SQUARE = Picture(
    kind="svg",
    data=b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    b'<rect width="10" height="10" fill="#ff0000"/></svg>',
    width_mm=10,
)
"""10 x 10 mm of red: its centre on a rendered page is easy to find."""

_DAY = timedelta(days=1)


_FONT = StampFont()


@cache
def drawn(stamp: RoundStamp | Picture | None) -> Artwork | None:
    """A seal's artwork, drawn once for all tests of a process."""
    return None if stamp is None else artwork_for(stamp, font=_FONT)


@dataclass(frozen=True, slots=True)
class Authority:
    """A root CA."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def issue(self, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> x509.Certificate:
        """A seal certificate: digitalSignature and nonRepudiation, nothing else."""
        uses = usage(digital_signature=True, content_commitment=True)
        return (
            _builder("东海物流有限公司", self.certificate.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(uses, critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )


@dataclass(frozen=True, slots=True)
class SoftSeal:
    """A seal whose key is in this process."""

    material: SealMaterial
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    def sign(self, digest: bytes) -> bytes:
        """What the HSM would give for the digest of the signed attributes."""
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            wide = self.material.mechanism == "ecdsa-p384-sha384"
            algorithm = hashes.SHA384() if wide else hashes.SHA256()
            return self.key.sign(digest, ec.ECDSA(utils.Prehashed(algorithm)))
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
        scheme = pss if self.material.mechanism == "rsa-pss-sha256" else padding.PKCS1v15()
        return self.key.sign(digest, scheme, utils.Prehashed(hashes.SHA256()))

    def press(self) -> TwoWayPress:
        """The press of a worker, without the process around it."""
        return TwoWayPress(self.material, drawn(self.material.stamp))

    def prepare(
        self, document: bytes, placement: Placement | None, *, document_id: str = "D1"
    ) -> Prepared:
        """One preparation at the usual moment."""
        return self.press().prepare(document, preparation(placement, document_id=document_id))

    def seal(
        self, document: bytes, placement: Placement | None, *, document_id: str = "D1"
    ) -> bytes:
        """The sealed document."""
        press = self.press()
        prepared = press.prepare(document, preparation(placement, document_id=document_id))
        return self.finish(document, prepared, press.containers)

    def finish(self, document: bytes, prepared: Prepared, containers: ContainerPress) -> bytes:
        """The document with its prepared update, signed over what is there."""
        to_be_signed = self.to_be_signed(document, prepared, containers)
        signature = self.sign(containers.digest(to_be_signed))
        update = containers.complete(prepared, to_be_signed=to_be_signed, signature=signature)
        return document + update

    def to_be_signed(
        self, document: bytes, prepared: Prepared, containers: ContainerPress
    ) -> bytes:
        """The signed attributes, as the signing room works them out."""
        start, end = prepared.gap
        around = document + prepared.update[:start] + prepared.update[end:]
        return containers.to_be_signed(containers.digest(around))


def preparation(placement: Placement | None, *, document_id: str = "D1") -> Preparation:
    """A preparation at the usual moment."""
    return Preparation(document_id=document_id, signed_at=SIGNED_AT, placement=placement)


@cache
def authority() -> Authority:
    """The only CA of the tests."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("测试根 CA")
    certificate = (
        _builder("测试根 CA", name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


def soft_seal(
    mechanism: Mechanism = "ecdsa-p256-sha256",
    *,
    kind: Literal["certification", "approval"] = "approval",
    permission: Literal["no-changes", "form-filling"] = "no-changes",
    stamp: RoundStamp | Picture | None = SQUARE,
) -> SoftSeal:
    """A seal; the key of a mechanism is made once a session."""
    key, certificate = _key(mechanism)
    material = SealMaterial(
        fingerprint="",
        id=f"seal-{mechanism}",
        company="donghai",
        key=mechanism,
        mechanism=mechanism,
        certificates=(certificate.public_bytes(Encoding.DER),),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        kind=kind,
        permission=permission,
        stamp=stamp,
        placement=None,
    )
    fingerprint = sha256(msgspec.msgpack.encode(material)).hexdigest()
    return SoftSeal(msgspec.structs.replace(material, fingerprint=fingerprint), key)


def receipt(name: str) -> bytes:
    """One of the example receipts, by a part of its file's name that only it has."""
    (path,) = (path for path in RECEIPTS.glob("*.pdf") if name in path.name)
    return path.read_bytes()


def receipts() -> list[Path]:
    """All of them."""
    return sorted(RECEIPTS.glob("*.pdf"))


def contracts() -> list[Path]:
    """All of them."""
    return sorted(CONTRACTS.glob("*.pdf"))


def verdicts(
    sealed: bytes, *more_roots: x509.Certificate, strict: bool = True
) -> list[PdfSignatureStatus]:
    """pyHanko's opinion of every signature, earliest first; only the test CA is trusted, and these.

    Args:
        sealed: the document.
        more_roots: who else is trusted.
        strict: pyHanko's strict reading, in which it judges no hybrid files.
    """
    trusted = [_asn1(each) for each in (authority().certificate, *more_roots)]
    root = ValidationContext(trust_roots=trusted, allow_fetching=False)
    reader = PdfFileReader(io.BytesIO(sealed), strict=strict)
    return [
        validate_pdf_signature(signature, root, skip_diff=False)
        for signature in reader.embedded_signatures
    ]


def assert_sealed(sealed: bytes, *, signatures: int = 1) -> None:
    """The last signature covers everything, and none is broken by it."""
    found = verdicts(sealed)
    assert len(found) == signatures
    for status in found:
        assert status.bottom_line, status.summary()
    assert found[-1].coverage is SignatureCoverageLevel.ENTIRE_FILE


def rendered(document: bytes, *, page: int = 1, scale: float = 2.0) -> Image.Image:
    """A page as a reader shows it, stamps included; one user space unit is `scale` pixels."""
    pdf = pypdfium2.PdfDocument(document)
    try:
        pdf.init_forms()
        picture: Image.Image = pdf[page - 1].render(scale=scale).to_pil().convert("RGB")
    finally:
        pdf.close()
    return picture


def ink_box(
    picture: Image.Image, colour: Literal["red", "green", "blue"], *, scale: float = 2.0
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of everything that has this pure colour, in units."""
    channels = dict(zip(("red", "green", "blue"), picture.split(), strict=True))
    ink = channels.pop(colour).point(lambda value: 255 * (value > 230))
    for other in channels.values():
        ink = ImageChops.multiply(ink, other.point(lambda value: 255 * (value < 40)))
    box = ink.getbbox()
    assert box is not None, f"nothing {colour} on the page"
    left, top, right, bottom = (value / scale for value in box)
    return left, top, right, bottom


def centre(box: tuple[float, float, float, float]) -> tuple[float, float]:
    """The middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


@cache
def _key(
    mechanism: Mechanism,
) -> tuple[rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, x509.Certificate]:
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    match mechanism:
        case "ecdsa-p256-sha256":
            key = ec.generate_private_key(ec.SECP256R1())
        case "ecdsa-p384-sha384":
            key = ec.generate_private_key(ec.SECP384R1())
        case _:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key, authority().issue(key.public_key())


def _builder(
    subject: str, issuer: x509.Name, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    # Around the present, because the oracle asks the machine's clock.
    today = datetime.combine(SIGNED_AT.date(), datetime.min.time(), UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - 3650 * _DAY)
        .not_valid_after(today + 3650 * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _asn1(certificate: x509.Certificate) -> object:
    from asn1crypto import x509 as asn1_x509  # noqa: PLC0415 - two modules named x509

    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


@pytest.fixture(scope="session")
def seal() -> SoftSeal:
    """An approval seal with a stamp of 10 x 10 mm."""
    return soft_seal()
