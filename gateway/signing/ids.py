"""Names for documents: UUIDv7 (RFC 9562 §5.7), so that rows and files stand in order of time."""

import secrets
import uuid
from datetime import datetime


def new_document_id(now: datetime) -> str:
    """A fresh id; 74 bits of it are random."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | (7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))
