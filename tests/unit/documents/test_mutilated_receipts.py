"""Receipts cut short, with bytes turned over or swapped: refused by name, or sealed validly."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents.errors import DocumentProblem
from policies.model import (
    AcrossPages,
    BesideKeyword,
    IntoField,
    OnPage,
    OnPages,
    Placement,
    Several,
)
from tests.document_fixtures import assert_sealed, receipt, soft_seal

NAMES = (
    "plain-roll58-line-ends-crlf",
    "plain-a4-updated-xref-stream",
    "pikepdf-a4-signature-and-text-field",
    "qpdf-a4-linearised-objstm",
    "weasyprint-roll80-pdf14",
)
DOCUMENTS = {name: receipt(name) for name in NAMES}
PLACEMENTS: tuple[Placement, ...] = (
    OnPage(page="last", left_mm=5, top_mm=5),
    BesideKeyword(keyword="收货"),
    BesideKeyword(keyword="收货", occurrence="all", avoid="overlap"),
    Several(placements=(AcrossPages(edge="right"), OnPages(pages="all", left_mm=5, top_mm=5))),
    IntoField(field="ReceiverSeal"),
)
SEAL = soft_seal()
OFTEN = settings(max_examples=100)


def refused_or_sealed(document: bytes, placement: Placement) -> None:
    with suppress(DocumentProblem):
        assert_sealed(SEAL.seal(document, placement))


@OFTEN
@given(st.sampled_from(NAMES), st.sampled_from(PLACEMENTS), st.floats(0, 1))
def test_a_receipt_cut_short(name: str, placement: Placement, part: float) -> None:
    document = DOCUMENTS[name]
    refused_or_sealed(document[: int(part * len(document))], placement)


@OFTEN
@given(st.sampled_from(NAMES), st.sampled_from(PLACEMENTS), st.integers(0, 2000))
def test_a_receipt_that_lacks_its_last_bytes(name: str, placement: Placement, lost: int) -> None:
    document = DOCUMENTS[name]
    refused_or_sealed(document[: len(document) - lost], placement)


@OFTEN
@given(
    st.sampled_from(NAMES),
    st.sampled_from(PLACEMENTS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4))),
    st.booleans(),
)
def test_a_receipt_with_other_bytes_in_it(
    name: str,
    placement: Placement,
    changes: list[tuple[float, bytes]],
    in_structure: bool,  # noqa: FBT001 - drawn
) -> None:
    changed = bytearray(DOCUMENTS[name])
    # The structure is mostly at the end; elsewhere a change falls into a picture or a font.
    start = len(changed) - 3000 if in_structure else 0
    for part, put in changes:
        at = start + int(part * (len(changed) - start))
        changed[at : at + len(put)] = put
    refused_or_sealed(bytes(changed), placement)


@OFTEN
@given(
    st.sampled_from(NAMES),
    st.sampled_from(PLACEMENTS),
    st.sampled_from(b"/Kids /Count /Type /Root /Prev /MediaBox /Size obj R xref".split()),
    st.sampled_from(b"/K << ] 0 -1 null % ( stream endobj".split()),
    st.integers(0, 20),
)
def test_a_receipt_whose_structure_is_rewritten(
    name: str, placement: Placement, old: bytes, new: bytes, nth: int
) -> None:
    parts = DOCUMENTS[name].split(old)
    at = 1 + nth % max(1, len(parts) - 1)
    changed = old.join(parts[:at]) + new.ljust(len(old)) + old.join(parts[at:])
    refused_or_sealed(changed, placement)
