"""The bridge of a configuration, or what to do when it has none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.options import configuration
from gateway.cli.terminal import fail, told_errors
from gateway.config import BridgeConfig
from gateway.store.open import database_of


def bridge_of(path: Path) -> BridgeConfig:
    """The section `bridge`, or say that there is none and leave."""
    bridge = configuration(path).bridge
    if bridge is None:
        raise fail(
            f"{path} has no section `bridge`: config.example.yaml and docs/bridge.md show it"
        )
    return bridge


@contextmanager
def database_at(path: Path) -> Iterator[Connection]:
    """The gateway's database, to read; or say why there is none to read, and leave."""
    installation = configuration(path)
    with told_errors(SQLAlchemyError, OSError):
        database = database_of(installation)
        if not database.exists():
            raise fail(f"there is no database {database}: the gateway never ran")
    with told_errors(SQLAlchemyError, OSError), database.open_reader().connect() as connection:
        yield connection
