"""Say whether a backup is whole and says the truth: digests, database, log, documents."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from gateway import __version__
from gateway.audit.checkpoint import LogKey, open_checkpoint
from gateway.audit.errors import CheckpointInvalidError
from gateway.audit.verification import LogVerdict, LogVerifier
from gateway.backup.documents import is_erased_since
from gateway.backup.errors import BackupRefusedError
from gateway.backup.model import POSTGRESQL_DUMP, SQLITE_COPY, Manifest
from gateway.backup.places import CHECKPOINT_MEMBER, DOCUMENTS, LOG_KEY_MEMBER
from gateway.backup.reading import BackupFile
from gateway.backup.scratch import scratch_directory
from gateway.store.acknowledged import acknowledged_ends
from gateway.store.checking import look
from gateway.store.engines.database import open_reader, open_writer
from gateway.store.migrating import known_revisions, migrate, newest_revision
from gateway.store.schema import document

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Verified:
    """A backup in which nothing was found.

    Attributes:
        manifest_digest: SHA-256 of the manifest's bytes, hex: names this backup and no other.
        signed_elsewhere: how many records a tree head covers that was kept elsewhere and is newer;
            None: none is known.
    """

    manifest: Manifest
    manifest_digest: str
    verdict: LogVerdict
    signed_elsewhere: int | None


def verify(path: Path, *, scratch: Path, checkpoint: str | None = None) -> Verified:
    """Read all of it; what is wrong first is told.

    Args:
        path: of the backup.
        scratch: a directory with room for a copy of the database.
        checkpoint: a signed tree head that was kept elsewhere, to hold the log against.

    Raises:
        BackupRefusedError: it is not whole, not what a gateway wrote, or of a newer version.
        BackupFailedError: it has a dump, and there is no `pg_restore` here.
        OSError: it cannot be read, or the scratch directory cannot be written to.
    """
    with (
        BackupFile.opened(path) as backup,
        scratch_directory(scratch, ".verify-") as directory,
    ):
        prove_version(backup.manifest)
        backup.prove_digests()
        database = directory / "database.sqlite"
        _take_out(backup, database)
        key = _log_key(backup)
        _prove_database(backup, database)
        _prove_shape(database, directory / "fresh.sqlite")
        newer, known = _held_against(checkpoint, key, backup.manifest)
        engine = open_reader(database)
        try:
            with closing(engine.connect()) as connection:
                verdict = _prove_log(backup, connection, key, known)
            with closing(engine.connect()) as connection:
                _prove_documents(backup, connection)
        except SQLAlchemyError as error:
            raise _damaged(error) from error
        finally:
            engine.dispose()
        return Verified(backup.manifest, backup.manifest_digest, verdict, newer)


def prove_version(manifest: Manifest) -> None:
    """Raise for a backup of a newer program.

    Raises:
        BackupRefusedError: names both versions.
    """
    if not all(each.isprintable() for each in (manifest.node, manifest.version, manifest.log_key)):
        raise BackupRefusedError("its manifest has characters that no program of ours writes")
    if _numbers(manifest.version) > _numbers(__version__):
        raise BackupRefusedError(
            f"version {manifest.version} made the backup, and this is {__version__}, which does "
            f"not know what came since: install {manifest.version} or a newer one"
        )
    if manifest.revision not in known_revisions():
        raise BackupRefusedError(
            f"its database is at revision {manifest.revision}, which this version does not know: "
            f"install {manifest.version}"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBER.findall(version)[:3]))


def _take_out(backup: BackupFile, database: Path) -> None:
    if backup.manifest.engine == "sqlite":
        _write(backup.chunks(SQLITE_COPY), database)
        return
    # An installation on SQLite never loads what this needs.
    from gateway.backup.dumped_rows import load_dump  # noqa: PLC0415

    dump = database.with_name(POSTGRESQL_DUMP)
    _write(backup.chunks(POSTGRESQL_DUMP), dump)
    load_dump(dump, database)
    dump.unlink()


def _write(chunks: Iterator[bytes], file: Path) -> None:
    with file.open("wb") as out:
        for chunk in chunks:
            out.write(chunk)


def _prove_database(backup: BackupFile, database: Path) -> None:
    engine = open_reader(database)
    try:
        with closing(engine.connect()) as connection:
            report = look(connection)
    except SQLAlchemyError as error:
        raise _damaged(error) from error
    finally:
        engine.dispose()
    if report.damage is not None:
        raise BackupRefusedError(f"its database is damaged ({report.damage}): take another backup")
    if report.revision != backup.manifest.revision:
        raise BackupRefusedError(
            f"its database is at revision {report.revision}, and its manifest says "
            f"{backup.manifest.revision}: take another backup"
        )
    if report.revision != newest_revision():
        writer = open_writer(database)
        try:
            migrate(writer)
        finally:
            writer.dispose()


def _prove_shape(database: Path, fresh: Path) -> None:
    """A trigger or a view would act in what is put back, and no digest of a row shows it.

    Args:
        database: of the backup, at the newest revision.
        fresh: where an empty one is made, to compare.
    """
    writer = open_writer(fresh)
    try:
        migrate(writer)
    finally:
        writer.dispose()
    strange = sorted(_shape(database) - _shape(fresh))
    if strange:
        kind, name, _ = strange[0]
        raise BackupRefusedError(
            f"its database has a {kind} {name[:64]!r} that no version of Sealgate makes: somebody "
            "has changed it. Take another backup, and tell the security officer"
        )


def _shape(database: Path) -> frozenset[tuple[str, str, str]]:
    """Kind and name of all that a database is made of; of what acts by itself, the words, too."""
    engine = open_reader(database)
    try:
        with closing(engine.connect()) as connection:
            found = connection.execute(text("SELECT type, name, sql FROM sqlite_master"))
            return frozenset(
                (kind, name, str(sql) if kind in {"view", "trigger"} else "")
                for kind, name, sql in found
                if not name.startswith("sqlite_")
            )
    except SQLAlchemyError as error:
        raise _damaged(error) from error
    finally:
        engine.dispose()


def _damaged(error: SQLAlchemyError) -> BackupRefusedError:
    told = getattr(error, "orig", None) or error
    return BackupRefusedError(f"its database cannot be read ({told}): take another backup")


def _log_key(backup: BackupFile) -> LogKey:
    written = backup.read(LOG_KEY_MEMBER).decode(errors="replace")
    try:
        key = LogKey.parse(written)
    except CheckpointInvalidError as error:
        raise BackupRefusedError(f"its {LOG_KEY_MEMBER}: {error}; take another backup") from error
    if written.strip() != backup.manifest.log_key:
        raise BackupRefusedError(f"its manifest names another key than {LOG_KEY_MEMBER} is")
    return key


def _held_against(
    checkpoint: str | None, key: LogKey, manifest: Manifest
) -> tuple[int | None, dict[str, str]]:
    """What a tree head from elsewhere says: a newer size, or what the log must fit."""
    if checkpoint is None:
        return None, {}
    try:
        head = open_checkpoint(checkpoint, key)
    except CheckpointInvalidError as error:
        raise BackupRefusedError(
            f"the tree head that was kept elsewhere does not belong to its log: {error}"
        ) from error
    if head.size > manifest.log.size:
        return head.size, {}
    return None, {"the one that was kept elsewhere": checkpoint}


def _prove_log(
    backup: BackupFile, connection: Connection, key: LogKey, known: dict[str, str]
) -> LogVerdict:
    published = dict(known)
    if CHECKPOINT_MEMBER in backup:
        note = backup.read(CHECKPOINT_MEMBER).decode(errors="replace")
        published[CHECKPOINT_MEMBER] = note
    verdict = LogVerifier(connection, key=key, published=published).verify()
    for finding in verdict.findings:
        raise BackupRefusedError(f"its audit log is not whole: {finding.what}; take another backup")
    log = backup.manifest.log
    if (verdict.records, verdict.root.hex()) != (log.size, log.root):
        raise BackupRefusedError(
            f"its manifest says {log.size} records, and its log has {verdict.records} or others: "
            "take another backup"
        )
    return verdict


def _prove_documents(backup: BackupFile, connection: Connection) -> None:
    """Nothing that the database points at may be missing, and documents must be what was given."""
    sealed = select(func.count()).select_from(document).where(document.c.state == "sealed")
    if connection.execute(sealed).scalar_one() != backup.manifest.documents:
        raise BackupRefusedError("its manifest counts other documents: take another backup")
    for segment, end in acknowledged_ends(connection).items():
        name = f"{DOCUMENTS}{segment}"
        if name not in backup:
            raise BackupRefusedError(f"{name} is missing, which the database points at")
        backup.part(name, end, 0)
    finished = backup.manifest.finished_at.timestamp()
    rows = connection.execution_options(yield_per=1000).execute(
        select(document)
        .where(document.c.state == "sealed", document.c.segment.is_not(None))
        .where(document.c.erased_index.is_(None))
        .order_by(document.c.segment, document.c.segment_offset)
    )
    for row in rows:
        name = f"{DOCUMENTS}{row.segment}"
        content = backup.part(name, row.segment_offset, row.output_bytes)
        if sha256(content).digest() != row.output_digest and not is_erased_since(
            content, keep_until=row.keep_until, finished_at=finished
        ):
            raise BackupRefusedError(
                f"document {row.id} in {name} is not what was sealed: take another backup, and run "
                "`sealgate archive list` where this one was made"
            )
