"""Which bundles were in force in this installation, without asking the gateway."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from gateway.audit.activated import newest_activated
from gateway.bundles.acceptance import Standing, acceptable
from gateway.bundles.archive import MOST_BYTES
from gateway.bundles.authority import Authority
from gateway.bundles.copies import BundleCopies
from gateway.bundles.errors import BundleFileError, BundleRefusedError
from gateway.bundles.lineage import ActivatedRow, ActivationRecord
from gateway.bundles.reading import SealedBundle, read
from gateway.cli.terminal import told_errors
from gateway.config import Config
from gateway.desk.policy_files import NothingToReadError
from gateway.regular_files import read_regular
from gateway.seals.last_good import SUFFIX, LastGood, last_good
from gateway.store.open import database_of
from gateway.store.rows.activations import activated_rows


def rows_here(config: Config) -> tuple[ActivatedRow, ...]:
    """Of all that was in force, the newest first.

    Raises:
        SQLAlchemyError: see `_on_record`.
    """
    return _on_record(config)[0]


def _on_record(config: Config) -> tuple[tuple[ActivatedRow, ...], ActivationRecord | None]:
    """The rows of all that was in force, the newest first, and what the log says of the last.

    Raises:
        SQLAlchemyError: the database cannot be read, or is of another version.
    """
    database = database_of(config)
    if not database.exists():
        return (), None
    engine = database.open_reader()
    try:
        with engine.connect() as connection:
            return activated_rows(connection), newest_activated(connection)
    finally:
        engine.dispose()


def in_force_here(config: Config) -> LastGood:
    """The newest copy that is whole, as the gateway would begin with.

    Raises:
        SQLAlchemyError: see `_on_record`.
    """
    root = config.policies.root
    if root is None:
        return LastGood()
    copies = BundleCopies(config.bundle_copies)
    rows, recorded = _on_record(config)
    return last_good(rows, copies=copies, root=root, recorded=recorded)


def newest_here(config: Config, *, bundles: Path, root: Authority, at: datetime) -> Standing | None:
    """What is in force once the gateway has taken what lies in `policies.bundles` already.

    Whether the token has the keys of its seals is not asked. None: there is nothing yet.

    Raises:
        SQLAlchemyError: see `in_force_here`.
    """
    standing = in_force_here(config).standing
    for sealed in _in_order(bundles):
        try:
            acceptable(sealed, standing=standing, root=root, at=at)
        except BundleRefusedError:
            continue
        earlier = frozenset[str]() if standing is None else standing.contents
        standing = Standing(
            manifest=sealed.manifest,
            bundle=sealed.bundle,
            authority=Authority.of(sealed.bundle),
            contents=earlier | {sealed.manifest.content},
        )
    return standing


def _in_order(bundles: Path) -> list[SealedBundle]:
    found: list[SealedBundle] = []
    for path in bundles.glob(f"*{SUFFIX}"):
        try:
            found.append(read(read_regular(path, most_bytes=MOST_BYTES)))
        except (BundleFileError, OSError):
            continue  # the doctor tells of it
    return sorted(found, key=lambda each: each.manifest.sequence)


def file_in_force(config: Config) -> Path:
    """The copy of the bundle that is in force.

    Raises:
        NothingToReadError: nothing was ever in force.
        typer.Exit: what is on record cannot be read. It is told.
    """
    with told_errors(SQLAlchemyError):
        standing = in_force_here(config).standing
    if standing is None:
        raise NothingToReadError(
            "no bundle was ever in force here: name a directory or a bundle file, or start the "
            "gateway"
        )
    return BundleCopies(config.bundle_copies).path_of(standing.manifest)
