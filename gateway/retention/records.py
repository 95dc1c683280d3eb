"""What the audit log says of holds, and of content that was erased."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from gateway.audit.record import Record
from gateway.retention.model import Hold


def hold_began(hold: Hold) -> Record:
    """A hold begins. Business numbers stay out of the log: it has a hash with the hold's id."""
    return Record(kind="hold", at=hold.at, content={**_scope(hold), "by": hold.by})


def hold_ended(hold: Hold, *, by: str, at: datetime) -> Record:
    """A hold ends."""
    return Record(kind="hold-end", at=at, content={"hold": hold.id, "by": by})


def erased(documents: Sequence[str], *, at: datetime) -> Record:
    """The content of these documents is kept no more."""
    return Record(kind="erased", at=at, content={"documents": list(documents)})


def _scope(hold: Hold) -> dict[str, str]:
    told = {"hold": hold.id, "company": hold.company}
    if hold.business_number:
        salted = f"{hold.id}{hold.business_number}".encode()
        told["business_number"] = hashlib.sha256(salted).hexdigest()
    if hold.document_type:
        told["document_type"] = hold.document_type
    return told
