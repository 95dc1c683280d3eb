"""Make a backup of a gateway that goes on sealing.

The order is what makes it consistent. The published tree head is read first: the log in the
database never has fewer records than it. Then a moment of the database is held and copied. Then
come the documents, which were on the disk before a row pointed at them, and whatever is older
than all of it. So the copy of the database points at nothing that the backup lacks.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from gateway import __version__
from gateway.audit.checkpoint import LogKey, open_checkpoint
from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.merkle import Frontier
from gateway.audit.record import read_leaf
from gateway.backup.documents import SegmentGoneError, Segments
from gateway.backup.errors import BackupFailedError
from gateway.backup.interfaces import HeldMoment
from gateway.backup.model import MANIFEST, LogState, Manifest
from gateway.backup.places import (
    CHECKPOINT_MEMBER,
    COPIES,
    LOG_KEY_MEMBER,
    MOST_BYTES,
    configured_files,
    left_out,
)
from gateway.backup.shelf import Shelf
from gateway.backup.sqlite_copy import SQLiteMoment
from gateway.backup.verifying import Verified, verify
from gateway.backup.writing import BackupWriter
from gateway.clock import Clock
from gateway.config import Config
from gateway.durable import sync_directory
from gateway.regular_files import read_regular
from gateway.store.engines.postgresql import PostgreSQL
from gateway.store.migrating import newest_revision, revision_of
from gateway.store.open import database_of
from gateway.store.schema import audit_checkpoint, audit_leaf, document

_TRIES: Final = 3
_ROOM: Final = 64 * 1024 * 1024

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made, and read once more from its beginning to its end."""

    path: Path
    size: int
    verified: Verified


def create(config: Config, config_file: Path, shelf: Shelf, *, clock: Clock, tell: Tell) -> Made:
    """Make a backup and verify it; only then has it its name.

    Raises:
        BackupFailedError: it cannot be made.
        BackupRefusedError: it was made and does not verify: what is kept here is damaged.
        OSError, SQLAlchemyError: disk or database refuse.
    """
    with shelf.alone():
        path = shelf.path_for(config.store.node, clock.now())
        if path.exists():
            raise BackupFailedError(f"{path} is there already: wait a second, and run this again")
        partial, scratch = shelf.partial(path), shelf.partial(path, ".scratch")
        scratch.mkdir(mode=0o700)
        try:
            _write(config, config_file, shelf, path, clock=clock, tell=tell)
            tell("verify what was written")
            verified = verify(partial, scratch=scratch)
            partial.rename(path)
            sync_directory(shelf.directory)
        finally:
            partial.unlink(missing_ok=True)
            shutil.rmtree(scratch)
        return Made(path, path.stat().st_size, verified)


