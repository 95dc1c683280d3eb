"""What is frozen, files that were to freeze or unfreeze and did not, and who may read them."""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.config import Config
from gateway.freezes.file_names import FOLDER, FREEZE, MOST_BYTES, UNSIGNED
from gateway.freezes.orders import claims_of
from gateway.regular_files import read_regular
from gateway.statements import StatementInvalidError
from gateway.store.open import database_of
from gateway.store.rows.freezes import freeze_row, live_freezes

_PART = "freezes"
_BY_ALL = 0o007


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


def check_freeze_folder(config: Config) -> Iterator[Finding]:
    """Files of freezes name counterparties: the gateway reads them, and nobody else need.

    What lies in a closed folder is closed.
    """
    folder = config.policies.place / FOLDER
    try:
        found, state = folder.stat(), config.state_directory.stat()
    except OSError:  # no folder, or no gateway was ever started here
        return
    mode = stat.S_IMODE(found.st_mode)
    cure = f"chgrp {state.st_gid} {folder} && chmod 0750 {folder}"
    if found.st_uid == state.st_uid:
        cure = f"chmod 0700 {folder}"
    if not _may_look(found, state):
        yield failed(
            _PART,
            f"the gateway's user may not look into {folder} ({mode:04o}): freezes by file freeze "
            "nothing",
            cure=cure,
        )
    elif mode & _BY_ALL:
        yield warning(
            _PART,
            f"everybody may get at {folder} ({mode:04o}), whose files name counterparties and say "
            "why they are frozen",
            cure=cure,
        )


def _may_look(folder: os.stat_result, state: os.stat_result) -> bool:
    """Whether the gateway, which is whose the state is, may list the folder and open its files."""
    if state.st_uid == 0:
        return True
    if folder.st_uid == state.st_uid:
        wanted = stat.S_IRUSR | stat.S_IXUSR
    elif folder.st_gid in _groups(state):
        wanted = stat.S_IRGRP | stat.S_IXGRP
    else:
        wanted = stat.S_IROTH | stat.S_IXOTH
    return folder.st_mode & wanted == wanted


def _groups(state: os.stat_result) -> set[int]:
    try:
        name = pwd.getpwuid(state.st_uid).pw_name
    except KeyError:  # a user of another machine's, whose files are looked at here
        return {state.st_gid}
    return {state.st_gid, *os.getgrouplist(name, state.st_gid)}


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
