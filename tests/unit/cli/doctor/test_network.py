"""Ways out of the house that are blocked: names, proxy, connection, TLS, each by a real server."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.cli.doctor.model import Finding
from gateway.cli.doctor.network import WayOut, check_network, check_way
from tests.servers.certificates import ServerCertificate, server_certificate
from tests.servers.process import free_port
from tests.unit.cli.conftest import CommandLine
from tests.webhook_receiver import WebhookServer, webhook_server

NOW = datetime.now(UTC)  # noqa: TID251 - a real server has a real certificate


@pytest.fixture
def certificate(tmp_path: Path) -> ServerCertificate:
    return server_certificate(tmp_path)


@pytest.fixture
async def server(certificate: ServerCertificate) -> AsyncIterator[WebhookServer]:
    """A server with TLS, whose authority is of the test."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    async with webhook_server(context) as running:
        yield running


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


async def tried(way: WayOut, now: datetime = NOW) -> Finding:
    return await asyncio.to_thread(lambda: only(check_way(way, now)))


def believing(certificate: ServerCertificate | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=None if certificate is None else certificate.ca)


def test_a_name_that_is_not_found_is_found() -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    way = WayOut(what="the account network", url="https://network.example")
    found = only(check_way(way, NOW, resolve=unknown))
    assert (found.part, found.state, found.owner) == ("DNS", "failed", "it")
    assert "network.example" in found.message


def test_a_connection_that_is_refused_is_found() -> None:
    way = WayOut(what="webhook tms", url=f"http://127.0.0.1:{free_port()}/hook")
    found = only(check_way(way, NOW))
    assert (found.part, found.state) == ("connection", "failed")
    assert "refused" in found.message


async def test_a_server_whose_certificate_is_believed_is_well(
    server: WebhookServer, certificate: ServerCertificate
) -> None:
    way = WayOut(what="webhook tms", url=server.url, context=believing(certificate))
    # The test's certificate is for a few days.
    found = await tried(way, NOW - timedelta(days=60))
    assert (found.part, found.state) == ("connection", "ok")
    assert server.received == []  # nothing was asked


async def test_a_certificate_that_is_not_believed_is_found(server: WebhookServer) -> None:
    found = await tried(WayOut(what="webhook tms", url=server.url, context=believing(None)))
    assert (found.part, found.state) == ("TLS", "failed")
    assert "is not believed" in found.message


async def test_a_certificate_that_expires_soon_is_its_owners_business(
    server: WebhookServer, certificate: ServerCertificate
) -> None:
    way = WayOut(what="webhook tms", url=server.url, context=believing(certificate), owner="caller")
    found = await tried(way, NOW + timedelta(days=3650))
    assert (found.part, found.state, found.owner) == ("TLS", "warning", "caller")


async def test_a_port_without_tls_is_found(certificate: ServerCertificate) -> None:
    async with webhook_server() as plain:
        url = plain.url.replace("http:", "https:")
        found = await tried(WayOut(what="webhook tms", url=url, context=believing(certificate)))
    assert (found.part, found.state) == ("TLS", "failed")


# The proxy.


@contextmanager
def proxy(answer: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """An HTTP proxy for one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                answer(connection, connection.recv(4096))

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(20)


@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required"])
def test_a_proxy_that_does_not_let_us_through_is_found(
    certificate: ServerCertificate, status: str
) -> None:
    def refuse(connection: socket.socket, asked: bytes) -> None:
        assert asked.startswith(b"CONNECT network.example:443 HTTP/1.1\r\n")
        connection.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())

    with proxy(refuse) as address:
        way = WayOut(
            what="the account network",
            url="https://network.example",
            context=believing(certificate),
            proxy=address,
        )
        found = only(check_way(way, NOW))
    assert (found.part, found.state) == ("proxy", "failed")
    assert status in found.message


def test_a_proxy_that_shows_a_certificate_of_its_own_is_found(
    certificate: ServerCertificate,
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)

    def inspect(connection: socket.socket, _asked: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with (
            pytest.raises(ssl.SSLError),
            context.wrap_socket(connection, server_side=True) as secure,
        ):
            secure.recv(1)

    with proxy(inspect) as address:
        way = WayOut(
            what="the account network",
            url="https://network.example",
            context=believing(None),
            proxy=address,
        )
        found = only(check_way(way, NOW))
    assert (found.part, found.state) == ("TLS", "failed")
    assert "if a proxy shows its own" in (found.cure or "")


def test_a_proxy_that_is_away_is_found() -> None:
    way = WayOut(
        what="the account network",
        url="https://network.example",
        proxy=f"http://127.0.0.1:{free_port()}",
    )
    found = only(check_way(way, NOW))
    assert (found.part, found.state) == ("proxy", "failed")


# What is configured.


def test_the_webhooks_that_are_declared_are_tried(sealgate: CommandLine, tmp_path: Path) -> None:
    folder = sealgate.config.connectors
    assert folder is not None
    (folder / "tms.yaml").write_text(
        "apiVersion: sealgate/v1\nkind: Webhook\nmetadata: {name: tms-events, description: x}\n"
        f"spec:\n  url: http://127.0.0.1:{free_port()}\n  systems: [tms]\n"
        f"  keys: [{tmp_path}/key]\n"
    )
    found = only(check_network(sealgate.config, NOW))
    assert (found.part, found.state) == ("connection", "failed")
    assert "webhook tms-events" in found.message


def test_declarations_that_cannot_be_read_are_found(sealgate: CommandLine) -> None:
    folder = sealgate.config.connectors
    assert folder is not None
    (folder / "broken.yaml").write_text("kind: Webhook\n")
    assert only(check_network(sealgate.config, NOW)).state == "failed"
