"""However a body is cut into pieces on its way, what is read of it is the same."""

import hashlib
import tempfile
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.errors import MalformedRequestProblem
from gateway.http.reading.uploads import Upload, Writing
from tests.batch_client import Part, body_of

_names = st.text("abc-.回", min_size=1, max_size=8)
_parts = st.lists(st.tuples(_names, _names, st.binary(max_size=60)), min_size=1, max_size=5)
_cuts = st.lists(st.integers(0, 2000), max_size=12)


def _read(body: bytes, kind: str, cuts: list[int]) -> tuple[list[Part], bytes]:
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    with tempfile.TemporaryFile() as file:
        upload = Upload(file)
        writing = Writing(upload, kind.partition("boundary=")[2], algorithms=("sha-256",))
        for start, end in pairwise(places):
            writing.feed(body[start:end])
        writing.finish()
        parts = [(part.name, part.filename, upload.content(part)) for part in upload.parts]
        return parts, upload.digests["sha-256"]


@given(_parts, _cuts)
def test_the_parts_are_those_that_were_sent(parts: list[Part], cuts: list[int]) -> None:
    body, kind = body_of(parts)
    read, digest = _read(body, kind, cuts)
    assert read == parts
    assert digest == hashlib.sha256(body).digest()


@given(_parts, _cuts, st.integers(1, 40))
def test_a_body_that_is_cut_off_is_refused(parts: list[Part], cuts: list[int], lost: int) -> None:
    body, kind = body_of(parts)
    # The line end behind the last boundary may be missing.
    with pytest.raises(MalformedRequestProblem):
        _read(body.removesuffix(b"\r\n")[:-lost], kind, cuts)


@given(_parts, _cuts, st.binary(min_size=1, max_size=9).filter(lambda more: more != b"\r\n"))
def test_nothing_may_stand_before_or_behind_it(
    parts: list[Part], cuts: list[int], more: bytes
) -> None:
    body, kind = body_of(parts)
    for other in (more + body, body + more):
        with pytest.raises(MalformedRequestProblem):
            _read(other, kind, cuts)
