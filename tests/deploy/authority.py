"""What IT brings: a CA of its own, a server's certificate, a seal's certificate renewed."""

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.cli.trial.certificates import TrialCA, pem
from gateway.clock import SystemClock
from tests.deploy.machine import Machine


class Authority:
    """Issues for one name and the machines' addresses."""

    def __init__(self, name: str, addresses: Sequence[str], *, identified: bool = True) -> None:
        """Make its key; its certificates say which one it was, if it is `identified`."""
        self._says_which = identified
        self._now = SystemClock().now()
        self._name = name
        self._alternatives = x509.SubjectAlternativeName(
            [x509.DNSName(name), *(x509.IPAddress(ipaddress.ip_address(a)) for a in addresses)]
        )
        self._key = ec.generate_private_key(ec.SECP256R1())
        # Two CAs of one name are told apart by this alone (RFC 5280 §4.2.1.1 has it in every CA).
        self._identified = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA of IT")])
        self._certificate = (
            self._begun(self._issuer, self._key.public_key(), days=3650)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(self._identified, critical=False)
            .sign(self._key, SHA256())
        )

    def issue(
        self,
        place: Path,
        *,
        days: int,
        only: Literal["server.pem"] | None = None,
        for_machines: bool = True,
    ) -> int:
        """Write server.pem, server.key and ca.pem (or that one alone); gives the serial number.

        One that is not `for_machines` has the name alone, and none of their addresses.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._name)])
        begun = self._begun(subject, key.public_key(), days=days).add_extension(
            self._alternatives
            if for_machines
            else x509.SubjectAlternativeName([x509.DNSName(self._name)]),
            critical=False,
        )
        if self._says_which:
            which = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identified)
            begun = begun.add_extension(which, critical=False)
        issued = begun.sign(self._key, SHA256())
        (place / "server.pem").write_text(pem([issued]))
        if only is None:
            private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (place / "server.key").write_bytes(private)
            (place / "ca.pem").write_text(pem([self._certificate]))
        return issued.serial_number

    def shown_by(self, address: str, port: int) -> int:
        """The serial number of what a server shows."""
        context = ssl.create_default_context(cadata=pem([self._certificate]))
        with (
            socket.create_connection((address, port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=address) as connection,
        ):
            shown = connection.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown).serial_number

    def signer_of(self, document: Path) -> int:
        """The serial number of the certificate that a sealed PDF names."""
        with document.open("rb") as file:
            (signature,) = PdfFileReader(file).embedded_signatures
            certificate = signature.signer_cert
        return int(certificate.serial_number)

    def renew_seal(self, node: Machine, trial: Path, seal: str, bundles: Path) -> int:
        """A new certificate for the key that is on the token, in a bundle that the officers signed.

        Gives its serial number; the bundles are then in `bundles`.
        """
        there = node.directory / trial
        file = there / f"policies/certificates/{seal}.pem"
        former = x509.load_pem_x509_certificate(file.read_bytes())
        (company,) = former.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        (name,) = former.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = former.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        issued = TrialCA(now=self._now).issue(
            key, common_name=str(name.value), organisation=str(company.value)
        )
        file.write_text(issued)
        officers = [f"--key=/{trial}/officers/{each}.key.pem" for each in ("li-na", "wang-qiang")]
        node.run(
            "sealgate", "policy", "publish", f"/{trial}/policies", *officers, "--yes",
            f"--config=/{trial}/config.yaml",
        )  # fmt: skip
        bundles.mkdir(exist_ok=True)
        for each in (there / "bundles").iterdir():
            (bundles / each.name).write_bytes(each.read_bytes())
        return x509.load_pem_x509_certificate(issued.encode()).serial_number

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - timedelta(hours=1))
            .not_valid_after(self._now + timedelta(days=days))
        )
