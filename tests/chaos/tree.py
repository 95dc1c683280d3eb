"""The tree and its signed heads, computed by nothing of the gateway's (RFC 6962 §2.1, C2SP)."""

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def roots(leaves: Sequence[bytes], sizes: Collection[int]) -> Mapping[int, bytes]:
    """The root over the first leaves, for each of these numbers of them that there are."""
    wanted, found = set(sizes), dict[int, bytes]()
    if 0 in wanted:
        found[0] = hashlib.sha256(b"").digest()
    # Complete subtrees from the left, the largest first: (height, hash).
    edge: list[tuple[int, bytes]] = []
    for size, leaf in enumerate(leaves, 1):
        node = (0, leaf_hash(leaf))
        while edge and edge[-1][0] == node[0]:
            node = (node[0] + 1, _joined(edge.pop()[1], node[1]))
        edge.append(node)
        if size in wanted:
            found[size] = _root(edge)
    return found


def _root(edge: Sequence[tuple[int, bytes]]) -> bytes:
    _, root = edge[-1]
    for _, left in reversed(edge[:-1]):
        root = _joined(left, root)
    return root


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def read_head(text: bytes) -> tuple[int, bytes] | None:
    """Size and root of what a log signs; None if it is none."""
    lines = text.decode(errors="replace").split("\n")
    try:
        return int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError):
        return None


def signed_head(note: str, verifier_key: str) -> tuple[int, bytes] | None:
    """Size and root, if the note carries the signature of that key (`origin+id+base64`)."""
    text, _, signatures = note.partition("\n\n")
    key = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(verifier_key.strip().split("+", 2)[2])[1:]
    )
    for line in signatures.splitlines():
        try:
            key.verify(base64.b64decode(line.split(" ")[2])[4:], f"{text}\n".encode())
        except (InvalidSignature, IndexError, ValueError):
            continue
        return read_head(f"{text}\n".encode())
    return None
