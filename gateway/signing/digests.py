"""SHA-256 of documents, off the event loop where they are large enough to hold it up."""

import asyncio
import hashlib

# Up to here hashing is quicker than handing it to a thread and back (about 0.5 ms).
_BESIDE_THE_LOOP_BYTES = 512 * 1024


class HashedDocument:
    """A document that was hashed once; what follows it is hashed on from there.

    Attributes:
        content: the bytes that came in.
        digest: their SHA-256.
    """

    __slots__ = ("_state", "content", "digest")

    def __init__(self, content: bytes) -> None:
        self._state = hashlib.sha256(content)
        self.content = content
        self.digest = self._state.digest()

    def digest_with(self, update: bytes) -> bytes:
        """The SHA-256 of the document and the bytes that follow it."""
        state = self._state.copy()
        state.update(update)
        return state.digest()


async def hashed(content: bytes) -> HashedDocument:
    """The document with its digest."""
    if len(content) <= _BESIDE_THE_LOOP_BYTES:
        return HashedDocument(content)
    return await asyncio.to_thread(HashedDocument, content)


async def sha256_of(content: bytes) -> bytes:
    """The digest of the bytes."""
    return (await hashed(content)).digest
