"""`sealgate network organisation`: companies on the network."""

import asyncio
import re
import secrets
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from cloud_bridge.keys import SigningKey
from cloud_bridge.model import Organisation
from cloud_bridge.network.accounts.rows import organisations_in
from cloud_bridge.network.administration import (
    AdministrationError,
    NewOrganisation,
    administration,
)
from cloud_bridge.network.authority import Authority, key_pem, write_private
from cloud_bridge.network.config import NetworkConfig
from cloud_bridge.network.open import database_of
from cloud_bridge.network.store.migrating import SchemaNewerError
from gateway.cli.network.options import (
    DEFAULT_NETWORK,
    ExpiresOption,
    NetworkOption,
    level_named,
    moment_named,
    network_configuration,
)
from gateway.cli.options import JSONOption
from gateway.cli.terminal import fail, out, printable, tell_json, told_errors
from gateway.clock import SystemClock

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_ID = re.compile(r"org-[A-Za-z0-9-]{1,60}")


def add(
    name: Annotated[
        str, typer.Option("--name", help="The legal name, as in the certificate of its seal.")
    ],
    expires: ExpiresOption,
    level: Annotated[
        str, typer.Option("--level", help="How well it is known: organisation is what seals need.")
    ] = "organisation",
    method: Annotated[
        str,
        typer.Option(
            "--method", help="How it was verified, such as register-extract or bank-transfer."
        ),
    ] = "register-extract",
    organisation: Annotated[
        str | None,
        typer.Option("--id", help="Of one that is there already, or to be chosen by you."),
    ] = None,
    signing_key: Annotated[
        str | None,
        typer.Option(
            "--signing-key", help="Its public key, base64url. Without: one is made, for trials."
        ),
    ] = None,
    csr: Annotated[
        Path | None,
        typer.Option(
            "--csr", help="Its certificate request (PEM). Without: a key is made, for trials."
        ),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option("--out", help="Where its files go; by default a folder named as its id."),
    ] = None,
    revoke_others: Annotated[
        bool,
        typer.Option(
            "--revoke-others", help="Client certificates that it had before stop counting."
        ),
    ] = False,
    config: NetworkOption = DEFAULT_NETWORK,
) -> None:
    """Add an organisation, or know it anew: verification, key, certificate.

    Writes its client certificate, the CAs that it pins, and whatever keys were made, into a folder
    that goes to the organisation. The network may run meanwhile.
    """
    configuration = network_configuration(config)
    until = moment_named(expires)
    known = level_named(level)
    chosen = organisation or f"org-{secrets.token_hex(8)}"
    if not _ID.fullmatch(chosen):
        raise fail("--id begins with org- and has letters, digits and hyphens after it")
    if signing_key is not None and not _KEY.fullmatch(signing_key):
        raise fail("--signing-key is 43 characters of base64url: the `x` of the public key")
    folder = directory or Path(chosen)
    with told_errors(OSError, ValueError, AdministrationError, SchemaNewerError, SQLAlchemyError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        public = signing_key or _new_signing_key(folder)
        certificate = _certificate(
            configuration, folder, csr, organisation=chosen, name=name, until=until
        )
        new = NewOrganisation(
            id=chosen,
            name=name,
            level=known,
            method=method,
            expires_at=until,
            signing_key=public,
            certificates=(sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),),
            revoke_others=revoke_others,
        )
        asyncio.run(_add(configuration, new))
    out.print(chosen)
    out.print(f"its files are in {folder}", markup=False, soft_wrap=True)


async def _add(configuration: NetworkConfig, new: NewOrganisation) -> None:
    async with administration(configuration, SystemClock()) as operator:
        await operator.add_organisation(new)


def _new_signing_key(folder: Path) -> str:
    key = SigningKey.generate()
    write_private(folder / "signing.pem", key.pem)
    return key.public


def _certificate(
    configuration: NetworkConfig,
    folder: Path,
    csr: Path | None,
    *,
    organisation: str,
    name: str,
    until: datetime,
) -> x509.Certificate:
    authority = Authority.read(configuration.keys.client_ca)
    if csr is None:
        key = ec.generate_private_key(ec.SECP256R1())
        write_private(folder / "client-key.pem", key_pem(key))
        public: CertificatePublicKeyTypes = key.public_key()
    else:
        request = x509.load_pem_x509_csr(csr.read_bytes())
        if not request.is_signature_valid:
            raise ValueError(f"{csr}: the request is not signed by its own key")
        public = request.public_key()
    certificate = authority.client(
        public, organisation=organisation, name=name, now=SystemClock().now(), until=until
    )
    persons = Authority.read(configuration.keys.persons_ca)
    for file, each in (
        ("client.pem", certificate),
        ("network-ca.pem", authority.certificate),
        ("persons-root.pem", persons.certificate),
    ):
        (folder / file).write_bytes(each.public_bytes(Encoding.PEM))
    return certificate


def list_(as_json: JSONOption = False, config: NetworkOption = DEFAULT_NETWORK) -> None:
    """List the organisations, how each was verified, and until when."""
    configuration = network_configuration(config)
    with told_errors(OSError, SQLAlchemyError):
        engine = database_of(configuration).open_reader()
        with engine.connect() as connection:
            found = organisations_in(connection)
        engine.dispose()
    if as_json:
        tell_json(found)
    else:
        _show(found)


def _show(found: tuple[Organisation, ...]) -> None:
    table = Table(box=None, pad_edge=False)
    # An id is copied into the next command: it stands in one piece.
    longest = max((len(each.id) for each in found), default=0)
    table.add_column("id", no_wrap=True, min_width=longest)
    for heading in ("name", "level", "method", "until", "card"):
        table.add_column(heading, overflow="fold")
    now = SystemClock().now()
    for each in found:
        verification = each.verification
        table.add_row(
            each.id,
            printable(each.name),
            verification.level_at(now),
            printable(verification.method),
            f"{verification.expires_at:%Y-%m-%d}",
            "published" if each.card else "none yet",
        )
    out.print(table)
