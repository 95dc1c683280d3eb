"""Which bundles came into force, in the order of their numbers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.bundles.lineage import ActivatedRow
from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds
from gateway.store.engines.statements import RowStatement
from gateway.store.engines.upserts import upsert
from gateway.store.schema import activation

_COLUMNS = ("sequence", "digest", "manifest", "at", "audit_index")
_new = upsert(activation)
_keep = RowStatement(
    # A gateway that had to fall back to the bundle before takes the newer one again.
    _new.on_conflict_do_update(
        index_elements=[activation.c.sequence],
        set_={name: _new.excluded[name] for name in _COLUMNS[1:]},
    ),
    *_COLUMNS,
    key=1,
)
_all = select(activation.c.sequence, activation.c.manifest).order_by(activation.c.sequence.desc())


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """A bundle came into force.

    Attributes:
        sequence: its number.
        digest: of its content, as decisions name it.
        manifest: what the officers signed, with their signatures.
        at: when.
        audit_index: of the record that says so.
    """

    sequence: int
    digest: str
    manifest: str
    at: datetime
    audit_index: int


def keep_activation(transaction: Transaction, kept: Activation) -> None:
    """Add it within a unit of work."""
    row = (kept.sequence, kept.digest, kept.manifest, microseconds(kept.at), kept.audit_index)
    transaction.later(_keep, row)


def activated_rows(connection: Connection) -> tuple[ActivatedRow, ...]:
    """The numbers and signed manifests of all that was in force, the newest first."""
    return tuple(
        # SQLite keeps whatever somebody has put there.
        ActivatedRow(row.sequence, row.manifest if isinstance(row.manifest, str) else "")
        for row in connection.execute(_all)
    )
