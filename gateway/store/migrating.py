"""Bring the database to this version's schema, and refuse one that is newer."""

from pathlib import Path

from sqlalchemy import Engine, inspect

from gateway.store.errors import StoreVersionError

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATING = 0x5EA1_6A7E


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing.

    Raises:
        StoreVersionError: the database was written by a newer version.
    """
    if revision_of(engine) != newest_revision():  # as at nearly every start it is
        migrate_to(engine, "head")


def migrate_to(engine: Engine, revision: str) -> None:
    """Run the migrations up to a revision: all of them, or none.

    Raises:
        StoreVersionError: the database was written by a newer version.
    """
    # Alembic alone takes 0.2 s to load.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    present = revision_of(engine)
    if present is not None and present not in known_revisions():
        raise StoreVersionError(
            f"the database is at revision {present}, which this version does not know: "
            "it was written by a newer Sealgate. Install that version, or restore a backup"
        )
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Nodes that start together: the second waits, and then finds nothing to do.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def newest_revision() -> str:
    """The revision that this version's code wants: files are named `0001_what_it_does.py`."""
    return max(known_revisions())


def known_revisions() -> frozenset[str]:
    """Every revision that this version can bring to its own."""
    files = (_MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return frozenset(file.name.partition("_")[0] for file in files)


def revision_of(engine: Engine) -> str | None:
    """Where the database stands; None when it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        revision: str | None = found.scalar_one_or_none()
        return revision
