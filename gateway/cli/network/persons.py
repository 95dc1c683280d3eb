"""`sealgate network person`: persons on the network."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from cloud_bridge.model import Person
from cloud_bridge.network.accounts.accounts import masked
from cloud_bridge.network.accounts.rows import persons_in
from cloud_bridge.network.administration import AdministrationError, VerifiedPerson, administration
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
from gateway.cli.terminal import out, printable, tell_json, told_errors
from gateway.clock import SystemClock


def add(
    name: Annotated[str, typer.Option("--name", help="As in the person's identity document.")],
    contact: Annotated[
        str, typer.Option("--contact", help="A telephone number or mailbox that it reads.")
    ],
    expires: ExpiresOption,
    level: Annotated[
        str, typer.Option("--level", help="How well it is known: contact or identity.")
    ] = "identity",
    method: Annotated[
        str, typer.Option("--method", help="How it was verified, such as id-document or code.")
    ] = "id-document",
    id_tail: Annotated[
        str,
        typer.Option(
            "--id-tail", help="Last four characters of its identity number; kept as a salted hash."
        ),
    ] = "",
    config: NetworkOption = DEFAULT_NETWORK,
) -> None:
    """Add a person, or know it better: name, contact, verification.

    The same name and contact are the same person, in every envelope. The network may run meanwhile.
    """
    configuration = network_configuration(config)
    new = VerifiedPerson(
        name=name,
        contact=contact,
        level=level_named(level),
        method=method,
        expires_at=moment_named(expires),
        id_tail=id_tail,
    )
    with told_errors(OSError, AdministrationError, SchemaNewerError, SQLAlchemyError):
        person = asyncio.run(_add(configuration, new))
    out.print(person.id)


def list_(as_json: JSONOption = False, config: NetworkOption = DEFAULT_NETWORK) -> None:
    """List the persons, how each was verified, and until when.

    Contacts are masked, as in everything that the network tells.
    """
    configuration = network_configuration(config)
    with told_errors(OSError, SQLAlchemyError):
        engine = database_of(configuration).open_reader()
        with engine.connect() as connection:
            found = [
                msgspec.structs.replace(each, contact=masked(each.contact))
                for each in persons_in(connection)
            ]
        engine.dispose()
    if as_json:
        tell_json(found)
    else:
        _show(found)


def _show(found: Sequence[Person]) -> None:
    table = Table(box=None, pad_edge=False)
    # An id is copied into the next command: it stands in one piece.
    longest = max((len(each.id) for each in found), default=0)
    table.add_column("id", no_wrap=True, min_width=longest)
    for heading in ("name", "contact", "level", "method", "until"):
        table.add_column(heading, overflow="fold")
    now = SystemClock().now()
    for each in found:
        verification = each.verification
        cells = (each.id, printable(each.name), printable(each.contact))
        until = f"{verification.expires_at:%Y-%m-%d}"
        method = printable(verification.method)
        table.add_row(*cells, verification.level_at(now), method, until)
    out.print(table)


async def _add(configuration: NetworkConfig, new: VerifiedPerson) -> Person:
    async with administration(configuration, SystemClock()) as operator:
        return await operator.add_person(new)
