"""What a batch is made of. All frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from gateway.errors import Problem
from gateway.jobs.model import BATCH
from gateway.store.rows.documents import UsedNonce
from policies.model import AttributeValue, Caller, Placement


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
    """A document to be sealed, as it was read.

    `digest` is its SHA-256, where whoever read it knows it already.
    """

    request: ItemRequest
    document: bytes
    digest: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedItem:
    """What came and cannot even be asked for: it has its place in the results, and no job."""

    name: str
    problem: Problem
    business_number: str = ""


ReadItem = NewItem | RefusedItem
"""What everything that reads batches gives, one an item, in the order of the results."""


class BatchOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a batch is to be done.

    Attributes:
        priority: 1 to 9; of its system's batches the lower is sealed first.
        all_or_nothing: refuse all of it where anything of it is refused before a key is used.
        deliver_to: the connector that brings the results somewhere; None: they are fetched.
    """

    priority: int = BATCH
    all_or_nothing: bool = False
    deliver_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder:
    """Who hands in a batch, and how it is to be done.

    Attributes:
        caller: whose it is.
        idempotency_key: one a batch and caller; a repeat gives the same batch.
        trace_id: 32 hex digits that follow its documents into the audit log.
        source: where it came in: empty for HTTP, else the feed's name.
        options: how it is to be done.
        nonce: of the request's signature; None where there is none.
    """

    caller: Caller
    idempotency_key: str
    trace_id: str
    source: str = ""
    options: BatchOptions = field(default_factory=BatchOptions)
    nonce: UsedNonce | None = None


def origin_of(batch: str, number: int) -> str:
    """How the signing room is told of an item, see `SigningRequest.origin`."""
    return f"batch:{batch}/{number}"


def item_of(origin: str) -> tuple[str, int] | None:
    """The item again; None for what belongs to no batch."""
    if not origin.startswith("batch:"):
        return None
    batch, _, number = origin.removeprefix("batch:").partition("/")
    return batch, int(number)
