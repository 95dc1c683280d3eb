"""Other companies, each with a certificate in its name, that sign with our software or another."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from gateway.documents.model import Preparation
from gateway.seals.model import Picture, SealMaterial
from policies.model import OnPage, Placement
from tests.document_fixtures import SIGNED_AT, SQUARE, SoftSeal

STAMPED = OnPage(page=1, left_mm=20, top_mm=20)

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Root:
    """A CA of partners."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """What is trusted."""
        return self.certificate.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True, slots=True)
class Partner:
    """A company with a key and a certificate in its name."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    root: Root

    def seal(self, stamp: Picture | None = SQUARE) -> SoftSeal:
        """Its seal, with a key in this process."""
        material = SealMaterial(
            fingerprint="",
            id="seal-partner",
            company="partner",
            key="partner",
            mechanism="ecdsa-p256-sha256",
            certificates=(self.certificate.public_bytes(serialization.Encoding.DER),),
            not_before=self.certificate.not_valid_before_utc,
            not_after=self.certificate.not_valid_after_utc,
            kind="approval",
            permission="no-changes",
            stamp=stamp,
            placement=None,
        )
        return SoftSeal(material, self.key)

    def sealed(
        self,
        document: bytes,
        placement: Placement | None = STAMPED,
        *,
        at: datetime = SIGNED_AT,
        id: str = "P1",  # noqa: A002 - the document's id
        stamp: Picture | None = SQUARE,
    ) -> bytes:
        """The document with its seal, as a Sealgate of its own would give it."""
        seal = self.seal(stamp)
        press = seal.press()
        wanted = Preparation(document_id=id, signed_at=at, placement=placement)
        return seal.finish(document, press.prepare(document, wanted), press.containers)

    def signed(self, writer: IncrementalPdfFileWriter, *, field: str = "Partner") -> bytes:
        """What the writer holds, signed by pyHanko in the same update, now."""
        signer = signers.SimpleSigner(
            signing_cert=_asn1(self.certificate),
            signing_key=PrivateKeyInfo.load(
                self.key.private_bytes(
                    serialization.Encoding.DER,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            ),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
        )
        metadata = signers.PdfSignatureMetadata(
            field_name=field, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
        )
        spec = fields.SigFieldSpec(field, box=(100, 100, 200, 200))
        pdf_signer = signers.PdfSigner(metadata, signer=signer, new_field_spec=spec)
        return bytes(pdf_signer.sign_pdf(writer).getvalue())


def update_of(document: bytes) -> IncrementalPdfFileWriter:
    """An update of a document that is not written yet."""
    return IncrementalPdfFileWriter(io.BytesIO(document), strict=False)


def trusted_root() -> Root:
    """The CA that partners trust."""
    return partners_root("伙伴根 CA")


@cache
def partners_root(name: str) -> Root:
    """A CA of that name; only one of them is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name, name)
    issues = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(SIGNED_AT - 10 * _YEAR)
        .not_valid_after(SIGNED_AT + 10 * _YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(issues, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Root(key, certificate)


@cache
def partner(
    name: str = "西山制造有限公司",
    *,
    root: str = "伙伴根 CA",
    common: str = "合同专用章",
    until: datetime = datetime(2036, 1, 1, tzinfo=UTC),
    is_authority: bool = False,
    curve: type[ec.EllipticCurve] = ec.SECP256R1,
    purposes: tuple[x509.ObjectIdentifier, ...] = (),
) -> Partner:
    """A company, its certificate good until then, and for these purposes, where any are named."""
    ca = partners_root(root)
    key = ec.generate_private_key(curve())
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder(ca.certificate.subject, _name(name, common), key.public_key(), 7)
        .not_valid_before(SIGNED_AT - 5 * _YEAR)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return Partner(key, builder.sign(ca.key, hashes.SHA256()), ca)


def _name(organisation: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
