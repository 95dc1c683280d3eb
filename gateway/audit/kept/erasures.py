"""Content that was erased: a document said to be erased without a record was taken away."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from gateway.audit.kept.interfaces import Finding, Leaf
from gateway.store.schema import document


@dataclass(slots=True)
class ErasureRows:
    """Implements `gateway.audit.kept.interfaces.KeptRows`."""

    _erased: dict[str, int] = field(default_factory=dict)

    def account(self, index: int, leaf: Leaf) -> None:
        """See `KeptRows`."""
        if leaf.get("kind") == "erased":
            self._erased |= dict.fromkeys(map(str, leaf.get("documents", ())), index)

    def differences(self, connection: Connection) -> Iterator[Finding]:
        """See `KeptRows`."""
        rows = connection.execute(
            select(document.c.id, document.c.erased_index).where(
                (document.c.erased_index.is_not(None)) | (document.c.is_wiped != 0)
            )
        )
        missing = dict(self._erased)
        for row in rows:
            index = missing.pop(row.id, None)
            if index is None or row.erased_index != index:
                told = f"document {row.id} is said to be erased, but no record tells of it"
                yield Finding(index, told)
        for name, index in missing.items():
            yield Finding(index, f"document {name} of record {index} is not erased in the store")
