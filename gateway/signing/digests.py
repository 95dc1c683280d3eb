"""SHA-256 of documents, off the event loop where they are large enough to hold it up."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

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

    def digest_around(self, update: bytes, *, start: int, end: int, algorithm: str) -> bytes:
        """The digest of the document and an update but for a gap in it (ISO 32000-2 §12.8.1).

        Args:
            update: what follows the document.
            start: of the gap, in the update.
            end: of the gap.
            algorithm: as hashlib calls it.
        """
        is_own = algorithm == "sha256"
        state = self._state.copy() if is_own else hashlib.new(algorithm, self.content)
        state.update(memoryview(update)[:start])
        state.update(memoryview(update)[end:])
        return state.digest()


def digests_of_prefixes(content: bytes, sizes: Iterable[int]) -> tuple[str, ...]:
    """The SHA-256, in hex, of so many of the first bytes each, hashed on from one to the next."""
    whole, found = memoryview(content), []
    state, done = hashlib.sha256(), 0
    for size in sizes:
        if not 0 <= done <= size:
            state, done = hashlib.sha256(), 0
        state.update(whole[done:size])
        done = size
        found.append(state.hexdigest())
    return tuple(found)


async def hashed(content: bytes | HashedDocument) -> HashedDocument:
    """The document with its digest; what was hashed already stays as it is."""
    if isinstance(content, HashedDocument):
        return content
    if len(content) <= _BESIDE_THE_LOOP_BYTES:
        return HashedDocument(content)
    return await asyncio.to_thread(HashedDocument, content)


async def beside_the_loop(size: int, call: Callable[[], T]) -> T:
    """What a call gives that goes through so many bytes; on a thread where these are many."""
    return call() if size <= _BESIDE_THE_LOOP_BYTES else await asyncio.to_thread(call)


async def sha256_of(content: bytes) -> bytes:
    """The digest of the bytes."""
    return (await hashed(content)).digest


async def digest_around(
    document: HashedDocument, update: bytes, *, start: int, end: int, algorithm: str
) -> bytes:
    """See `HashedDocument.digest_around`; off the event loop where all is hashed anew."""
    if algorithm == "sha256" or len(document.content) <= _BESIDE_THE_LOOP_BYTES:
        return document.digest_around(update, start=start, end=end, algorithm=algorithm)
    return await asyncio.to_thread(
        document.digest_around, update, start=start, end=end, algorithm=algorithm
    )
