"""The network's small CAs: for its server and organisations' client certificates, and for persons.

A CA is one PEM file: its private key, then its certificate. ECDSA on P-256.
"""

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_OF_A_CA = timedelta(days=3650)
_EARLIER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA with its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, name: str, *, network: str, now: datetime) -> Self:
        """A fresh one, which issues no further CAs.

        Args:
            name: what it is for.
            network: the network's name.
            now: from when it counts.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"{network} {name}", network)
        certificate = (
            _builder(subject, subject, key.public_key(), now, now + _OF_A_CA)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(certificates=True), critical=True)
            .sign(key, SHA256())
        )
        return cls(key, certificate)

    @classmethod
    def read(cls, file: Path) -> Self:
        """From its file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is not what it should be.
        """
        pem = file.read_bytes()
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{file} holds no ECDSA key")  # noqa: TRY004 - of the file, not of a type
        return cls(key, x509.load_pem_x509_certificate(pem))

    @property
    def pem(self) -> bytes:
        """Key and certificate."""
        return key_pem(self.key) + self.certificate.public_bytes(Encoding.PEM)

    def server(
        self, key: CertificatePublicKeyTypes, *, hosts: list[str], now: datetime, until: datetime
    ) -> x509.Certificate:
        """A TLS server certificate for names and addresses."""
        subject = _name(hosts[0], "Sealgate network server")
        return self._issued(
            _builder(subject, self.certificate.subject, key, now, until).add_extension(
                x509.SubjectAlternativeName([_host(each) for each in hosts]), critical=False
            ),
            ExtendedKeyUsageOID.SERVER_AUTH,
        )

    def client(
        self,
        key: CertificatePublicKeyTypes,
        *,
        organisation: str,
        name: str,
        now: datetime,
        until: datetime,
    ) -> x509.Certificate:
        """A TLS client certificate of an organisation: its id as CN, its name as O."""
        subject = _name(organisation, name)
        return self._issued(
            _builder(subject, self.certificate.subject, key, now, until),
            ExtendedKeyUsageOID.CLIENT_AUTH,
        )

    def _issued(
        self, builder: x509.CertificateBuilder, usage: x509.ObjectIdentifier
    ) -> x509.Certificate:
        issuer = self.key.public_key()
        return (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False
            )
            .sign(self.key, SHA256())
        )


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS#8 without passphrase."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_private(file: Path, content: bytes) -> None:
    """A new file that only its owner reads; FileExistsError: it is there already."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: CertificatePublicKeyTypes,
    now: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A little earlier, for partners whose clock is slow.
        .not_valid_before(now - _EARLIER)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
        ]
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
