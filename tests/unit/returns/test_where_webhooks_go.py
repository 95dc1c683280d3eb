"""Where webhooks may go, and whose certificate is believed."""

import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.clock import SystemClock
from gateway.returns.webhooks import addresses
from gateway.returns.webhooks.addresses import GuardedResolver, is_refused
from gateway.returns.webhooks.sender import WebhookSender
from tests.delivering_house import a_webhook
from tests.webhook_receiver import webhook_server


@pytest.mark.parametrize(
    ("address", "is_bad"),
    [
        ("169.254.169.254", True),
        ("::ffff:169.254.169.254", True),
        ("fe80::1%eth0", True),
        ("[fd00:ec2::254]", True),
        ("100.100.100.200", True),
        ("0.0.0.0", True),  # noqa: S104 - an address to be refused
        ("10.1.2.3", False),
        ("192.168.0.8", False),
        ("127.0.0.1", False),
        ("oms.example.com", False),
    ],
)
def test_private_addresses_are_fine_and_metadata_services_are_not(
    address: str,
    is_bad: bool,  # noqa: FBT001 - of the table above
) -> None:
    assert is_refused(address) == is_bad


async def test_a_name_that_leads_to_a_metadata_service_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Poisoned:
        async def resolve(self, host: str, port: int, family: object) -> list[dict[str, object]]:
            return [{"hostname": host, "host": "169.254.169.254", "port": port, "family": family,
                     "proto": 0, "flags": 0}]  # fmt: skip

        async def close(self) -> None:
            pass

    monkeypatch.setattr(addresses, "ThreadedResolver", Poisoned)
    assert isinstance(GuardedResolver()._resolver, Poisoned)
    async with WebhookSender(a_webhook("http://oms.example.com/"), clock=SystemClock()) as sender:
        answer = await sender.send(b"{}", {})
    assert answer.verdict == "later"
    assert "oms.example.com is 169.254.169.254" in answer.said


async def test_a_literal_address_of_a_metadata_service_is_not_connected_to() -> None:
    webhook = a_webhook("http://169.254.169.254/latest/meta-data")
    async with WebhookSender(webhook, clock=SystemClock()) as sender:
        answer = await sender.send(b"{}", {})
    assert "an address that webhooks may not go to" in answer.said


async def test_only_a_certificate_of_a_known_authority_is_believed(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(certificate)
    async with webhook_server(server_side) as server:
        strange, known = a_webhook(server.url), a_webhook(server.url, authorities=certificate)
        async with WebhookSender(strange, clock=SystemClock()) as sender:
            answer = await sender.send(b"{}", {})
        assert (answer.verdict, server.received) == ("later", [])
        assert answer.said.startswith("its certificate is not believed")
        async with WebhookSender(known, clock=SystemClock()) as sender:
            assert (await sender.send(b"{}", {})).verdict == "taken"

        by_name = a_webhook(server.url.replace("127.0.0.1", "localhost"), authorities=certificate)
        async with WebhookSender(by_name, clock=SystemClock()) as sender:
            assert (await sender.send(b"{}", {})).verdict == "later"


async def test_a_server_that_is_not_there_is_told() -> None:
    async with webhook_server() as server:
        webhook = a_webhook(server.url)
    async with WebhookSender(webhook, clock=SystemClock()) as sender:
        answer = await sender.send(b"{}", {})
    assert answer.verdict == "later"
    assert answer.said.startswith("no connection")


def _certificate(directory: Path) -> Path:
    """Of 127.0.0.1 and nobody else, signed by itself; with its key in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "oms")])
    now = SystemClock().now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file = directory / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file
