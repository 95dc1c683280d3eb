"""Bundles that came into force: with rows less or more an older one could come back."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from gateway.audit.kept.interfaces import Finding, Leaf, microseconds_of
from gateway.bundles.errors import BundleFileError
from gateway.bundles.manifest import TYP, read_manifest
from gateway.statements import StatementInvalidError, open_general
from gateway.store.schema import activation


@dataclass(slots=True)
class ActivationRows:
    """Implements `gateway.audit.kept.interfaces.KeptRows`."""

    _activated: dict[int, tuple[int, Leaf]] = field(default_factory=dict)

    def account(self, index: int, leaf: Leaf) -> None:
        """See `KeptRows`."""
        sequence = leaf.get("sequence")
        # A directory of YAML has no numbers; of a bundle that came twice the last time counts.
        if leaf.get("kind") == "policy" and isinstance(sequence, int):
            self._activated[sequence] = index, leaf

    def differences(self, connection: Connection) -> Iterator[Finding]:
        """See `KeptRows`."""
        missing = dict(self._activated)
        for row in connection.execute(select(activation)):
            found = missing.pop(row.sequence, None)
            if found is None:
                told = f"bundle {row.sequence} is in the store, but no record tells of it"
                yield Finding(None, told)
                continue
            index, leaf = found
            kept = row.audit_index, row.at, row.digest, _named(str(row.manifest))
            bundle = leaf.get("bundle")
            if kept != (index, microseconds_of(leaf), bundle, (row.sequence, bundle)):
                yield Finding(index, f"bundle {row.sequence} is not what record {index} says")
        for sequence, (index, _) in missing.items():
            yield Finding(index, f"bundle {sequence} of record {index} is gone from the store")


def _named(manifest: str) -> tuple[int, str] | None:
    """Number and digest that the signed manifest has; signatures are looked at when it is used."""
    try:
        payload, _ = open_general(manifest, typ=TYP, key_of=lambda _: None)
        read = read_manifest(payload)
    except (StatementInvalidError, BundleFileError):
        return None
    return read.sequence, read.content
