"""What a batch is made of. All frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from gateway.errors import Problem
from policies.model import AttributeValue, Placement

BatchState = Literal["receiving", "open", "paused", "cancelled", "finished"]
ItemState = Literal["waiting", "sealed", "repeated", "failed", "cancelled"]


class ItemRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for one document of a batch; the caller is the batch's.

    Attributes:
        name: of the file, as its sender calls it; results are listed under it.
        seal: the first seal.
        document_type: the type.
        business_number: the number by which the sender knows the document.
        attributes: what the type asks for.
        placement: where the stamp goes; None: where the rule says.
        further: further seals of the same act, in order.
        requested_by: the person for whom the system asks.
    """

    name: str
    seal: str
    document_type: str
    business_number: str
    attributes: Mapping[str, AttributeValue] = {}
    placement: Placement | None = None
    further: tuple[str, ...] = ()
    requested_by: str | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class NewItem:
    """A document to be sealed, as it was read."""

    request: ItemRequest
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedItem:
    """What came and cannot even be asked for: it has its place in the results, and no job."""

    name: str
    problem: Problem
    business_number: str = ""


ReadItem = NewItem | RefusedItem
"""What everything that reads batches gives, one an item, in the order of the results."""
