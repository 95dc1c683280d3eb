"""Empty databases of this version's schema: made once in a process, and copied from then on.

All migrations together take longer than most tests.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from cloud_bridge.network.store.database import SQLiteFile
from cloud_bridge.network.store.migrating import migrate as migrate_network
from gateway.store.engines.database import open_writer
from gateway.store.migrating import migrate as migrate_gateway


def put_gateway_database(file: Path) -> None:
    """As a gateway's first start makes it, unless there is one."""
    if not file.exists():
        file.write_bytes(_of_a_gateway())


def put_network_database(file: Path) -> None:
    """As a network's first start makes it, unless there is one."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_bytes(_of_a_network())


@cache
def _of_a_gateway() -> bytes:
    return _made(open_writer, migrate_gateway)


@cache
def _of_a_network() -> bytes:
    return _made(lambda file: SQLiteFile(file).open_writer(), migrate_network)


def _made(opened: Callable[[Path], Engine], migrate: Callable[[Engine], None]) -> bytes:
    with TemporaryDirectory() as directory:
        file = Path(directory) / "fresh.sqlite"
        engine = opened(file)
        migrate(engine)
        engine.dispose()
        # The last to close a database leaves nothing in its WAL.
        assert [each.name for each in Path(directory).iterdir()] == [file.name]
        return file.read_bytes()
