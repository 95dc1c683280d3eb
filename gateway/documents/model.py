"""What goes to a document worker and what comes back."""

from datetime import datetime

import msgspec

from policies.model import DocumentFacts, Placement


class StampPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Where the stamp lies: millimetres from the top left of the page as a reader sees it."""

    page: int
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """What a document is to be prepared for. The same values and bytes give the same result.

    Attributes:
        document_id: our id for the document, which becomes part of the signature dictionary.
        signed_at: the moment the signature dictionary names (/M), whole seconds, UTC.
        placement: where the stamp goes.
        normalize: whether the document is written anew first.
    """

    document_id: str
    signed_at: datetime
    placement: Placement | None
    normalize: bool = False


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A document ready to be signed: all but the signature value is fixed.

    Attributes:
        facts: what was found out about the document.
        input_digest: SHA-256 of the bytes that came in.
        to_be_signed: the DER of the signed attributes (RFC 5652 §5.4), explicit SET OF.
        digest: the digest of `to_be_signed`, as the key's mechanism wants it.
        update: the bytes that follow the input, with the room for the container still zeros.
        container_at: where in `update` the hex digits of the container begin.
        container_room: how many hex digits there are room for.
        stamp: where the stamp lies, if there is one.
        normalized: the document written anew, where that was asked for; then `update` follows
            these bytes, and `facts` are about them.
    """

    facts: DocumentFacts
    input_digest: bytes
    to_be_signed: bytes
    digest: bytes
    update: bytes
    container_at: int
    container_room: int
    stamp: StampPosition | None
    normalized: bytes | None = None
