"""Put a backup back onto an installation that has nothing yet.

A marker stands in the state directory from before the first file to after the last, and no gateway
starts beside it. The database comes last. Whoever is killed in between runs it again.
"""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.audit.checkpoint import LogKey
from gateway.backup.errors import RestoreRefusedError
from gateway.backup.model import POSTGRESQL_DUMP, SQLITE_COPY, Manifest, RestoredFrom
from gateway.backup.places import (
    CHECKPOINT_MEMBER,
    CONFIG_MEMBER,
    COPIES,
    DOCUMENTS,
    LOG_KEY_MEMBER,
    OFFICERS_MEMBER,
    is_freeze,
    place_of,
    state_place_of,
)
from gateway.backup.putting import digest_of, owner_of, put_file, put_freeze, write_durably
from gateway.backup.reading import BackupFile
from gateway.backup.restored_note import as_bytes, note_in
from gateway.backup.scratch import scratch_directory
from gateway.backup.verifying import Verified
from gateway.config import Config
from gateway.durable import sync_directory
from gateway.store.engines.postgresql import PostgreSQL
from gateway.store.files.ownership import RESTORING, sole_owner
from gateway.store.open import database_of
from gateway.store.schema import audit_leaf

_OF_THE_STATE: Final = (DOCUMENTS, COPIES, CHECKPOINT_MEMBER, LOG_KEY_MEMBER)


@dataclass(slots=True)
class PutBack:
    """What a restore did.

    Attributes:
        files: how many members are in place.
        kept: files of the configuration that were there, say something else, and were left.
        homeless: members that this configuration has no place for.
    """

    files: int = 0
    kept: list[Path] = field(default_factory=list)
    homeless: list[str] = field(default_factory=list)


def restore(
    path: Path,
    verified: Verified,
    config: Config,
    config_file: Path,
    *,
    on_token: LogKey | None,
    tell: Callable[[str], None],
) -> PutBack:
    """Put a backup that was verified back. Safe to run again after any end.

    Args:
        path: of the backup.
        verified: what was found in it.
        config: of the installation that it is to become.
        config_file: where that is.
        on_token: what this installation's token signs tree heads with; None: it could not be asked,
            and the gateway compares at its start.
        tell: gets a line for each file.

    Raises:
        RestoreRefusedError: it does not belong here, or something is here already.
        BackupRefusedError: the file was changed since it was verified.
        StateInUseError: a gateway runs.
        OSError, SQLAlchemyError: disk or database refuse.
    """
    _prove_it_belongs(verified.manifest, config, on_token)
    owner = owner_of(config.state_directory)
    with BackupFile.opened(path) as backup, sole_owner(config.state_directory, restoring=True):
        if backup.manifest_digest != verified.manifest_digest:
            raise RestoreRefusedError(f"{path} was exchanged after it was verified")
        if owner is not None:
            lock = config.state_directory / "lock"
            os.chown(lock, *owner, follow_symlinks=False)  # or the gateway could not take it
        marker = config.state_directory / RESTORING
        begun = marker.read_text(encoding="utf-8").strip() if marker.exists() else None
        if begun is None:
            _prove_empty(config)
            write_durably(marker, f"{verified.manifest_digest}\n".encode(), owner)
        elif begun != verified.manifest_digest:
            raise RestoreRefusedError(
                f"the restore of another backup into {config.state_directory} was cut off: finish "
                "that one, or move the directory away"
            )
        done = _put_files(backup, config, config_file, owner, tell)
        tell("database")
        _put_database(backup, config, owner)
        write_durably(note_in(config.state_directory), as_bytes(_note(backup)), owner)
        marker.unlink()
        sync_directory(config.state_directory)
    return done


def _note(backup: BackupFile) -> RestoredFrom:
    return RestoredFrom(
        backup=backup.name,
        manifest=backup.manifest_digest,
        created_at=backup.manifest.created_at,
        records=backup.manifest.log.size,
    )


