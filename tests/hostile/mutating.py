"""Damage done to a document, decided by bytes: the same bytes do the same damage."""

import hashlib
from collections.abc import Iterator

TOKENS = (
    b"0 0 R", b"1 0 R", b"2 0 R", b"3 0 R", b"99 0 R", b"4294967295 0 R", b"<<", b">>", b"[", b"]",
    b"null", b"true", b"-1", b"2147483648", b"9" * 30, b"1e9", b"(", b")", b"<", b">", b"%", b"/",
    b"stream\n", b"endstream", b"endobj", b"5 0 obj", b"xref\n", b"trailer\n", b"startxref\n0\n",
    b"%%EOF\n", b"/Type/Catalog", b"/Type/Page", b"/Type/ObjStm", b"/Type/XRef", b"/Kids[2 0 R]",
    b"/Parent 3 0 R", b"/Prev 9", b"/XRefStm 9", b"/Length 5 0 R", b"/Filter/FlateDecode",
    b"/Filter[/FlateDecode/FlateDecode]", b"/DecodeParms<</Predictor 15/Columns 99999999>>",
    b"/W[8 8 8]", b"/Index[0 99999999]", b"/Extends 5 0 R", b"/Encrypt 9 0 R", b"/Count 99999999",
    b"/AcroForm 1 0 R", b"/Annots 3 0 R", b"/Fields 3 0 R", b"/JS(1)", b"\0", b"\xff" * 4,
)  # fmt: skip
_STEP_BYTES = 9
_LONGEST_CHUNK = 400


def mutated(document: bytes, steps: bytes) -> bytes:
    """The document after each step of nine bytes: what, where, how much, and where to."""
    for start in range(0, len(steps) - _STEP_BYTES + 1, _STEP_BYTES):
        document = _step(document, steps[start : start + _STEP_BYTES])
    return document


def _step(document: bytes, step: bytes) -> bytes:
    size = len(document) + 1
    at = int.from_bytes(step[1:4], "big") * size >> 24
    to = int.from_bytes(step[4:7], "big") * size >> 24
    length = int.from_bytes(step[7:9], "big") % _LONGEST_CHUNK
    token = TOKENS[step[8] % len(TOKENS)]
    other = document[at : at + length]
    choices = (
        document[:at]
        + bytes(b ^ (1 << step[7] % 8) for b in document[at : at + 1])
        + (document[at + 1 :]),  # one bit
        document[:at] + document[at + length :],
        document[:at] + token + document[at:],
        document[:at] + token + document[at + len(token) :],
        document[:to] + other + document[to:],  # a part of it once more elsewhere
        _with_number(document, at, token),
        document[:at] + b"\n" * length + document[at:],
        document[:at] + document[to:],  # a part is gone, or comes twice
    )
    return choices[step[0] % len(choices)]


def _with_number(document: bytes, at: int, token: bytes) -> bytes:
    """The next number of the document replaced."""
    while at < len(document) and not document[at : at + 1].isdigit():
        at += 1
    end = at
    while end < len(document) and document[end : end + 1].isdigit():
        end += 1
    return document[:at] + token + document[end:]


def endless(seed: str) -> Iterator[bytes]:
    """Bytes for `mutated` that a seed gives, one chunk after the other."""
    number = 0
    while True:
        yield hashlib.shake_256(f"{seed}/{number}".encode()).digest(_STEP_BYTES * (1 + number % 4))
        number += 1
