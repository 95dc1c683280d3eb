"""What is frozen, and files that were to freeze or lift something and did not."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from gateway.cli.doctor.model import Finding, ok, warning
from gateway.config import Config
from gateway.regular_files import read_regular
from gateway.stops.file_names import FOLDER, FREEZE, MOST_BYTES, UNSIGNED
from gateway.stops.orders import claims_of
from gateway.store.database import open_reader
from gateway.store.stops import live_stops, stop_row

_PART = "freezes"


def check_stops(config: Config) -> Iterator[Finding]:
    """Every freeze in force, and every file of a freeze that the gateway has not taken."""
    if not config.database.exists():
        yield ok(_PART, "none: nothing was recorded yet")
        return
    engine = open_reader(config.database)
    try:
        with engine.connect() as connection:
            found = [*_live(connection), *_not_taken(connection, config.policies.place)]
    except OperationalError as error:
        yield warning(
            _PART,
            f"the table of freezes cannot be read: {error.orig}",
            cure="Start the gateway, which brings an older database up to date.",
        )
        return
    finally:
        engine.dispose()
    yield from found or [ok(_PART, "none")]


def _live(connection: Connection) -> Iterator[Finding]:
    for row in live_stops(connection):
        yield warning(
            _PART,
            f"the {row.kind} {row.name}".strip() + f" is frozen: {row.reason}",
            cure=f"Two officers lift it: sealgate unfreeze {row.id}",
            owner="officer",
        )


def _not_taken(connection: Connection, policies: Path) -> Iterator[Finding]:
    for kind in (FREEZE, UNSIGNED):
        for path in sorted((policies / FOLDER).glob(f"*{kind}")):
            try:
                stop = claims_of(read_regular(path, most_bytes=MOST_BYTES).decode().strip()).stop
                taken = stop_row(connection, stop) is not None
            except (OSError, ValueError, IndexError):  # what it has to say cannot be read
                taken = False
            if not taken:
                yield warning(
                    _PART,
                    f"{path} freezes nothing",
                    cure="See why in the gateway's log (stop_file_refused), or start the gateway.",
                    owner="officer",
                )
