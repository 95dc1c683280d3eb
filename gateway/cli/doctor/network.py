"""The ways out of the house: names, proxy, TLS. Nothing is asked and nothing told at their ends.

What the other side says of who we are (401) is what the gateway heard last, see `bridge`.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLongError
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cloud_bridge.client.calling import tls
from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.config import BridgeConfig, Config
from gateway.declarations.library import load_declarations
from gateway.declarations.webhooks import DeclaredWebhook
from gateway.errors import Owner
from gateway.wiring.rooms.bridging import way_of
from strictyaml import MistakesError

_PATIENCE_SECONDS: Final = 5.0
_SOON: Final = timedelta(days=14)
_PORTS: Final = {"https": 443, "http": 80}
_MOST_OF_AN_ANSWER: Final = 4096
_RESOLVERS: Final = 8

Resolve = Callable[..., list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """Somewhere that the gateway connects to.

    Attributes:
        what: what is there, for people.
        url: scheme and authority.
        context: how the server is believed; None: there is no TLS.
        proxy: an HTTP proxy on the way.
        owner: who has the other end.
    """

    what: str
    url: str
    context: ssl.SSLContext | None = None
    proxy: str | None = None
    owner: Owner = "partner"


def check_network(config: Config, now: datetime) -> Iterator[Finding]:
    """Each way out, as far as it goes: the account network and the webhooks."""
    bridge = config.bridge
    if bridge is not None:
        yield from _bridge(bridge, now)
    try:
        declared = load_declarations(config.connectors).webhooks
    except (MistakesError, OSError) as error:
        cure = "`sealgate connectors check` names every mistake."
        yield failed("connectors", f"the declarations cannot be read: {error}", cure=cure)
        return
    for each in declared.values():
        yield from _webhook(each, now)


def _bridge(bridge: BridgeConfig, now: datetime) -> Iterator[Finding]:
    part = "TLS files"
    for company in bridge.companies:
        try:
            context = tls(way_of(bridge, company))
        except Exception as error:  # noqa: BLE001 - whatever a file holds, it is told
            cure = (
                f"Correct the files of {company.company} under bridge.companies (docs/bridge.md)."
            )
            yield failed(part, f"those of {company.company} cannot be used: {error}", cure=cure)
            continue
        yield from check_way(
            WayOut(
                what="the account network",
                url=bridge.url,
                context=context if isinstance(context, ssl.SSLContext) else None,
                proxy=bridge.proxy,
            ),
            now,
        )


def _webhook(declared: DeclaredWebhook, now: datetime) -> Iterator[Finding]:
    context = None
    if declared.url.startswith("https:"):
        try:
            context = _believing(declared.authorities)
        except (OSError, ValueError) as error:
            told = f"{declared.authorities} of webhook {declared.name} cannot be used: {error}"
            yield failed("TLS files", told, cure="Put the CA's certificate there, as PEM.")
            return
    way = WayOut(what=f"webhook {declared.name}", url=declared.url, context=context, owner="caller")
    yield from check_way(way, now)


def _believing(authorities: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authorities)


def check_way(
    way: WayOut, now: datetime, *, resolve: Resolve = socket.getaddrinfo
) -> Iterator[Finding]:
    """Look the name up, connect, and shake hands; the first that fails is told, and ends it."""
    parts = urlsplit(way.url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    first = urlsplit(way.proxy) if way.proxy is not None else parts
    near, near_port = first.hostname or "", first.port or _PORTS.get(first.scheme, 0)
    broken = _name(way, near, near_port, resolve)
    if broken is not None:
        yield broken
        return
    try:
        connection = socket.create_connection((near, near_port), timeout=_PATIENCE_SECONDS)
    except OSError as error:
        part = "connection" if way.proxy is None else "proxy"
        told = f"no connection to {near}:{near_port}, on the way to {way.what}: {_why(error)}"
        cure = "Look at the firewall, and whether it runs (docs/operations/network.md)."
        yield failed(part, told, cure=cure)
        return
    with closing(connection):
        if way.proxy is not None and way.context is not None:
            refused = _through(connection, host, port)
            if refused is not None:
                told = f"{near}:{near_port} does not let us to {host}:{port}: {refused}"
                yield failed(
                    "proxy",
                    told,
                    cure="Have the proxy let this host through, without TLS "
                    "inspection and without a login.",
                )
                return
        if way.context is None:
            yield ok("connection", f"{way.what} is reached at {near}:{near_port}, without TLS")
            return
        yield _shaken(connection, way, host, now)


def _name(way: WayOut, host: str, port: int, resolve: Resolve) -> Finding | None:
    # getaddrinfo(3) takes as long as it likes, and a thread that hangs in it is left behind.
    looking = ThreadPoolExecutor(_RESOLVERS)
    try:
        looking.submit(resolve, host, port, type=socket.SOCK_STREAM).result(_PATIENCE_SECONDS)
    except (OSError, UnicodeError, TookTooLongError) as error:
        told = f"the name {host} of {way.what} is not found: {_why(error)}"
        cure = "Look at /etc/resolv.conf and the name servers; try `getent hosts` with the name."
        return failed("DNS", told, cure=cure)
    finally:
        looking.shutdown(wait=False, cancel_futures=True)
    return None


def _through(connection: socket.socket, host: str, port: int) -> str | None:
    """Have an HTTP proxy connect (RFC 9110 §9.3.6); gives what it said against it."""
    try:
        asked = f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n"
        connection.sendall(asked.encode("idna" if not host.isascii() else "ascii"))
        heard = b""
        while b"\r\n\r\n" not in heard and len(heard) < _MOST_OF_AN_ANSWER:
            piece = connection.recv(_MOST_OF_AN_ANSWER)
            if not piece:
                break
            heard += piece
    except (OSError, UnicodeError) as error:
        return _why(error)
    line = heard.partition(b"\r\n")[0].decode("ascii", errors="replace")
    status = line.split(" ")[1:2]
    return None if status and status[0].startswith("2") else line or "it closes the connection"


def _shaken(connection: socket.socket, way: WayOut, host: str, now: datetime) -> Finding:
    if way.context is None:
        raise ValueError("without TLS there is nothing to shake hands for")
    try:
        with way.context.wrap_socket(connection, server_hostname=host) as secure:
            certificate = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        told = f"the certificate of {way.what} ({host}) is not believed: {error.verify_message}"
        cure = (
            "If it is the right server: name its CA (bridge.ca, `authorities` of the webhook); if "
            "a proxy shows its own, have it let this host through."
        )
        return failed("TLS", told, cure=cure)
    except (OSError, ValueError) as error:
        told = f"no TLS with {way.what} ({host}): {_why(error)}"
        cure = "See whether that port speaks TLS 1.2 or newer, and wants our client certificate."
        return failed("TLS", told, cure=cure)
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    if now > until - _SOON:
        told = f"the certificate of {way.what} ({host}) expires on {until:%Y-%m-%d}"
        return warning("TLS", told, cure="Tell whoever runs it.", owner=way.owner)
    return ok("connection", f"{way.what} is reached at {host}, whose certificate is believed")


def _why(error: BaseException) -> str:
    if isinstance(error, TookTooLongError | TimeoutError):
        return f"no answer within {_PATIENCE_SECONDS:g} s"
    return str(getattr(error, "strerror", None) or error)
