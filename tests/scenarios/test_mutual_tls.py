"""Callers may prove themselves with a client certificate instead of a signature."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.client import multipart_body
from tests.running_gateway import RECEIPT, RunningGateway, copy_of, submission


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class _CA:
    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self.file = self._issue(name, self._key, ca=True)[0]

    def issue(self, name: str) -> tuple[Path, Path, str]:
        """Certificate file, key file, SHA-256 of the certificate."""
        return self._issue(name, ec.generate_private_key(ec.SECP256R1()), ca=False)

    def _issue(
        self, name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool
    ) -> tuple[Path, Path, str]:
        now = datetime.now(UTC)  # noqa: TID251 - TLS itself looks at the machine's clock
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(self._key, SHA256())
        )
        certificate_file = self._directory / f"{name}.pem"
        certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        key_file = self._directory / f"{name}.key"
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate_file, key_file, certificate.fingerprint(SHA256()).hex()


@pytest.fixture
def ca(tmp_path: Path) -> _CA:
    return _CA(tmp_path, "ca")


def _context(ca: _CA, certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca.file))
    context.load_cert_chain(certificate, key)
    return context


async def test_a_client_certificate_names_the_system(
    trial_template: Path, tmp_path: Path, ca: _CA
) -> None:
    gateway = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    server_certificate, server_key, _ = ca.issue("server")
    known, known_key, fingerprint = ca.issue("tms")
    unknown, unknown_key, _ = ca.issue("somebody")
    config = gateway.trial.config_file
    config.write_text(
        config.read_text().replace(
            "  port: 0\n",
            f"  port: 0\n  tls: {{certificate: {server_certificate}, key: {server_key}, "
            f"client_ca: {ca.file}}}\n",
        )
    )
    systems = gateway.trial.policies / "systems.yaml"
    systems.write_text(
        systems.read_text().replace(
            "  company: east\n",
            f'  company: east\n  certificates: [{{sha256: "{fingerprint}"}}]\n',
        )
    )
    gateway.start()
    try:
        body, content_type = multipart_body(submission())
        url = f"{gateway.url}/v1/seals/receipt-east/documents"
        headers = {"Content-Type": content_type, "Idempotency-Key": "k1"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                url, data=body, headers=headers, ssl=_context(ca, known, known_key)
            ) as answer,
        ):
            assert answer.status == 200
            assert (await answer.read()).startswith(RECEIPT)
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                url, data=body, headers=headers, ssl=_context(ca, unknown, unknown_key)
            ) as answer,
        ):
            problem = await answer.json(content_type=None)
            assert problem["type"].endswith(":authentication-required")
    finally:
        gateway.stop()


def test_the_gateway_does_not_listen_in_clear_text_on_the_network(
    trial_template: Path, tmp_path: Path
) -> None:
    gateway = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    config = gateway.trial.config_file
    config.write_text(config.read_text().replace("host: 127.0.0.1", "host: 0.0.0.0"))
    told = gateway.run("serve")
    assert told.returncode == 2
    assert "http" in told.stderr
    assert "clear" in told.stderr
