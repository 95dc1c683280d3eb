"""RFC 6962 trees: the frontier agrees with the definition, and survives being written down."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash


def merkle_tree_hash(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 §2.1 defines it, by recursion."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(merkle_tree_hash(leaves[:split]), merkle_tree_hash(leaves[split:]))


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_the_frontier_has_the_root_that_the_rfc_defines(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for count, leaf in enumerate(leaves, start=1):
        frontier.append(leaf_hash(leaf))
        assert frontier.root() == merkle_tree_hash(leaves[:count])


@given(st.integers(min_value=0, max_value=300), st.integers(min_value=0, max_value=40))
def test_a_frontier_that_was_written_down_goes_on_as_if_nothing_had_been(
    before: int, after: int
) -> None:
    straight = Frontier()
    for number in range(before):
        straight.append(leaf_hash(str(number).encode()))
    read = Frontier.from_bytes(straight.size, straight.to_bytes())
    for number in range(after):
        for frontier in (straight, read):
            frontier.append(leaf_hash(b"x" + str(number).encode()))
    assert read.root() == straight.root()


def test_the_roots_of_the_rfc_9162_examples() -> None:
    # The seven leaves and roots that certificate-transparency implementations test with.
    leaves = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
    ]
    roots = {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    }
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT
    for count, leaf in enumerate(leaves, start=1):
        frontier.append(leaf_hash(leaf))
        assert frontier.root().hex() == roots[count]


@pytest.mark.parametrize(("size", "data"), [(1, b""), (2, bytes(64)), (3, bytes(63))])
def test_an_edge_that_does_not_fit_the_size_is_refused(size: int, data: bytes) -> None:
    with pytest.raises(ValueError, match="hash"):
        Frontier.from_bytes(size, data)
