"""SHA-256 of documents, off the event loop where they are large enough to hold it up."""

import asyncio
import hashlib

# Up to here hashing is quicker than handing it to a thread and back (about 0.5 ms).
_BESIDE_THE_LOOP_BYTES = 512 * 1024


async def sha256_of(*parts: bytes) -> bytes:
    """The digest of the parts, one after the other."""
    if sum(map(len, parts)) <= _BESIDE_THE_LOOP_BYTES:
        return _hash(parts)
    return await asyncio.to_thread(_hash, parts)


def _hash(parts: tuple[bytes, ...]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()
