"""Names for documents: UUIDv7 (RFC 9562 §5.7), so that rows and files stand in order of time."""

from datetime import datetime

from gateway.randomness import random_bytes


def new_document_id(now: datetime) -> str:
    """A fresh id; 74 bits of it are random."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(random_bytes(10))
    value = value & ~(0xF << 76) | (7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
