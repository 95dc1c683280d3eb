"""Audit paths: every leaf leads to the root, by its own path and at its own place only."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.inclusion import inclusion_paths, root_by
from gateway.audit.merkle import leaf_hash, node_hash

SIZES = st.integers(1, 70)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(size)]


def head(hashes: list[bytes]) -> bytes:
    """MTH as RFC 6962 §2.1 defines it."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(head(hashes[:split]), head(hashes[split:]))


@given(SIZES)
def test_every_leaf_leads_to_the_root(size: int) -> None:
    hashes = leaves(size)
    paths = inclusion_paths(hashes, range(size))
    for index, path in paths.items():
        assert root_by(hashes[index], path, index=index, size=size) == head(hashes)


@given(SIZES, st.data())
def test_no_leaf_leads_to_the_root_from_another_place(size: int, data: st.DataObject) -> None:
    index, other = (data.draw(st.integers(0, size - 1)) for _ in range(2))
    hashes = leaves(size)
    path = inclusion_paths(hashes, [index])[index]
    if other != index:
        assert root_by(hashes[index], path, index=other, size=size) != head(hashes)
    strange = hashlib.sha256(b"another").digest()
    assert root_by(strange, path, index=index, size=size) != head(hashes)
    assert root_by(hashes[index], (*path, strange), index=index, size=size) is None
    assert root_by(hashes[index], path, index=size, size=size) is None
    if path:
        assert root_by(hashes[index], path[:-1], index=index, size=size) != head(hashes)
