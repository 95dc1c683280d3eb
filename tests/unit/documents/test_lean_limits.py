"""The proof is linear in what it reads: what once took exponential or quadratic time."""

import pytest

from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.reading import read
from tests.hostile.evasions import in_the_gap
from tests.unit.documents.drafts import A4, one_page

LONG = 200_000
COMMENT = "%\n"
DIGITS = "1" * LONG


def sections(count: int, subsections: int) -> bytes:
    """A document with so many more tables, of so many subsections of nothing each."""
    document = one_page(page=A4)
    runs = b"".join(b"%d 0\n" % (200_000 + number) for number in range(subsections))
    for _ in range(count):
        previous = document.rsplit(b"startxref\n", 1)[1].split()[0]
        start = len(document)
        document += b"xref\n" + runs + b"trailer\n<</Size 300000/Root 1 0 R/Prev " + previous
        document += b">>\nstartxref\n%d\n%%%%EOF\n" % start
    return document


DEMANDING = {
    "comments in a gap": in_the_gap(one_page(), b"%\n\n" * LONG + b"x\n"),
    "lines behind a comment in a gap": in_the_gap(one_page(), b"%" + b"\n" * LONG + b"x\n"),
    "space in a gap": in_the_gap(one_page(), b" \n" * LONG + b"x\n"),
    "lines behind the header": one_page(version="1.7\n" + "\n" * LONG + "x"),
    "comments behind the header": one_page(version="1.7\n" + "%\n\n" * LONG + "x"),
    "comments in an object": one_page(page=f"{A4}/A[1 {COMMENT * LONG}]/B("),
    "brackets in a comment": one_page(page=f"{A4}%{'(' * LONG}\n"),
    "half texts in a comment": one_page(page=f"{A4}%{'(()' * LONG}\n"),
    "half texts": one_page(page=f"{A4}/A({'(a' * LONG})"),
    "digits in the contents": one_page(page=f"{A4}/Contents[5 0 R {DIGITS}]"),
    "digits of a reference": one_page(page=f"{A4}/A {DIGITS} 0 R"),
    "digits in hex": one_page(page=f"{A4}/A[<{DIGITS}> 5 0 R<{DIGITS}>]"),
    "digits in a name": one_page(page=f"{A4}/A/{DIGITS} /B 5 0 R"),
    "digits in a text": one_page(page=f"{A4}/A({DIGITS} 0 R)"),
    "keys": one_page(page=A4 + "".join(f"/K{number} 5 0 R" for number in range(LONG // 10))),
    "names": one_page(page=f"{A4}/A[{'/B ' * LONG}]"),
    "references": one_page(page=f"{A4}/A[{'5 0 R ' * LONG}]"),
    "dictionaries": one_page(page=f"{A4}/A[{'<</B 1>>' * LONG}]"),
    "a key twice in the last of many": one_page(page=f"{A4}/A[{'<</B 1>>' * LONG}<</B 1/B 1>>]"),
    "subsections": sections(20, 1_000),
}


@pytest.mark.parametrize("name", DEMANDING)
@pytest.mark.timeout(20)
def test_what_never_ends_is_proved_or_given_up_in_linear_time(name: str) -> None:
    for look_under in (False, True):
        try:
            clean = read(DEMANDING[name]).is_clean(look_under=look_under)
        except InDoubtError:
            continue
        assert clean in {True, False}
