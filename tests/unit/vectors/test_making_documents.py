"""The committed documents are what their makers make, and what their names say."""

import io

import pikepdf
import pytest

from tests.vectors.catalogue import FOLDER, ROOT_OF_THE_SIGNED, SIGNED, VECTORS, Vector
from tests.vectors.signed import approved

MADE_AGAIN = [vector for vector in VECTORS if vector.make is not None]


def document(name: str) -> bytes:
    return (FOLDER / f"{name}.pdf").read_bytes()


def opened(name: str) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(document(name)))


@pytest.mark.parametrize("vector", MADE_AGAIN, ids=lambda vector: vector.name)
def test_making_it_again_gives_the_same_bytes(vector: Vector) -> None:
    assert vector.make is not None
    assert vector.make() == vector.document


def test_the_folder_has_these_documents_and_stays_small() -> None:
    expected = {vector.path.name for vector in VECTORS} | {ROOT_OF_THE_SIGNED.name}
    assert {path.name for path in FOLDER.iterdir()} == expected
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_500_000


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_qpdf_reads_it_without_a_warning(vector: Vector) -> None:
    with pikepdf.open(vector.path) as pdf:
        assert len(pdf.pages) == vector.pages
        assert pdf.check_pdf_syntax() == []


def test_the_signed_document_is_the_contract_with_one_signature() -> None:
    made = approved()
    assert made.root_pem.startswith(b"-----BEGIN CERTIFICATE")
    for sealed in (made.document, document(SIGNED)):
        assert sealed.startswith(document("contract-2-pages"))
        assert sealed.count(b"/SubFilter/ETSI.CAdES.detached") == 1


def test_the_documents_have_what_their_names_say() -> None:
    assert document("contract-pdf-1.3-cr").startswith(b"%PDF-1.3\n1 0 obj\r<<")
    assert document("contract-pdf-2.0").startswith(b"%PDF-2.0")
    assert b"/ObjStm" in document("contract-300-pages-object-streams")
    assert b"/CCITTFaxDecode" in document("scan-300-dpi-fax")
    with opened("contract-linearised") as pdf:
        assert pdf.is_linearized
    with opened("pdfa-2b") as pdf, pdf.open_metadata() as metadata:
        assert metadata.pdfa_status == "2B"
    with opened("attachments") as pdf:
        assert sorted(pdf.attachments) == ["prices.csv", "清单.xml"]
    with opened("tagged") as pdf:
        assert pdf.Root.MarkInfo.Marked
    with opened("layers-shown") as pdf:
        assert "/OCProperties" in pdf.Root
    with opened("user-unit-3") as pdf:
        assert pdf.pages[0].obj.UserUnit == 3
    with opened("bookmarks") as pdf, pdf.open_outline() as outline:
        assert len(outline.root) == 5
    with opened("hybrid-with-more") as pdf:
        assert "/XRefStm" in pdf.trailer
    with opened("chinese-embedded") as pdf:
        font = pdf.pages[0].obj.Resources.Font.F
        assert font.DescendantFonts[0].Subtype == "/CIDFontType2"
    with opened("type-3-font") as pdf:
        assert pdf.pages[0].obj.Resources.Font.F.Subtype == "/Type3"
