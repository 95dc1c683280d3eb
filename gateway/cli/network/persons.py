"""`sealgate network person`: persons on the network."""

import asyncio
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from cloud_bridge.model import Person
from cloud_bridge.network.administration import AdministrationError, VerifiedPerson, administration
from cloud_bridge.network.config import NetworkConfig
from cloud_bridge.network.store.migrating import SchemaNewerError
from gateway.cli.network.options import (
    DEFAULT_NETWORK,
    ExpiresOption,
    MethodOption,
    NetworkOption,
    level_named,
    moment_named,
    network_configuration,
)
from gateway.cli.terminal import out, told_errors
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
    method: MethodOption = "id-document",
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


async def _add(configuration: NetworkConfig, new: VerifiedPerson) -> Person:
    async with administration(configuration, SystemClock()) as operator:
        return await operator.add_person(new)
