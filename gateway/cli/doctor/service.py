"""The running gateway, its port and its TLS files."""

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from gateway.cli.asking import address
from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.config import Config, HTTPConfig, TLSConfig

_PATIENCE_SECONDS = 10.0
_SOON = timedelta(days=30)
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with


def check_gateway(config: Config) -> Iterator[Finding]:
    """Whether a gateway answers and could seal; if none runs, whether its port is free."""
    settings = config.http
    if settings.port == 0:
        yield warning(
            "gateway",
            "it cannot be asked, as it takes any free port",
            cure="Give http.port a number in config.yaml.",
        )
        return
    try:
        status, said = _ask(settings, "/healthz")
    except ConnectionRefusedError:
        yield warning("gateway", "it does not run", cure="sealgate serve")
        yield from _port(settings)
        return
    except (OSError, http.client.HTTPException, ValueError) as error:
        yield failed(
            "gateway",
            f"what listens at {address(settings)} does not answer as a gateway would: {error}",
            cure="See what it is (ss -ltnp); stop it, or change http.port or http.tls.",
        )
        return
    if status != http.client.OK or said.get("status") != "running":
        yield failed(
            "gateway",
            f"something else answers at {address(settings)}",
            cure="See what it is (ss -ltnp); stop it, or change http.port.",
        )
        return
    yield _readiness(settings)


def check_tls(config: Config, now: datetime) -> Iterator[Finding]:
    """The server's certificate and key, and the CA of client certificates."""
    tls = config.http.tls
    if tls is None:
        return
    cure = "Correct http.tls in config.yaml, or the files: the server's certificate stands first."
    try:
        # Loads as the gateway does; it compares certificate and key.
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls.certificate, tls.key)
        if tls.client_ca is not None:
            context.load_verify_locations(tls.client_ca)
        certificate = x509.load_pem_x509_certificates(tls.certificate.read_bytes())[0]
    except (OSError, ValueError) as error:
        yield failed("TLS", f"{_files(tls)} cannot be used: {error}", cure=cure)
        return
    until = certificate.not_valid_after_utc
    renew = "Renew the server's certificate, then start the gateway anew."
    if now > until:
        yield failed("TLS", f"{tls.certificate} expired on {until:%Y-%m-%d}", cure=renew)
    elif now < certificate.not_valid_before_utc:
        begins = f"{certificate.not_valid_before_utc:%Y-%m-%d}"
        yield failed("TLS", f"{tls.certificate} is not valid before {begins}", cure=renew)
    elif now > until - _SOON:
        yield warning("TLS", f"{tls.certificate} expires on {until:%Y-%m-%d}", cure=renew)
    else:
        yield ok("TLS", f"{tls.certificate}, until {until:%Y-%m-%d}")


def _readiness(settings: HTTPConfig) -> Finding:
    try:
        status, said = _ask(settings, "/readyz")
    except (OSError, http.client.HTTPException, ValueError) as error:
        told, failures = f"it does not say whether it is ready: {error}", {}
    else:
        if status == http.client.OK:
            return ok("gateway", f"runs at {address(settings)} and could seal now")
        failures = said.get("failures", {})
        told = "it runs but could not seal: " + "; ".join(
            f"{part}: {why}" for part, why in failures.items()
        )
    return failed("gateway", told, cure="Look at the other lines here, and at the gateway's log.")


def _ask(settings: HTTPConfig, path: str) -> tuple[int, dict[str, Any]]:
    status, written = _answer(settings, path)
    said = json.loads(written)
    if not isinstance(said, dict):
        raise ValueError("the answer is no JSON object")  # noqa: TRY004 - a wrong answer
    return status, said


def said_by_gateway(settings: HTTPConfig, path: str) -> str:
    """What a gateway with these settings answers on this machine.

    Raises:
        OSError: it does not, or with something else than 200.
    """
    status, written = _answer(settings, path)
    if status != http.client.OK:
        raise OSError(f"the gateway answers {status}")
    return written.decode()


def _answer(settings: HTTPConfig, path: str) -> tuple[int, bytes]:
    host = _EVERYWHERE.get(settings.host, settings.host)
    connection: http.client.HTTPConnection
    if settings.tls is None:
        connection = http.client.HTTPConnection(host, settings.port, timeout=_PATIENCE_SECONDS)
    else:
        # Asked on this machine, by address, whether it is alive; no secret is sent.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            host, settings.port, timeout=_PATIENCE_SECONDS, context=context
        )
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(1 << 22)


def _port(settings: HTTPConfig) -> Iterator[Finding]:
    try:
        kind, _, _, _, place = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(kind, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen()
    except OSError as error:
        yield failed(
            "port",
            f"the gateway could not listen at {address(settings)}: {error.strerror}",
            cure="See who has it (ss -ltnp), or change http.host or http.port.",
        )
    else:
        yield ok("port", f"{address(settings)} is free")


def _files(tls: TLSConfig) -> str:
    paths = (tls.certificate, tls.key, tls.client_ca)
    return ", ".join(str(path) for path in paths if path is not None)
