"""Whether the server's new certificate would serve, and whether it does already.

    look_at_certificate.py DIRECTORY HOST PORT

In the directory are server.pem.new, server.key.new, ca.pem.new. Looks at key, time and chain.
Prints `another serves` or `it serves`; exits 1 with what is wrong.
"""

import ssl
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

LEAST = timedelta(days=7)


def refused(why: str) -> SystemExit:
    """The same first words for each."""
    return SystemExit(f"the new certificate was not taken, and the former serves on: {why}")


def read(file: Path) -> list[x509.Certificate]:
    """All of a PEM file."""
    return x509.load_pem_x509_certificates(file.read_bytes())


def identifies_its_ca(certificate: x509.Certificate) -> bool:
    """Whether it says by which key it was issued (RFC 5280 §4.2.1.1)."""
    try:
        certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return False
    return True


def prove_told_apart(believed: Path, ca: x509.Certificate, certificate: x509.Certificate) -> None:
    """Refuse a CA with the name of another that is believed now, where nothing tells them apart.

    While both are believed, TLS would try the one for the other, and call every node down.
    """
    former = read(believed) if believed.exists() else []
    namesakes = [each for each in former if each.subject == ca.subject and each != ca]
    if namesakes and not identifies_its_ca(certificate):
        raise refused(
            f"services_tls_ca has the name of the CA that is believed now "
            f"({ca.subject.rfc4514_string()}), and the certificate has no authority key "
            "identifier that would tell them apart: have it issued with one"
        )


def main() -> None:
    """As the arguments say."""
    directory, host, port = sys.argv[1:]
    place = Path(directory)
    now = datetime.now(UTC)  # noqa: TID251 - a program of its own
    try:
        certificate, *between = read(place / "server.pem.new")
        roots = read(place / "ca.pem.new")
        key = load_pem_private_key((place / "server.key.new").read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise refused(f"a file is no PEM, or the key has a passphrase ({error})") from None
    if key.public_key() != certificate.public_key():
        raise refused("services_tls_key is the key of another certificate")
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - LEAST:
        raise refused(
            f"it is valid from {certificate.not_valid_before_utc} to "
            f"{certificate.not_valid_after_utc}; it must be valid now and for {LEAST.days} days"
        )
    issued = certificate
    for issuer in (*between, *roots):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            if issuer in roots:
                continue
            raise refused(
                f"{issuer.subject.rfc4514_string()} did not issue what stands before it"
            ) from None
        if issuer in roots:
            break
        issued = issuer
    else:
        raise refused(
            "no certificate in services_tls_ca has issued it, so the balancer would call every "
            "node down"
        )
    prove_told_apart(place / "ca.pem", issuer, certificate)
    shown = x509.load_pem_x509_certificate(
        ssl.get_server_certificate((host, int(port)), timeout=5).encode()
    )
    print("it serves" if shown == certificate else "another serves")
    print(
        f"{certificate.subject.rfc4514_string()} until {certificate.not_valid_after_utc:%Y-%m-%d}"
    )


if __name__ == "__main__":
    main()
