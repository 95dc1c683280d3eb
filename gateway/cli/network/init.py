"""`sealgate network init`: a network, ready to serve on this machine."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from cloud_bridge.keys import SigningKey
from cloud_bridge.network.authority import Authority, key_pem, write_private
from cloud_bridge.network.config import load_config
from cloud_bridge.network.open import database_of
from cloud_bridge.network.store.migrating import migrate
from gateway.cli.terminal import fail, out, told_errors
from gateway.clock import SystemClock
from gateway.config.values import is_loopback

_OF_THE_SERVER = timedelta(days=825)
_YAML = """\
# The account network; docs/network.md says what every key means.
name: {name}
state_directory: state
keys:
  network: keys/network.pem          # signs entries: keep it, and a copy elsewhere
  client_ca: keys/client-ca.pem      # issues certificates to the server and to organisations
  persons_ca: keys/persons-ca.pem    # issues a certificate to a person for one signature
server:
  host: {host}
  port: {port}
{tls}pages:
  host: {host}
"""
_TLS = """\
  tls:
    certificate: tls/server.pem
    key: tls/server-key.pem
    client_ca: tls/ca.pem
"""


def init(
    directory: Annotated[
        Path, typer.Option("--directory", "-d", help="Where the network goes; a new folder.")
    ] = Path("network"),
    name: Annotated[
        str, typer.Option("--name", help="What organisations and persons read.")
    ] = "Sealgate network",
    host: Annotated[
        str,
        typer.Option("--host", help="Where it listens; beyond this machine only with TLS."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="TCP port.")] = 8490,
    tls: Annotated[
        bool,
        typer.Option("--tls/--plain", help="With TLS and client certificates, or in the clear."),
    ] = True,
) -> None:
    """Make a network: its keys, its certificates, an empty database, network.yaml.

    It listens on this machine only, until you say otherwise in network.yaml. Nothing that is there
    already is touched.
    """
    file = directory / "network.yaml"
    if file.exists():
        raise fail(f"{file} is there already: a network's keys are not made twice")
    if not tls and not is_loopback(host):
        raise fail("in the clear it may only listen on this machine: leave --plain out")
    with told_errors(OSError, ValueError):
        _make(directory, name=name, hosts=sorted({host, "127.0.0.1", "localhost"}), tls=tls)
        written = _YAML.format(name=_quoted(name), host=host, port=port, tls=_TLS if tls else "")
        file.write_text(written, encoding="utf-8")
        engine = database_of(load_config(file)).open_writer()
        migrate(engine)
        engine.dispose()
    out.print(f"ready: sealgate network serve --config {file}", markup=False, soft_wrap=True)


def _make(directory: Path, *, name: str, hosts: list[str], tls: bool) -> None:
    now = SystemClock().now()
    for folder in ("keys", "tls"):
        (directory / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(directory / "keys" / "network.pem", SigningKey.generate().pem)
    persons = Authority.new("CA for persons", network=name, now=now)
    write_private(directory / "keys" / "persons-ca.pem", persons.pem)
    _publish(directory / "persons-root.pem", persons)
    connections = Authority.new("CA for connections", network=name, now=now)
    write_private(directory / "keys" / "client-ca.pem", connections.pem)
    _publish(directory / "tls" / "ca.pem", connections)
    if tls:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = connections.server(
            key.public_key(), hosts=hosts, now=now, until=now + _OF_THE_SERVER
        )
        write_private(directory / "tls" / "server-key.pem", key_pem(key))
        (directory / "tls" / "server.pem").write_bytes(certificate.public_bytes(Encoding.PEM))


def _publish(file: Path, authority: Authority) -> None:
    file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
