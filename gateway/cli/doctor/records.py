"""The database and the audit log.

They are only read. SQLite may leave its two empty side files (-wal, -shm) beside the database.
"""

from collections.abc import Iterator
from datetime import datetime
from importlib.resources import as_file, files

from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.audit.checkpoint import LogKey, open_checkpoint
from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.record import read_leaf
from gateway.audit.token_key import (
    RESTART_SIGNER,
    checkpoint_key,
    key_on_token,
    missing_at_signer,
)
from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.clock import Clock
from gateway.config import Config
from gateway.jobs.lease_time import ServerTime
from gateway.signing.clock_guard import TOLERANCE
from gateway.store.checking import look
from gateway.store.interfaces import Database
from gateway.store.open import database_of
from gateway.store.schema import audit_leaf
from hsm.interfaces import KeyDescription

_RESTORE = "Stop the gateway, put the newest backup back, then `sealgate audit verify`."

_SKEW_SECONDS = 2.0
_REACH = (
    "Look whether the database server runs and is reached from here; put no backup back for this."
)


class RecordsCheck:
    """Reads the records. `size` is how many the log has, or None while that is not known."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.size: int | None = None

    def database(self, now: datetime) -> Iterator[Finding]:
        """Whether it opens, is whole, and is of this version; and the clock against it."""
        try:
            database = database_of(self._config)
        except OSError as error:
            told = f"the password of the database cannot be read: {error}"
            yield failed("database", told, cure="Mend store.password_file.")
            return
        engine = database.open_reader()
        try:
            if not database.exists():
                yield self._no_database(database)
                return
            with engine.connect() as connection:
                yield from self._look(connection, now)
        except SQLAlchemyError as error:
            told = f"{database} cannot be read: {getattr(error, 'orig', error)}"
            # A server that is only away loses nothing; a backup put back over it would.
            away = self._config.store.url is not None
            yield failed("database", told, cure=_REACH if away else _RESTORE)
        finally:
            engine.dispose()

    def _no_database(self, database: Database) -> Finding:
        if self._config.checkpoint_file.exists():
            told = f"{database} is gone, though records were signed already"
            return failed("database", told, cure=_RESTORE)
        self.size = 0
        return ok("database", "none yet; the first `sealgate serve` makes it")

    def _look(self, connection: Connection, now: datetime) -> Iterator[Finding]:
        report = look(connection)
        if report.damage is not None:
            yield failed("database", f"it is damaged: {report.damage}", cure=_RESTORE)
            return
        present, known = report.revision, _revisions()
        if present not in known:
            told = f"it is at revision {present}, which this version does not know"
            cure = "Install the newer Sealgate that wrote it, or put an older backup back."
            yield failed("database", told, cure=cure)
            return
        if present != known[0]:
            told = f"it is at revision {present}; the next start brings it to {known[0]}"
            cure = "Make a backup, then start the gateway."
            yield warning("database", told, cure=cure)
        else:
            told = f"it is whole, at revision {present}; {report.engine} {report.version}"
            yield ok("database", "; ".join((told, *report.remarks)))
        self.size = connection.execute(
            select(func.coalesce(func.max(audit_leaf.c.index) + 1, 0))
        ).scalar_one()
        yield _clock(connection, now)

    def audit_log(self, keys: tuple[KeyDescription, ...] | None) -> Iterator[Finding]:
        """The log's key against the token's, and the last checkpoint against both."""
        file = self._config.log_key_file
        try:
            key = LogKey.parse(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, CheckpointInvalidError) as error:
            told = f"the log's verifier key {file} cannot be read: {error}"
            yield failed("audit log key", told, cure="Put it back from a backup; partners have it.")
            return
        yield self._key(key, keys)
        yield self._checkpoint(key)

    def _key(self, key: LogKey, keys: tuple[KeyDescription, ...] | None) -> Finding:
        part, origin = "audit log key", self._config.audit.origin
        if key.origin != origin:
            told = f"it is the key of {key.origin!r}, but audit.origin is {origin!r}"
            return failed(part, told, cure="Put audit.origin back; a log never changes its name.")
        wanted = checkpoint_key(self._config.hsm)
        if wanted is None:
            cure = "Configure the key that signs checkpoints (purpose: checkpoint) in hsm.keys."
            return failed(part, "no key signs checkpoints", cure=cure)
        if not keys:
            cure = "Mend what is wrong with the token first."
            return warning(part, "not compared with the token, which did not answer", cure=cure)
        missing = missing_at_signer(key, keys, name=wanted)
        if missing is not None:
            return failed(part, missing, cure=f"{RESTART_SIGNER}.")
        if key_on_token(keys, name=wanted, origin=origin) != key:
            told = (
                f"key {wanted!r} on the token is another than {self._config.log_key_file}: the "
                "gateway does not start with it"
            )
            cure = (
                "Name the right key in hsm.keys, or the right token, or put the HSM's own backup "
                "back. If a backup of another installation was restored here, move the state "
                "directory away and restore the right one."
            )
            return failed(part, told, cure=cure)
        return ok(part, f"{key.origin}, key {wanted} on the token")

    def _checkpoint(self, key: LogKey) -> Finding:
        part, file = "audit checkpoint", self._config.checkpoint_file
        if not file.exists():
            if self.size:
                told = f"there are {self.size:,} records, but no {file}"
                cure = "Start the gateway, which signs one; then `sealgate audit verify`."
                return warning(part, told, cure=cure)
            return ok(part, "none yet; the gateway signs one within a second of its first record")
        try:
            head = open_checkpoint(file.read_text(encoding="utf-8"), key)
        except (OSError, UnicodeDecodeError, CheckpointInvalidError) as error:
            return failed(part, f"{file} does not verify: {error}", cure=_RESTORE)
        if self.size is not None and head.size > self.size:
            told = f"{head.size:,} records were signed, but the database has {self.size:,}"
            return failed(part, told, cure=_RESTORE)
        return ok(part, f"verifies, {head.size:,} records; `sealgate audit verify` looks at each")


def _clock(connection: Connection, now: datetime) -> Finding:
    newest = connection.execute(
        select(audit_leaf.c.leaf).order_by(audit_leaf.c.index.desc()).limit(1)
    ).scalar_one_or_none()
    if newest is None:
        return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, nothing recorded to compare it with")
    at = datetime.fromisoformat(read_leaf(newest)["at"])
    if now < at - TOLERANCE:
        return failed(
            "clock",
            f"it says {now:%Y-%m-%d %H:%M:%S} UTC, but something was recorded at "
            f"{at:%Y-%m-%d %H:%M:%S} UTC already: nothing is sealed until it is right",
            cure="Set the clock right, and have NTP keep it.",
        )
    return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, later than the newest record")


def check_server_clock(connection: Connection, clock: Clock) -> Iterator[Finding]:
    """This machine's clock against the database server's, by which all nodes' leases go."""
    if connection.dialect.name != "postgresql":
        return
    at = ServerTime().now(connection)
    # Asked now: the checks before took their time.
    apart = abs((clock.now() - at).total_seconds())
    part = "clock skew"
    told = f"{apart:,.1f} s from the database server's clock ({at:%Y-%m-%d %H:%M:%S} UTC)"
    cure = "Have NTP keep both clocks, from one server inside your network."
    if apart > TOLERANCE.total_seconds():
        yield failed(part, told, cure=cure)
    elif apart > _SKEW_SECONDS:
        yield warning(part, told, cure=cure)
    else:
        yield ok(part, told)


def _revisions() -> list[str]:
    """The schema's revisions, newest first."""
    with as_file(files("gateway.store") / "migrations") as folder:
        config = AlembicConfig()
        config.set_main_option("script_location", str(folder))
        scripts = ScriptDirectory.from_config(config)
        return [script.revision for script in scripts.walk_revisions()]
