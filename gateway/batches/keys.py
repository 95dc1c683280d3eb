"""What makes a document of a batch the same as an earlier one."""

import hashlib

import msgspec

from gateway.batches.model import ItemRequest

_encoder = msgspec.json.Encoder(order="deterministic")


def item_key(request: ItemRequest) -> str:
    """The idempotency key of business number, document type and seals; the system stands beside it.

    So the same receipt in two batches is sealed once, whatever file it came in.
    """
    named = [request.business_number, request.document_type, request.seal, *request.further]
    return f"batch-item:{hashlib.sha256(_encoder.encode(named)).hexdigest()}"


def encoded(request: ItemRequest) -> bytes:
    """What is asked, as the item's row keeps it; the same request gives the same bytes."""
    return _encoder.encode(request)
