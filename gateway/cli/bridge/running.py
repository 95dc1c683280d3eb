"""Whether a gateway keeps up to date what the database says of the network."""

import http.client
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from gateway.cli.doctor.service import said_by_gateway
from gateway.cli.options import configuration
from gateway.config import HTTPConfig
from gateway.store.rows.nodes import SILENT, nodes


def gateway_runs(path: Path, connection: Connection, now: datetime) -> bool:
    """Whether one of the gateways on this database runs.

    One that stops in order takes its row away. One that was killed does not: on this machine its
    port tells, elsewhere its silence.

    Args:
        path: of the configuration.
        connection: to the database.
        now: by this machine's clock.
    """
    installation = configuration(path)
    present = {each.name for each in nodes(connection) if each.seen_at >= now - SILENT}
    if present - {installation.store.node}:
        return True
    return bool(present) and _listens(installation.http)


def _listens(settings: HTTPConfig) -> bool:
    if settings.port == 0:  # it takes any that is free, so nobody here knows which
        return True
    try:
        said_by_gateway(settings, "/healthz")
    except ConnectionRefusedError:
        return False
    except (OSError, http.client.HTTPException):
        return True  # how well it answers is for the doctor to say
    return True
