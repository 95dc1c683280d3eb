"""What is hashed on from one prefix to the next has the digests of each prefix by itself."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from gateway.signing.digests import digests_of_prefixes


@given(
    content=st.binary(max_size=200),
    sizes=st.lists(st.integers(-20, 220), max_size=6),
)
def test_each_prefix_has_its_own_digest_whatever_the_order_and_the_sizes(
    content: bytes, sizes: list[int]
) -> None:
    alone = tuple(hashlib.sha256(content[:size]).hexdigest() for size in sizes)
    assert digests_of_prefixes(content, sizes) == alone
