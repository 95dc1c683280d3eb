"""pyHanko reads by ours what it reads by its own: the same values, errors and places."""

from collections.abc import Callable
from io import BytesIO
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic, misc

from gateway.revisions.quick_reading import (
    hex_string,
    name_of,
    next_character,
    read_quickly,
    until_delimiter,
    write_name,
)
from gateway.verification.judging import Judging
from gateway.verification.revising import judge_revision
from tests.hostile.mutating import endless, mutated
from tests.partners import partner, trusted_root
from tests.unit.verification.test_revising import BASE, LATER, WEST, asked

PIECES = st.sampled_from(
    [
        *(b" ", b"\n", b"\r\n", b"\r", b"\0", b"\t\f", b"   \n", b"\v", b"\x85", b"\xa0"),
        *(b"%", b"% a comment\n", b"% one\r\n  % two\n", b"%%EOF"),
        *(b"<", b">", b"<<", b">>", b"<>", b"<0a>", b"<0A 1>", b"<0>", b"<FEFF5C71>", b"<0g>"),
        *(b"(", b")", b"[", b"]", b"{", b"}", b"/", b"/Name", b"/N#20", b"/N#", b"/N#4", b"/N#zz"),
        *(b"obj", b"12 0 R", b"#", b"!~", b"\x7f", b"\xe4", "名".encode()),
    ]
)
BYTES = st.lists(PIECES, max_size=12).map(b"".join)


def outcome(read: Callable[[BytesIO], object], content: bytes, at: int) -> tuple[object, ...]:
    """What is read or raised, and where that leaves the stream."""
    stream = BytesIO(content)
    stream.seek(at)
    try:
        found = read(stream)
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return type(error), str(error), stream.tell()
    return type(found), found, getattr(found, "original_bytes", None), stream.tell()


def its_own(function: object) -> Callable[..., object]:
    """The function of pyHanko's that stands behind one of ours."""
    found: Callable[..., object] = function.__wrapped__  # type: ignore[attr-defined]
    assert found.__module__.startswith("pyhanko.")
    return found


@given(content=BYTES, at=st.integers(0, 20), seek_back=st.booleans(), allow_eof=st.booleans())
def test_the_next_character_is_the_same(
    content: bytes, at: int, *, seek_back: bool, allow_eof: bool
) -> None:
    at = min(at, len(content))

    def by(function: Callable[..., object]) -> tuple[object, ...]:
        return outcome(lambda stream: function(stream, seek_back, allow_eof), content, at)

    assert by(next_character) == by(its_own(next_character))


@pytest.mark.parametrize("ours", [until_delimiter, hex_string])
@given(content=BYTES, at=st.integers(0, 20))
def test_what_stands_before_a_delimiter_and_in_digits_is_the_same(
    ours: Callable[..., object], content: bytes, at: int
) -> None:
    at = min(at, len(content))
    assert outcome(ours, content, at) == outcome(its_own(ours), content, at)


@given(written=BYTES)
def test_a_name_is_the_same(written: bytes) -> None:
    assert outcome(lambda _: name_of(written), b"", 0) == outcome(
        lambda _: its_own(name_of)(written), b"", 0
    )


@given(text=st.text(max_size=12), slash=st.booleans())
def test_a_name_is_written_the_same(text: str, *, slash: bool) -> None:
    name = generic.NameObject("/" * slash + text)

    def by(function: Callable[..., object]) -> tuple[object, ...]:
        stream = BytesIO()
        return outcome(lambda _: (function(name, stream), stream.getvalue())[1], b"", 0)

    assert by(write_name) == by(its_own(write_name))


@pytest.fixture
def put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test has pyHanko read by is its own again afterwards."""
    for holder, name in (
        (misc, "read_non_whitespace"),
        (misc, "read_until_delimiter"),
        (generic, "read_non_whitespace"),
        (generic, "read_until_delimiter"),
        (generic, "read_hex_string_from_stream"),
        (generic, "_decode_name"),
        (generic.NameObject, "write_to_stream"),
    ):
        monkeypatch.setattr(holder, name, getattr(holder, name))


DOCUMENTS = [
    WEST.sealed(BASE),
    WEST.sealed(partner("东海物流有限公司").sealed(BASE, id="P0"), id="P1"),
]


def judged() -> list[object]:
    """What is found in revisions that were damaged behind their base."""
    found: list[object] = []
    for number, document in enumerate(DOCUMENTS):
        update = document[len(BASE) :]
        for steps in islice(endless(str(number)), 60):
            damaged = BASE + mutated(update, steps)
            found.append(judge_revision(damaged, asked(most=2, name=None)))
            found.append(Judging(trust=(trusted_root().der,)).judge(damaged, now=LATER))
        found.append(judge_revision(document, asked(most=2, name=None)))
    return found


@pytest.mark.usefixtures("put_back")
def test_damaged_revisions_are_judged_alike() -> None:
    by_its_own = judged()
    faults = {getattr(each, "fault", "") for each in by_its_own}
    # Which of the others are drawn depends on the bytes of keys that are made anew.
    assert {None, "unreadable", "not-intact"} <= faults
    read_quickly()
    assert generic.read_hex_string_from_stream is hex_string
    assert misc.read_non_whitespace is next_character
    assert judged() == by_its_own
