"""What is frozen, and files that were to freeze or unfreeze something and did not."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from gateway.cli.doctor.model import Finding, ok, warning
from gateway.config import Config
from gateway.freezes.file_names import FOLDER, FREEZE, MOST_BYTES, UNSIGNED
from gateway.freezes.orders import claims_of
from gateway.regular_files import read_regular
from gateway.statements import StatementInvalidError
from gateway.store.freezes import freeze_row, live_freezes
from gateway.store.open import database_of

_PART = "freezes"


def check_freezes(config: Config) -> Iterator[Finding]:
    """Every freeze in force, and every file of a freeze that the gateway has not taken."""
    database = database_of(config)
    engine = database.open_reader()
    try:
        if not database.exists():
            yield ok(_PART, "none: nothing was recorded yet")
            return
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
    for row in live_freezes(connection):
        try:
            claims_of(row.statement)
        except StatementInvalidError as error:
            yield warning(
                _PART,
                f"the statement of freeze {row.id} cannot be read, so it holds for what its row "
                f"says: {error}",
                cure="Run `sealgate audit verify`, which tells whether the row was changed.",
            )
        yield warning(
            _PART,
            f"the {row.kind} {row.name}".strip() + f" is frozen: {row.reason}",
            cure=f"Two officers end it: sealgate unfreeze {row.id}",
            owner="officer",
        )


def _not_taken(connection: Connection, policies: Path) -> Iterator[Finding]:
    for kind in (FREEZE, UNSIGNED):
        for path in sorted((policies / FOLDER).glob(f"*{kind}")):
            try:
                freeze = claims_of(
                    read_regular(path, most_bytes=MOST_BYTES).decode().strip()
                ).freeze
                taken = freeze_row(connection, freeze) is not None
            except (OSError, UnicodeDecodeError, StatementInvalidError):
                taken = False
            if not taken:
                yield warning(
                    _PART,
                    f"{path} freezes nothing",
                    cure="See the gateway's log (freeze_file_refused), or start the gateway.",
                    owner="officer",
                )