def _write(
    config: Config, config_file: Path, shelf: Shelf, path: Path, *, clock: Clock, tell: Tell
) -> None:
    key = config.log_key_file.read_text(encoding="utf-8")
    published = _published(config)
    copy = shelf.partial(path, ".database")
    moment, segments = _held(config)
    with closing(moment), segments:
        began = clock.now()
        shelf.prove_room(2 * moment.size() + segments.size() + _ROOM)
        log, newest_note = _log_state(moment.connection)
        _prove_published(published, key, log)
        documents = _sealed(moment.connection)
        file = os.open(shelf.partial(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(file, "wb") as out:
                writer = BackupWriter(out, moment=began)
                tell(f"database     {moment.size() >> 10:,} KiB, {log.size:,} records")
                os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                moment.copy_to(copy)
                with copy.open("rb") as source:
                    writer.add(moment.member, source, copy.stat().st_size)
                copy.unlink()
                writer.add_bytes(LOG_KEY_MEMBER, key.encode())
                if (note := published or newest_note) is not None:
                    writer.add_bytes(CHECKPOINT_MEMBER, note.encode())
                tell(f"documents    {segments.size() >> 10:,} KiB, {documents:,} sealed")
                segments.copy_to(writer)
                tell("policies and configuration")
                _copy_small(config, config_file, writer)
                manifest = Manifest(
                    version=__version__,
                    created_at=began,
                    finished_at=clock.now(),
                    node=config.store.node,
                    engine="sqlite" if config.store.url is None else "postgresql",
                    revision=newest_revision(),
                    log_key=key.strip(),
                    log=log,
                    documents=documents,
                    files=writer.files,
                    left_out=left_out(config),
                )
                writer.add_bytes(MANIFEST, msgspec.json.encode(manifest))
                writer.finish()
                out.flush()
                os.fsync(out.fileno())
        finally:
            copy.unlink(missing_ok=True)


def _held(config: Config) -> tuple[HeldMoment, Segments]:
    database = database_of(config)
    if not database.exists():
        raise BackupFailedError(f"there is no database {database}: nothing was recorded yet")
    _prove_revision(config)
    for _ in range(_TRIES):
        moment = _moment(config)
        try:
            return moment, Segments.of(moment.connection, config.documents_directory)
        except SegmentGoneError:
            # Inputs that nobody wanted any more went in between: a newer moment knows it.
            moment.close()
        except BaseException:
            moment.close()
            raise
    raise BackupFailedError(
        f"inputs that the database wants are gone from {config.documents_directory}: "
        "`sealgate doctor` says more; put the newest backup back"
    )


def _moment(config: Config) -> HeldMoment:
    database = database_of(config)
    if isinstance(database, PostgreSQL):
        # An installation on SQLite never loads its driver.
        from gateway.backup.postgresql_dump import PostgreSQLMoment  # noqa: PLC0415

        return PostgreSQLMoment(database)
    return SQLiteMoment(database)


def _prove_revision(config: Config) -> None:
    engine = database_of(config).open_reader()
    try:
        found = revision_of(engine)
    finally:
        engine.dispose()
    if found != newest_revision():
        raise BackupFailedError(
            f"the database is at revision {found}, and this version works with "
            f"{newest_revision()}: make the backup with the version that runs"
        )


def _published(config: Config) -> str | None:
    with suppress(FileNotFoundError):
        return config.checkpoint_file.read_text(encoding="utf-8")
    return None


def _prove_published(note: str | None, key: str, log: LogState) -> None:
    if note is None:
        return
    try:
        size = open_checkpoint(note, LogKey.parse(key)).size
    except CheckpointInvalidError as error:
        raise BackupFailedError(f"the published tree head is not ours: {error}") from error
    if size > log.size:
        raise BackupFailedError(
            f"{size} records were signed, and the database has {log.size}: it was cut or is an "
            "older copy, and is no worthy backup; `sealgate audit verify` says more"
        )


def _log_state(connection: Connection) -> tuple[LogState, str | None]:
    """How the log stands, and its newest signed tree head."""
    frontier = Frontier()
    hashes = select(audit_leaf.c.leaf_hash).order_by(audit_leaf.c.index)
    for leaf_hash in connection.execution_options(yield_per=10_000).execute(hashes).scalars():
        frontier.append(leaf_hash)
    last = connection.execute(
        select(audit_leaf.c.leaf).order_by(audit_leaf.c.index.desc()).limit(1)
    ).scalar_one_or_none()
    head = connection.execute(
        select(audit_checkpoint.c.size, audit_checkpoint.c.note)
        .order_by(audit_checkpoint.c.size.desc())
        .limit(1)
    ).one_or_none()
    state = LogState(
        size=frontier.size,
        root=frontier.root().hex(),
        signed_size=0 if head is None else head.size,
        newest=None if last is None else datetime.fromisoformat(read_leaf(last)["at"]),
    )
    return state, None if head is None else head.note


def _sealed(connection: Connection) -> int:
    count = select(func.count()).select_from(document).where(document.c.state == "sealed")
    found: int = connection.execute(count).scalar_one()
    return found


def _copy_small(config: Config, config_file: Path, writer: BackupWriter) -> None:
    for path in sorted(config.bundle_copies.glob("*.sealbundle")):
        writer.add_bytes(f"{COPIES}{path.name}", read_regular(path, most_bytes=MOST_BYTES))
    for member, path in configured_files(config, config_file):
        writer.add_bytes(member, read_regular(path, most_bytes=MOST_BYTES))