def _prove_it_belongs(manifest: Manifest, config: Config, on_token: LogKey | None) -> None:
    engine = "sqlite" if config.store.url is None else "postgresql"
    if manifest.engine != engine:
        raise RestoreRefusedError(
            f"the backup is of {manifest.engine}, and config.yaml names {engine}: configure "
            "`store` as it was"
        )
    origin = LogKey.parse(manifest.log_key).origin
    if origin != config.audit.origin:
        raise RestoreRefusedError(
            f"the backup is of the log {origin}, and config.yaml names {config.audit.origin}: a "
            "log goes on under its own name only; set audit.origin, or take the right backup"
        )
    if config.log_key_file.exists():
        key = config.log_key_file.read_text(encoding="utf-8").strip()
        if key != manifest.log_key:
            raise RestoreRefusedError(
                f"{config.log_key_file} has another key than the backup's log was signed with: put "
                "the HSM's own backup back first, or remove that file if its key is not in use"
            )
    if on_token is not None and on_token.encoded() != manifest.log_key:
        raise RestoreRefusedError(
            f"token {config.hsm.token_name} has another key than the backup's log was signed with "
            f"({manifest.log_key}): it is the backup of another installation, or the token is not "
            "this one's; take the right backup, or put the HSM's own backup back first"
        )
    root, officers = config.policies.root, manifest.files.get(OFFICERS_MEMBER)
    if root is None or officers is None or not root.exists():
        return
    if digest_of(root) != officers.sha256:
        raise RestoreRefusedError(
            f"{root} names other first officers than the backup does, so its policies would not "
            "come into force: take the right backup, or, if these are not the officers of this "
            "installation, move that file away"
        )


def _prove_empty(config: Config) -> None:
    """Nothing that a gateway wrote may be here: two histories do not mix."""
    there = [
        config.database,
        config.database.with_name(f"{config.database.name}-wal"),
        config.checkpoint_file,
        *config.bundle_copies.glob("*.sealbundle"),
        *config.documents_directory.rglob("*.tar"),
    ]
    for path in there:
        if path.exists():
            raise RestoreRefusedError(
                f"this installation is not empty, {path} is there: stop the gateway and move "
                f"{config.state_directory} away (do not delete it), then run this again"
            )
    if config.store.url is not None and database_of(config).exists():
        raise RestoreRefusedError(
            f"the database {config.store.url} has tables: stop every node, keep that database "
            "under another name, make an empty one, then run this again"
        )


def _put_files(
    backup: BackupFile,
    config: Config,
    config_file: Path,
    owner: tuple[int, int] | None,
    tell: Callable[[str], None],
) -> PutBack:
    done = PutBack()
    for name in sorted(backup.manifest.files):
        if name in (SQLITE_COPY, POSTGRESQL_DUMP):
            continue
        if name.startswith(_OF_THE_STATE):
            place = state_place_of(name, config)
        else:
            place = config_file if name == CONFIG_MEMBER else place_of(name, config)
        if place is None:
            done.homeless.append(name)
            continue
        digest = backup.manifest.files[name].sha256
        if place.exists() and digest_of(place) == digest:
            done.files += 1
        elif place.exists() and not name.startswith(_OF_THE_STATE):
            done.kept.append(place)
        else:
            tell(name)
            is_state = name.startswith(_OF_THE_STATE)
            if is_freeze(name):
                put_freeze(backup.chunks(name), place, owner)
            else:
                put_file(
                    backup.chunks(name), place, owner if is_state else None, is_secret=is_state
                )
            done.files += 1
    return done


def _put_database(backup: BackupFile, config: Config, owner: tuple[int, int] | None) -> None:
    database = database_of(config)
    if not isinstance(database, PostgreSQL):
        put_file(backup.chunks(SQLITE_COPY), config.database, owner, is_secret=True)
        return
    if database.exists():
        # Only after an end between its one transaction and the marker's.
        _prove_same_log(database, backup.manifest)
        return
    # An installation on SQLite never loads its driver.
    from gateway.backup.postgresql_dump import restore_dump  # noqa: PLC0415

    with scratch_directory(config.state_directory, ".restore-") as directory:
        dump = directory / POSTGRESQL_DUMP
        with dump.open("wb") as out:
            for chunk in backup.chunks(POSTGRESQL_DUMP):
                out.write(chunk)
        restore_dump(database, dump)


def _prove_same_log(database: PostgreSQL, manifest: Manifest) -> None:
    engine = database.open_reader()
    try:
        with closing(engine.connect()) as connection:
            records = connection.execute(select(func.count()).select_from(audit_leaf)).scalar_one()
    except SQLAlchemyError as error:
        raise RestoreRefusedError(f"{database} has tables that are not the backup's") from error
    finally:
        engine.dispose()
    if records != manifest.log.size:
        raise RestoreRefusedError(
            f"{database} has {records} records and the backup {manifest.log.size}: a gateway has "
            "begun another history there; stop every node, make an empty database, run this again"
        )
