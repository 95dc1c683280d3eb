"""Whatever is done to a document, it is prepared or refused by name: a short run of `make fuzz`."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.document_fixtures import receipt
from tests.hostile.corpus import corpus
from tests.hostile.mutating import mutated
from tests.hostile.surviving import survives

_PAPERS = ("qpdf-a4-linearised-objstm", "plain-a4-updated-once", "scan-a5-2")


def _documents() -> st.SearchStrategy[bytes]:
    # Made when the test runs: each worker collects every test, and the corpus takes seconds.
    small = [data for data in corpus().values() if len(data) < 5_000]
    return st.sampled_from([*small, *map(receipt, _PAPERS)])


@settings(max_examples=150, derandomize=True)
@given(st.deferred(_documents), st.binary(min_size=9, max_size=27))
def test_nothing_but_a_document_problem_comes_out(document: bytes, steps: bytes) -> None:
    survives(mutated(document, steps))


@settings(max_examples=50, derandomize=True)
@given(st.binary(max_size=300))
def test_nor_from_bytes_that_only_begin_and_end_like_a_pdf(middle: bytes) -> None:
    survives(b"%PDF-1.7\n" + middle + b"\nstartxref\n9\n%%EOF\n")
