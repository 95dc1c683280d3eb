"""Little that unpacks to much, made in no time: a run of one byte packs to the same each time."""

import zlib

_MIB = 1024 * 1024
_ADLER = 65521  # RFC 1950 §9


def packed_run(head: bytes, fill: bytes, length: int) -> bytes:
    """What zlib unpacks to `head`, followed by the byte `fill` up to `length` bytes in all.

    Example:
        >>> zlib.decompress(packed_run(b"head", b" ", 5 * _MIB)) == b"head".ljust(5 * _MIB)
        True
    """
    times, rest = divmod(length - len(head), _MIB)
    packer = zlib.compressobj(9)
    packed = packer.compress(head + fill * rest) + packer.flush(zlib.Z_SYNC_FLUSH)
    # Whatever came before, the second run refers back to fill alone, as all further ones would.
    runs = [packer.compress(fill * _MIB) + packer.flush(zlib.Z_SYNC_FLUSH) for _ in range(2)][
        :times
    ]
    ended = packer.flush()[: -len(b"sum.")]
    more = runs[-1] * (times - len(runs)) if runs else b""
    return packed + b"".join(runs) + more + ended + _sum(head, fill, length).to_bytes(4)


def _sum(head: bytes, fill: bytes, length: int) -> int:
    """The check sum of it all, without its bytes."""
    before, count = zlib.adler32(head), length - len(head)
    low, high = before & 0xFFFF, before >> 16
    high += count * low + fill[0] * count * (count + 1) // 2
    return (high % _ADLER) << 16 | (low + count * fill[0]) % _ADLER
