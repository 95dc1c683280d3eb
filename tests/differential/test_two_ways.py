"""The lean way and pyHanko's give the same sealed document, and every verifier says the same.

`make differential` draws 2,500 new documents; the suite draws 150, each time the same.
"""

from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.errors import DocumentProblem
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.press import LeanPress
from gateway.documents.lean.reading import read
from gateway.documents.model import Prepared
from gateway.documents.pyhanko.press import PyHankoPress
from policies.model import AcrossPages, Invisible, OnPage, OnPages, Placement, Several
from tests.differential.comparing import assert_same_objects, poppler_says, qpdf_finds
from tests.differential.documents import Drawn, documents
from tests.differential.drawing import DRAWN
from tests.document_fixtures import (
    SoftSeal,
    drawn,
    preparation,
    receipts,
    soft_seal,
    verdicts,
)
from tests.unit.documents.drafts import draft

SEALS = {
    "approval": soft_seal(),
    "certification": soft_seal("rsa-pkcs1-sha256", kind="certification"),
    "wide": soft_seal("ecdsa-p384-sha384", kind="certification", permission="form-filling"),
}
CORNER = OnPage(page="last", left_mm=5, top_mm=5)
PLACEMENTS: tuple[Placement, ...] = (
    CORNER,
    OnPage(page=1, left_mm=20.25, top_mm=12.125),
    OnPages(pages="odd", left_mm=5, top_mm=5),
    AcrossPages(edge="right", pages="all"),
    Several(placements=(CORNER, AcrossPages(edge="top", pages="all"), CORNER)),
    Invisible(),
)


class TwoWays:
    """Both presses of one seal."""

    def __init__(self, seal: SoftSeal) -> None:
        artwork = drawn(seal.material.stamp)
        self.seal = seal
        self.second = PyHankoPress(seal.material, artwork)
        self.lean = LeanPress(seal.material, artwork, self.second.containers)

    def sealed(self, document: bytes, prepared: Prepared) -> bytes:
        """The document with its update, signed."""
        return self.seal.finish(document, prepared, self.second.containers)


WAYS = {name: TwoWays(seal) for name, seal in SEALS.items()}


def compare(
    document: bytes,
    placement: Placement,
    ways: TwoWays,
    directory: Path,
    *roots: x509.Certificate,
    are_valid: bool = True,
) -> None:
    """Prepare both ways, the lean one without a doubt; all that can be seen must be the same."""
    wanted = preparation(placement)
    try:
        one = ways.lean.prepare(read(document), wanted)
    except DocumentProblem as problem:
        with pytest.raises(type(problem)):
            ways.second.prepare(document, wanted)
        return
    other = ways.second.prepare(document, wanted)
    assert one.facts == other.facts
    assert one.stamps == other.stamps
    lean, second = ways.sealed(document, one), ways.sealed(document, other)
    assert_same_objects(lean, second)
    said = [(v.bottom_line, v.coverage, v.modification_level) for v in verdicts(lean, *roots)]
    assert said == [
        (v.bottom_line, v.coverage, v.modification_level) for v in verdicts(second, *roots)
    ]
    assert all(valid for valid, _, _ in said) == are_valid
    assert poppler_says(lean, directory) == poppler_says(second, directory)
    assert qpdf_finds(lean, directory) == qpdf_finds(second, directory)


@pytest.mark.timeout(3600)
@DRAWN
@given(documents(), st.sampled_from(PLACEMENTS), st.sampled_from(sorted(WAYS)))
def test_a_drawn_document_is_sealed_alike(
    tmp_path: Path, drawn: Drawn, placement: Placement, seal: str
) -> None:
    if drawn.is_doubtful:
        with pytest.raises(InDoubtError):
            read(drawn.document)
        return
    compare(drawn.document, placement, WAYS[seal], tmp_path)


@pytest.mark.parametrize("receipt", receipts(), ids=lambda path: path.stem)
def test_a_receipt_is_sealed_alike(receipt: Path, tmp_path: Path) -> None:
    document = receipt.read_bytes()
    compare(document, PLACEMENTS[0], WAYS["approval"], tmp_path)


@DRAWN
@given(documents(), st.sampled_from(PLACEMENTS), st.data())
def test_what_pyhanko_refuses_the_lean_way_does_not_seal(
    drawn: Drawn, placement: Placement, data: st.DataObject
) -> None:
    """Bytes turned over: the lean way may doubt, but never accept alone."""
    document = bytearray(drawn.document)
    for _ in range(data.draw(st.integers(1, 4))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    ways, wanted = WAYS["approval"], preparation(placement)
    try:
        one = ways.lean.prepare(read(bytes(document)), wanted)
    except (InDoubtError, DocumentProblem):
        return
    other = ways.second.prepare(bytes(document), wanted)
    assert one.facts == other.facts
    assert one.stamps == other.stamps


def test_pages_that_share_an_array_go_the_second_way() -> None:
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 700]/Annots 5 0 R>>"
    document = draft(
        {
            1: "<</Type/Catalog/Pages 2 0 R>>",
            2: "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
            3: page,
            4: page,
            5: "[]",
        }
    )
    with pytest.raises(InDoubtError, match="twice"):
        WAYS["approval"].lean.prepare(
            read(document), preparation(OnPages(pages="all", left_mm=5, top_mm=5))
        )
