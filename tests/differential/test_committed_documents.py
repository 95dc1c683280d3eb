"""The documents of `tests/vectors`: both ways agree or doubt as known, and verifiers agree."""

from pathlib import Path

import pytest
from cryptography import x509
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel

from gateway.documents.errors import (
    CertifiedDocumentProblem,
    DamagedDocumentProblem,
    DocumentProblem,
    KeywordNotFoundProblem,
)
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.reading import read
from gateway.documents.model import StampPosition
from policies.model import (
    AcrossPages,
    BesideKeyword,
    IntoField,
    OnPage,
    OnPages,
    Placement,
    Several,
)
from tests.differential.comparing import poppler_says, qpdf_finds
from tests.differential.test_clean import held_to_the_inspection
from tests.differential.test_two_ways import CORNER, WAYS, compare
from tests.document_fixtures import preparation, receipts, verdicts
from tests.vectors.catalogue import ROOT_OF_THE_SIGNED, SIGNED, VECTORS, Vector

PLACEMENTS: dict[str, Placement] = {
    "corner": CORNER,
    "page set": OnPages(pages="odd,last", left_mm=8.5, top_mm=31),
    "across": AcrossPages(edge="right", pages="all"),
    "list": Several(
        placements=(
            CORNER,
            OnPage(page=1, left_mm=30, top_mm=5),
            AcrossPages(edge="bottom", pages="all", alternate=True, max_pages_per_seal=20),
        )
    ),
}
KINDS = (*PLACEMENTS, "keyword")
ONE_FIELD = ("corner", "keyword")
REFUSED: dict[tuple[str, str], type[DocumentProblem]] = {
    ("scan-300-dpi-fax", "keyword"): KeywordNotFoundProblem,
    ("scan-300-dpi-grey", "keyword"): KeywordNotFoundProblem,
    ("hybrid-with-more", "keyword"): DamagedDocumentProblem,
    # After a signature pyHanko's validator permits one new field and no annotation beside it.
    (SIGNED, "page set"): CertifiedDocumentProblem,
    (SIGNED, "across"): CertifiedDocumentProblem,
    (SIGNED, "list"): CertifiedDocumentProblem,
}
BY_NAME = {vector.name: vector for vector in VECTORS}
CASES = [(vector.name, kind) for vector in VECTORS for kind in KINDS]
SEALED = [case for case in CASES if case not in REFUSED]
UNDOUBTED = [vector.name for vector in VECTORS if vector.doubt is None]
HYBRIDS = ("hybrid", "hybrid-with-more")
EVERY = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)


def placement_of(kind: str, vector: Vector) -> Placement:
    return PLACEMENTS.get(kind) or BesideKeyword(keyword=vector.keyword, occurrence="last")


def root_of_the_signed() -> x509.Certificate:
    return x509.load_pem_x509_certificate(ROOT_OF_THE_SIGNED.read_bytes())


def doubt_of(vector: Vector, kind: str) -> str | None:
    """As the catalogue has it; one more field on what is signed is none."""
    return None if vector.name == SIGNED and kind in ONE_FIELD else vector.doubt


def sealed(name: str, kind: str) -> bytes:
    """Sealed by the press as workers have it, which has to say what the catalogue says."""
    vector, seal = BY_NAME[name], WAYS["approval"].seal
    press = seal.press()
    prepared = press.prepare(vector.document, preparation(placement_of(kind, vector)))
    assert prepared.doubt == doubt_of(vector, kind)
    assert prepared.facts.pages == vector.pages
    assert tuple(each.rule for each in prepared.facts.findings) == vector.findings
    return seal.finish(vector.document, prepared, press.containers)


def test_there_are_a_hundred_committed_documents_and_more() -> None:
    assert len(receipts()) + len(VECTORS) >= 105


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_committed_document_is_sealed_alike_or_doubted_as_known(
    name: str, kind: str, tmp_path: Path
) -> None:
    vector = BY_NAME[name]
    placement = placement_of(kind, vector)
    if doubt_of(vector, kind) is None:
        compare(vector.document, placement, WAYS["approval"], tmp_path, root_of_the_signed())
        return
    with pytest.raises(InDoubtError) as doubtful:
        WAYS["approval"].lean.prepare(read(vector.document), preparation(placement))
    assert doubtful.value.doubt == vector.doubt


@pytest.mark.parametrize("seal", ["certification", "wide"])
@pytest.mark.parametrize("name", UNDOUBTED)
def test_a_certification_is_written_alike(name: str, seal: str, tmp_path: Path) -> None:
    compare(BY_NAME[name].document, PLACEMENTS["list"], WAYS[seal], tmp_path)


def test_a_field_with_a_chinese_name_takes_the_seal(tmp_path: Path) -> None:
    """The lean way leaves fields of the document's own to pyHanko."""
    vector, seal = BY_NAME["form-fields"], WAYS["approval"].seal
    press = seal.press()
    prepared = press.prepare(vector.document, preparation(IntoField(field="买方签章")))
    assert prepared.doubt == "placement"
    (stamp,) = prepared.stamps
    assert isinstance(stamp, StampPosition)
    assert (stamp.page, stamp.field) == (2, "买方签章")
    document = seal.finish(vector.document, prepared, press.containers)
    assert [each.bottom_line for each in verdicts(document)] == [True]
    assert "- Total document signed" in poppler_says(document, tmp_path)
    assert qpdf_finds(document, tmp_path) == ""


@pytest.mark.parametrize(("name", "kind"), SEALED)
def test_every_verifier_calls_it_valid(name: str, kind: str, tmp_path: Path) -> None:
    document = sealed(name, kind)
    signatures = 1 + (name == SIGNED)
    found = verdicts(document, root_of_the_signed(), strict=name not in HYBRIDS)
    assert [each.bottom_line for each in found] == [True] * signatures
    assert found[-1].coverage is SignatureCoverageLevel.ENTIRE_FILE
    said = poppler_says(document, tmp_path)
    assert said.count("- Signature Validation: Signature is Valid.") == signatures
    assert "- Total document signed" in said
    assert qpdf_finds(document, tmp_path) == ""


@pytest.mark.parametrize("name", HYBRIDS)
def test_of_a_hybrid_pyhanko_gives_no_verdict_when_it_is_strict(name: str) -> None:
    with pytest.raises(SignatureValidationError, match="hybrid"):
        verdicts(sealed(name, "corner"))


@pytest.mark.parametrize(("name", "kind"), REFUSED)
def test_what_cannot_be_done_with_certainty_is_refused(name: str, kind: str) -> None:
    with pytest.raises(REFUSED[name, kind]):
        sealed(name, kind)


@EVERY
def test_what_is_called_clean_is(vector: Vector) -> None:
    held_to_the_inspection(vector.document)
