"""Samples that unpack to much are what zlib itself would have made of the bytes."""

import zlib

import pytest

from tests.hostile.bombs import packed_run

MIB = 1024 * 1024


@pytest.mark.parametrize("length", [4, 5, 1000, MIB + 3, MIB + 4, 2 * MIB, 5 * MIB + 17])
@pytest.mark.parametrize("fill", [b" ", b"\n", b"\xff"])
def test_it_unpacks_to_its_head_and_a_run_of_one_byte(fill: bytes, length: int) -> None:
    assert zlib.decompress(packed_run(b"head", fill, length)) == b"head".ljust(length, fill)
