"""The versions of all gateways on one database, and of this program."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway import __version__
from gateway.cli.doctor.model import Finding, ok, warning
from gateway.store.rows.nodes import SILENT, nodes

_PART: Final = "versions"


def check_versions(
    connection: Connection, now: datetime, *, own: str = __version__
) -> Iterator[Finding]:
    """Whether all nodes are of one version, and that of the program that asks."""
    every = nodes(connection)
    silent = [each for each in every if each.seen_at < now - SILENT]
    for each in silent:
        yield warning(
            "nodes",
            f"{each.name} ({each.version}) was seen last at {each.seen_at:%Y-%m-%d %H:%M} UTC, and "
            "did not stop in order",
            cure="See what became of that machine. If it is gone for good, this goes in a month.",
        )
    present = [each for each in every if each not in silent]
    other = [each for each in present if each.version != own]
    if other:
        told = ", ".join(f"{each.name} runs {each.version}" for each in other)
        yield warning(
            _PART,
            f"{told}; this is {own}: an upgrade was cut off, or a node was not started anew",
            cure="Finish the upgrade on every node, or go back on every node "
            "(docs/operations/upgrade.md).",
        )
    elif present:
        yield ok(_PART, f"{len(present)} nodes, all of version {own}")
    elif not silent:
        yield ok(_PART, f"no gateway runs; this is {own}")
