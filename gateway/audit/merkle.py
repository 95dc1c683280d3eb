"""RFC 6962 hashing (SHA-256) and the right edge of a growing tree.

The edge holds one hash for every complete subtree, largest first: as many as the size has one-bits.
With it a leaf is appended in O(log n), and the root is a fold from the right (RFC 6962 §2.1).
"""

import hashlib
from collections.abc import Iterable

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf: SHA-256 over 0x00 and the leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256 over 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree."""

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        self.size = size
        self._edge = list(edge)
        if len(self._edge) != size.bit_count() or any(len(h) != HASH_BYTES for h in self._edge):
            raise ValueError(f"{len(self._edge)} hashes are no edge of a tree of {size} leaves")

    def append(self, leaf_hash_: bytes) -> None:
        """Add one leaf by its hash."""
        size, node = self.size, leaf_hash_
        while size & 1:
            node = node_hash(self._edge.pop(), node)
            size >>= 1
        self._edge.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root hash; for an empty tree that of the empty string."""
        if not self._edge:
            return EMPTY_ROOT
        node = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            node = node_hash(left, node)
        return node

    def copy(self) -> "Frontier":
        """A frontier that grows on its own."""
        return Frontier(self.size, self._edge)

    def to_bytes(self) -> bytes:
        """The edge's hashes, one after the other."""
        return b"".join(self._edge)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> "Frontier":
        """The inverse of `to_bytes`; ValueError when the length does not fit the size."""
        if len(data) % HASH_BYTES:
            raise ValueError("not a whole number of hashes")
        return cls(size, (data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)))
