"""The signature container of one act: CMS SignedData as PAdES B-B wants it (EN 319 142-1)."""

from asn1crypto import keys, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from cloud_bridge.network.press.authority import OneAct

ROOM = 4096
"""Bytes that are reserved for a container: two certificates of P-256 and the attributes."""


async def container(act: OneAct, root: bytes, digest: bytes) -> bytes:
    """Sign a document's digest (SHA-256).

    Args:
        act: the key and certificate of the act.
        root: the authority's certificate, DER, so that whoever trusts it finds the way.
        digest: over the bytes that the signature covers.
    """
    certificates = SimpleCertificateStore()
    certificates.register(x509.Certificate.load(root))
    key = act.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        signing_cert=x509.Certificate.load(act.certificate.public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=certificates,
    )
    signed = await signer.async_sign(digest, digest_algorithm="sha256", use_pades=True)
    der: bytes = signed.dump()
    return der
