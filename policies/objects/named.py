"""What all objects of a bundle have."""

from typing import Literal

import msgspec

ManagedBy = Literal["group", "self"]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What the officers give a name, one of its kind in the bundle.

    `managed_by` says who answers for it: the group, or the company in whose folder it lies.
    """

    name: str
    managed_by: ManagedBy = "group"
