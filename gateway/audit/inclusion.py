"""Proofs that records stand in the log: Merkle audit paths (RFC 6962 §2.1.1)."""

from collections.abc import Collection, Sequence

from gateway.audit.merkle import node_hash


def inclusion_paths(
    hashes: Sequence[bytes], indices: Collection[int]
) -> dict[int, tuple[bytes, ...]]:
    """For each of these leaves the hashes with which it leads to the root, the lowest first.

    Args:
        hashes: of all leaves of the tree, in order.
        indices: which leaves; each below `len(hashes)`.
    """
    paths: dict[int, list[bytes]] = {index: [] for index in indices}
    level, depth = list(hashes), 0
    while len(level) > 1:
        for index, path in paths.items():
            beside = (index >> depth) ^ 1
            if beside < len(level):
                path.append(level[beside])
        # A node without a neighbour rises as it is, which is what RFC 6962's split comes to.
        pairs = zip(level[::2], level[1::2], strict=False)
        risen = level[-1:] if len(level) % 2 else []
        level = [*(node_hash(left, right) for left, right in pairs), *risen]
        depth += 1
    return {index: tuple(path) for index, path in paths.items()}


def root_by(leaf_hash: bytes, path: Sequence[bytes], *, index: int, size: int) -> bytes | None:
    """The root to which a leaf leads (RFC 9162 §2.1.3.2); None: no path of such a tree."""
    if not 0 <= index < size:
        return None
    node, here, last = leaf_hash, index, size - 1
    for beside in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            node = node_hash(beside, node)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, beside)
        here, last = here >> 1, last >> 1
    return node if last == 0 else None
