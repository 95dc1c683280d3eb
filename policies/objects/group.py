"""The group: its companies, its lines of business, and how it rules itself."""

from typing import Literal

import msgspec

from policies.objects.named import Named


class Signatures(msgspec.Struct, frozen=True, kw_only=True):
    """How many officers must sign: a bundle, a freeze, and the end of one."""

    bundle: int
    freeze: int = 1
    unfreeze: int = 2


class RetiredNames(msgspec.Struct, frozen=True, kw_only=True):
    """Names of seals and grants that are gone, and that no other one may bear."""

    seals: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()


class Governance(Named, frozen=True, kw_only=True):
    """How the group rules itself.

    Attributes:
        root: the company on top.
        officers: persons who sign bundles and freezes.
        signatures: how many of them.
        automatic_sealing: `granted`: a system needs a SealGrant for every seal; `free`: only for
            another company's.
        further_seal_types: seal types of the group's own, besides the usual ones.
        retired_names: what was removed and must not come back.
    """

    root: str
    officers: tuple[str, ...]
    signatures: Signatures
    automatic_sealing: Literal["granted", "free"] = "free"
    further_seal_types: tuple[str, ...] = ()
    retired_names: RetiredNames = RetiredNames()


class Company(Named, frozen=True, kw_only=True):
    """A legal person of the group. `parent` is for the reader: no right is inherited from it.

    `folder`: what lies below it is the company's own.
    """

    title: str
    parent: str | None = None
    folder: str | None = None


class BusinessLine(Named, frozen=True, kw_only=True):
    """A line of business across companies, to which seals and systems may belong."""

    title: str
