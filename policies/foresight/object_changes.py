"""Which objects of a bundle are not as they were, and which of them have a say in decisions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from policies.bundle import OBJECT_KINDS, Bundle
from policies.objects.named import Named
from policies.objects.seals import SealGrant

Besides = Literal["seal", "document-type", "grants", "caller"]
"""What has a say in a decision besides rules."""

# What of an object may change without any decision being another one.
_IDLE: Final = frozenset(
    {"managed_by", "title", "key", "certificate", "frozen_reason", "counterparty"}
)


class ObjectChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An object that came, went, or says something else; `objects` is the bundle's word."""

    objects: str
    name: str
    change: Literal["added", "removed", "changed"]


def object_changes(old: Bundle, new: Bundle) -> Iterator[ObjectChange]:
    """In order of kinds and names. A policy's own tests are part of it.

    Files are compared between bundle files: a directory of YAML does not say what they hold.
    """
    for shelf in OBJECT_KINDS:
        before: Mapping[str, Named] = getattr(old, shelf)
        after: Mapping[str, Named] = getattr(new, shelf)
        for name in sorted(before.keys() | after.keys()):
            if name not in before:
                yield ObjectChange(objects=shelf, name=name, change="added")
            elif name not in after:
                yield ObjectChange(objects=shelf, name=name, change="removed")
            elif before[name] != after[name]:
                yield ObjectChange(objects=shelf, name=name, change="changed")
    if old.governance != new.governance:
        yield ObjectChange(objects="governance", name=_head(old, new), change="changed")
    if not old.files or not new.files:
        return
    for path in sorted(old.files.keys() | new.files.keys()):
        if old.files.get(path) != new.files.get(path):
            yield ObjectChange(objects="files", name=path, change="changed")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What is different besides rules, by name of those that both bundles have."""

    seals: frozenset[str]
    document_types: frozenset[str]
    granted: frozenset[str]

    @classmethod
    def of(cls, old: Bundle, new: Bundle) -> "Elsewhere":
        """What is different; `granted` are the seals whose grants are."""
        before, after = _grants_by_seal(old), _grants_by_seal(new)
        seals = frozenset(old.seals) if _needed(old) != _needed(new) else frozenset[str]()
        regranted = {
            seal for seal in before.keys() | after.keys() if before.get(seal) != after.get(seal)
        }
        return cls(
            seals=_differing(old.seals, new.seals),
            document_types=_differing(old.document_types, new.document_types),
            granted=seals | regranted,
        )

    def for_pair(self, seal: str, document_type: str) -> tuple[Besides, ...]:
        """What of it has a say on this seal and document type."""
        found: list[Besides] = []
        if seal in self.seals:
            found.append("seal")
        if document_type in self.document_types:
            found.append("document-type")
        if seal in self.granted:
            found.append("grants")
        return tuple(found)


def _differing(before: Mapping[str, Named], after: Mapping[str, Named]) -> frozenset[str]:
    return frozenset(
        name for name in before.keys() & after.keys() if _differ(before[name], after[name])
    )


def _differ(one: Named, other: Named) -> bool:
    names = [name for name in one.__struct_fields__ if name not in _IDLE]
    return one != other and any(getattr(one, name) != getattr(other, name) for name in names)


def _needed(bundle: Bundle) -> str:
    return "never" if bundle.governance is None else bundle.governance.automatic_sealing


def _grants_by_seal(bundle: Bundle) -> Mapping[str, Mapping[str, SealGrant]]:
    """The grants that speak of each seal, with all that they hang below."""
    found: dict[str, dict[str, SealGrant]] = {}
    for grant in bundle.grants.values():
        for seal in grant.seals:
            above: SealGrant | None = grant
            while above is not None and above.name not in found.setdefault(seal, {}):
                found[seal][above.name] = above
                above = bundle.grants.get(above.under or "")
    return found


def _head(old: Bundle, new: Bundle) -> str:
    governance = new.governance or old.governance
    return "" if governance is None else governance.name
