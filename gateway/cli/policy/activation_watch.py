"""What became of a bundle file, by what the gateway has recorded: nothing is guessed."""

from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection, func, inspect, or_, select

from gateway.audit.record import read_leaf
from gateway.bundles.copies import BundleCopies
from gateway.bundles.errors import BundleFileError
from gateway.bundles.lineage import legible
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import read
from gateway.config import Config
from gateway.store.engines.searching import contains
from gateway.store.interfaces import Database
from gateway.store.open import database_of
from gateway.store.rows.activations import activated_rows
from gateway.store.schema import audit_leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is on record: `told` is a sentence, and what to do where it is not in force."""

    in_force: bool
    told: str


class ActivationWatch:
    """Looks into the database of a gateway that runs. Use as a context manager.

    Make it before the file is put where the gateway takes it: what is recorded from then on speaks
    of this file and no earlier one.
    """

    def __init__(
        self,
        database: Database,
        manifest: Manifest,
        *,
        copies: BundleCopies,
        file_digest: str,
    ) -> None:
        """Begin behind the newest record.

        Args:
            database: the gateway's; before its first start there is none.
            manifest: of the bundle.
            copies: of what was in force.
            file_digest: SHA-256 of the file, hex.

        Raises:
            SQLAlchemyError: the database cannot be read.
        """
        self._database = database
        self._engine = database.open_reader()
        self._manifest = manifest
        self._copies = copies
        self._file_digest = file_digest
        self._next = 0
        if database.exists():
            with self._engine.connect() as connection:
                self._next = _records(connection)

    @classmethod
    def of(cls, config: Config, manifest: Manifest, *, file_digest: str) -> Self:
        """On this installation; for the arguments see `__init__`."""
        copies = BundleCopies(config.bundle_copies)
        return cls(database_of(config), manifest, copies=copies, file_digest=file_digest)

    def __enter__(self) -> Self:
        """Nothing to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        self._engine.dispose()

    def already(self) -> Outcome | None:
        """What is on record of this bundle before it is put there; None: nothing that counts.

        Where the gateway's copy is damaged, the one before decides, and the file is wanted again.

        Raises:
            SQLAlchemyError: the database cannot be read.
        """
        if self._next == 0:
            return None
        with self._engine.connect() as connection:
            digests = [each.digest for each in legible(activated_rows(connection))]
        if self._manifest.digest not in digests:
            return None
        number = self._manifest.sequence
        if digests[0] == self._manifest.digest:
            if not self._is_kept():
                return None
            return Outcome(in_force=True, told=f"number {number} is in force already")
        return Outcome(
            in_force=False,
            told=f"number {number} was in force, and a later one is now: an earlier bundle comes "
            "back by `sealgate policy rollback`, signed again",
        )

    def outcome(self) -> Outcome | None:
        """What was recorded of this bundle since the last look; None: nothing.

        Raises:
            SQLAlchemyError: the database cannot be read.
        """
        if not self._database.exists():
            return None
        with self._engine.connect() as connection:
            records = self._new_records(connection)
        for record in records:
            if record["kind"] == "policy" and self._is_this(record):
                signers = ", ".join(record.get("signed_by", ()))
                told = f"number {self._manifest.sequence} is in force, signed by {signers}"
                return Outcome(in_force=True, told=told)
            if record["kind"] == "refused" and record.get("digest") == self._file_digest:
                return Outcome(in_force=False, told=f"refused: {record['why']}")
        return None

    def _is_kept(self) -> bool:
        try:
            read(self._copies.load(self._manifest))
        except BundleFileError:
            return False
        return True

    def _is_this(self, record: dict[str, Any]) -> bool:
        manifest = self._manifest
        found = (record.get("bundle"), record.get("sequence"))
        return found == (manifest.content, manifest.sequence)

    def _new_records(self, connection: Connection) -> list[dict[str, Any]]:
        first, self._next = self._next, _records(connection)
        if first == self._next:
            return []
        # Finds the few records of these kinds; a parser then reads them.
        query = (
            select(audit_leaf.c.leaf)
            .where(audit_leaf.c.index >= first, audit_leaf.c.index < self._next)
            .where(
                or_(
                    contains(audit_leaf.c.leaf, b'"kind":"policy"'),
                    contains(audit_leaf.c.leaf, b'"kind":"refused"'),
                )
            )
            .order_by(audit_leaf.c.index)
        )
        return [read_leaf(bytes(leaf)) for leaf in connection.execute(query).scalars()]


def _records(connection: Connection) -> int:
    """How many there are: one more than the newest record's index."""
    if not inspect(connection).has_table(audit_leaf.name):
        return 0  # a gateway that starts for the first time has not got so far
    newest = connection.execute(select(func.max(audit_leaf.c.index))).scalar_one()
    return 0 if newest is None else int(newest) + 1
