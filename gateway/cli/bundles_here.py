"""Which bundles were in force in this installation, without asking the gateway."""

from gateway.bundles.copies import BundleCopies
from gateway.config import Config
from gateway.seals.bundle_source import LastGood, last_good
from gateway.store.activations import activated_manifests
from gateway.store.database import open_reader


def manifests_here(config: Config) -> tuple[str, ...]:
    """The signed manifests of all that was in force, the newest first.

    Raises:
        SQLAlchemyError: the database cannot be read, or is of another version.
    """
    if not config.database.exists():
        return ()
    engine = open_reader(config.database)
    try:
        with engine.connect() as connection:
            return activated_manifests(connection)
    finally:
        engine.dispose()


def in_force_here(config: Config) -> LastGood:
    """The newest copy that is whole, as the gateway would begin with.

    Raises:
        SQLAlchemyError: see `manifests_here`.
        BundleFileError: what is on record is no manifest.
    """
    root = config.policies.root
    if root is None:
        return LastGood()
    copies = BundleCopies(config.bundle_copies)
    return last_good(manifests_here(config), copies=copies, root=root)
