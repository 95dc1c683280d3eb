"""The search for objects in the bytes finds what it would find with all of a pattern's patience."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.inspection import raw
from gateway.documents.inspection.raw import headers

PATIENT = re.compile(raw._TOKEN.pattern.replace(b"++", b"+").replace(b"}+", b"}"))
PIECES = st.sampled_from(
    [
        *(b"0", b"7", b"12", b"0000000000", b"12345678901", b"1" * 25),
        *(b" ", b"\n", b"\r\n", b"\0", b"\t ", b"   "),
        *(b"obj", b" obj", b"obj ", b"objx", b"endobj", b"xobj"),
        *(b"stream\n", b"stream\r", b"endstream", b"startxref", b"startxrefs", b"%%EOF"),
        *(b"<<", b">>", b"/Length 3", b"/Length 3 0 R", b"(", b")", b"%", b"a", b"R"),
    ]
)


def test_the_other_pattern_gives_back_what_it_took() -> None:
    assert b"++" not in PATIENT.pattern
    assert b"}+" not in PATIENT.pattern
    assert raw._TOKEN.pattern != PATIENT.pattern


@given(pieces=st.lists(PIECES, max_size=60))
def test_the_same_objects_are_found(pieces: list[bytes]) -> None:
    document = b"".join(pieces)
    found = list(headers(document))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(raw, "_TOKEN", PATIENT)
        assert list(headers(document)) == found


def test_a_number_may_follow_upon_digits() -> None:
    assert [(each.number, each.at) for each in headers(b"99912345678901 0 obj")] == [
        (2345678901, 4)
    ]
