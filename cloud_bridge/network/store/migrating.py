"""Bring the database to this version's schema, and refuse one that is newer."""

from pathlib import Path

from sqlalchemy import Engine, inspect

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATING = 0x5EA1_6A7F


class SchemaNewerError(Exception):
    """The database was written by a newer version."""


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing.

    Raises:
        SchemaNewerError: the database was written by a newer version.
    """
    if revision_of(engine) == _newest_revision():
        return  # as at nearly every start: Alembic alone takes 0.2 s to load
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    present = revision_of(engine)
    if present is not None and present not in known:
        raise SchemaNewerError(
            f"the network's database is at revision {present}, which this version does not know: "
            "it was written by a newer Sealgate. Install that version, or restore a backup"
        )
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Nodes that start together: the second waits, and then finds nothing to do.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _newest_revision() -> str:
    # Files are named `0001_what_it_does.py`.
    files = (_MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return max(file.name.partition("_")[0] for file in files)


def revision_of(engine: Engine) -> str | None:
    """Where the database stands; None when it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        revision: str | None = found.scalar_one_or_none()
        return revision
