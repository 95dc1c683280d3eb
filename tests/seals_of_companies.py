"""Certificates of companies and their seals, which sign cards: CMS, detached, as gateways do."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cloud_bridge.cards import card_bytes
from cloud_bridge.model import Card, SignedCard
from tests.envelope_parties import START

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_FROM = START - timedelta(days=400)
_UNTIL = START + timedelta(days=36_500)


@dataclass(frozen=True)
class Certified:
    """A key and its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def _names(common: str, organisation: str | None) -> x509.Name:
    names = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation is not None:
        names.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(names)


def certify(
    common: str,
    *,
    by: Certified | None = None,
    organisation: str | None = None,
    key: Key | None = None,
    authority: bool = False,
    may_sign: bool = True,
    until: datetime = _UNTIL,
) -> Certified:
    """A certificate; without `by` it is a root."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = _names(common, organisation)
    issuer = by or Certified(key, None)  # type: ignore[arg-type] - a root is its own issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_usage(authority=authority, may_sign=may_sign), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    )
    return Certified(key, builder.sign(issuer.key, hashes.SHA256()))


def _usage(*, authority: bool, may_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=may_sign and not authority,
        content_commitment=may_sign and not authority,
        key_encipherment=not may_sign,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def authority(name: str = "Trusted Root") -> Certified:
    return certify(name, authority=True)


def sign_card(
    card: Card,
    seal: Certified,
    *,
    chain: Sequence[Certified] = (),
    pss: bool = False,
    over: bytes | None = None,
) -> SignedCard:
    """The card with its proof; `over`: sign other bytes than the card's."""
    told = card_bytes(card)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute(
                {
                    "type": "message_digest",
                    "values": [hashlib.sha256(told if over is None else over).digest()],
                }
            ),
        ]
    )
    value, algorithm = _signature(seal.key, attributes.dump(force=True), pss=pss)
    certificates = [asn1_x509.Certificate.load(each.der) for each in (seal, *chain)]
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber(
                    {
                        "issuer": certificates[0].issuer,
                        "serial_number": certificates[0].serial_number,
                    }
                ),
            ),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "signed_attrs": attributes,
            "signature_algorithm": algorithm,
            "signature": core.OctetString(value),
        }
    )
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": {"content_type": "data"},
            "certificates": certificates,
            "signer_infos": [info],
        }
    )
    proof = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
    return SignedCard(card=told, proof=proof)


def _signature(key: Key, data: bytes, *, pss: bool) -> tuple[bytes, algos.SignedDigestAlgorithm]:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256())), algos.SignedDigestAlgorithm(
            {"algorithm": "sha256_ecdsa"}
        )
    if not pss:
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256()), algos.SignedDigestAlgorithm(
            {"algorithm": "sha256_rsa"}
        )
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": "sha256"},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
            "salt_length": 32,
        }
    )
    return key.sign(data, scheme, hashes.SHA256()), algos.SignedDigestAlgorithm(
        {"algorithm": "rsassa_pss", "parameters": parameters}
    )
