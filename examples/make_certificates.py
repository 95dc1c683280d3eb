"""Writes the certificates of the seals in examples/policies anew: `python make_certificates.py`.

An invented CA issues them, for keys that nobody has: neither the CA's key nor the seals' are kept.
So the seals of the example are there to be checked, tested and looked at, not to seal.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from policies.bundle import Bundle
from policies.loader import load_bundle

POLICIES = Path(__file__).with_name("policies")
_FROM = datetime(2026, 1, 1, tzinfo=UTC)
_YEARS = timedelta(days=3650)


def main() -> None:
    """Every seal's certificate, with its issuer's after it."""
    sources = {
        path.relative_to(POLICIES).as_posix(): path.read_text(encoding="utf-8")
        for path in POLICIES.rglob("*.yaml")
    }
    bundle = load_bundle(sources)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("Example CA of nobody", "Example CA")
    ca = _certificate(ca_name, ca_name, ca_key, ca_key)
    for seal in bundle.seals.values():
        key = ec.generate_private_key(ec.SECP256R1())
        company = bundle.companies[seal.company].title
        certificate = _certificate(_name(f"{company} {seal.type}", company), ca_name, key, ca_key)
        path = POLICIES / seal.certificate
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(certificate.public_bytes(Encoding.PEM) + ca.public_bytes(Encoding.PEM))
    print(_told(bundle))


def _told(bundle: Bundle) -> str:
    return f"{len(bundle.seals)} certificates below {POLICIES}"


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_FROM + _YEARS)
        .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
        .sign(signer, SHA256())
    )


if __name__ == "__main__":
    main()
