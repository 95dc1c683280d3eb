"""Documents written anew: what stays, what goes, and what is refused."""

import io
from contextlib import closing

import pikepdf
import pypdfium2
import pytest
from PIL import ImageChops

from gateway.documents.errors import NotNormalizableProblem, SignedDocumentNotNormalizedProblem
from gateway.documents.inspection.inspecting import inspect
from gateway.documents.model import Prepared
from gateway.documents.normalizing import normalize
from policies.model import OnPage
from tests.document_fixtures import (
    assert_sealed,
    preparation,
    receipt,
    receipts,
    rendered,
    soft_seal,
)
from tests.hostile.samples import SAMPLES, TEXT, WHITE_BOX, field
from tests.unit.documents.drafts import A4, one_page, stream, updated

CORNER = OnPage(page=1, left_mm=5, top_mm=5)
BLACK_BOX = stream(b"0 g 0 0 200 40 re f", "/Type/XObject/Subtype/Form/BBox[0 0 200 40]")
# Rewriting cures these; of the others some finding stays.
CURED = (
    "active-content",
    "bytes-outside",
    "embedded-files",
    "form-fields",
    "several-revisions",
    "unreachable-objects",
    "widget-outside-form",
)
# Notes without an appearance, which readers draw as a symbol, are dropped; and a field that leaves
# drawing to its readers is drawn a hair's breadth elsewhere.
OTHERS = {
    "plain-a4-annots-indirect-612",
    "plain-a4-signature-field-kid-618",
    "libreoffice-writer-a4-form-506",
}
_PAPERS = [path for path in receipts() if path.stem not in OTHERS]


def prepared(document: bytes) -> Prepared:
    asked = preparation(CORNER)
    return soft_seal().press().prepare(document, type(asked)(
        document_id=asked.document_id,
        signed_at=asked.signed_at,
        placement=asked.placement,
        normalize=True,
    ))  # fmt: skip


@pytest.mark.parametrize("path", _PAPERS, ids=lambda path: path.stem)
def test_an_example_looks_the_same_and_has_no_findings(path: object) -> None:
    document = path.read_bytes()  # type: ignore[attr-defined]
    anew = normalize(document)
    assert inspect(anew) == ()
    assert normalize(document) == anew
    difference = ImageChops.difference(rendered(document), rendered(anew))
    assert difference.convert("L").getextrema()[1] < 40


@pytest.mark.parametrize("rule", CURED)
def test_what_rewriting_cures_is_gone(rule: str) -> None:
    for name, make in SAMPLES[rule].items():
        assert rule not in {each.rule for each in inspect(normalize(make()))}, name


def test_a_field_becomes_part_of_the_page() -> None:
    document = field("/FT/Tx/V(102)").replace(WHITE_BOX, BLACK_BOX)
    anew = normalize(one_page(
        TEXT,
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
        page=f"{A4}/Annots[6 0 R]",
        more={
            6: "<</Type/Annot/Subtype/Widget/FT/Tx/T(x)/V(1)/Rect[100 100 300 140]"
            "/AP<</N 7 0 R>>>>",
            7: BLACK_BOX,
        },
    ))  # fmt: skip
    assert document != anew
    with pikepdf.open(io.BytesIO(anew)) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert "/Annots" not in pdf.pages[0]
    picture = rendered(anew).convert("L")
    assert picture.getpixel((400, 2 * (842 - 120))) == 0


def test_a_value_that_readers_draw_is_drawn_where_it_is_ascii() -> None:
    form = receipt("writer-a4-form")
    with pikepdf.open(io.BytesIO(form)) as pdf:
        assert pdf.Root.AcroForm.NeedAppearances
    with closing(pypdfium2.PdfDocument(normalize(form))) as pdf, closing(pdf[0]) as page:
        text = page.get_textpage()
        assert "102" in text.get_text_bounded(90, 455, 175, 475)
        text.close()


@pytest.mark.parametrize(
    ("form", "value", "told"),
    [
        ("/NeedAppearances true", "<FEFF65364EF6>", "not ASCII"),
        ("", "(1)", "no appearance"),
    ],
)
def test_a_value_that_nobody_could_say_the_look_of_is_refused(
    form: str, value: str, told: str
) -> None:
    document = one_page(
        TEXT,
        catalog=f"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]{form}>>>>",
        page=f"{A4}/Annots[6 0 R]",
        more={6: f"<</Type/Annot/Subtype/Widget/FT/Tx/T(x)/V{value}/Rect[9 9 99 99]>>"},
    )
    with pytest.raises(NotNormalizableProblem, match=told):
        normalize(document)


def test_plain_links_outline_tags_and_pdfa_identity_stay() -> None:
    for name in ("fpdf2-a4-landscape-link", "chromium-a4-outline", "weasyprint-a4-pdfa2b"):
        with (
            pikepdf.open(io.BytesIO(receipt(name))) as before,
            pikepdf.open(io.BytesIO(normalize(receipt(name)))) as after,
        ):
            for key in ("/Outlines", "/StructTreeRoot", "/Metadata", "/OutputIntents", "/Lang"):
                assert (key in before.Root) == (key in after.Root), key
            assert len(before.pages[0].get("/Annots", [])) == len(after.pages[0].get("/Annots", []))


def test_a_font_called_like_a_script_stays() -> None:
    document = one_page(
        "BT /JS 24 Tf 100 700 Td (Hello) Tj ET",
        page=f"{A4}",
        more={3: f"<</Type/Page/Parent 2 0 R/Resources<</Font<</JS 4 0 R>>>>/Contents 5 0 R{A4}>>"},
    )
    difference = ImageChops.difference(rendered(document), rendered(normalize(document)))
    assert difference.getbbox() is None


@pytest.mark.parametrize("rule", ["duplicate-keys", "duplicate-objects"])
def test_what_is_ambiguous_stays_a_finding(rule: str) -> None:
    for make in SAMPLES[rule].values():
        assert rule in {finding.rule for finding in prepared(make()).facts.findings}


def test_a_signed_document_is_refused() -> None:
    sealed = soft_seal().seal(one_page(TEXT), CORNER)
    with pytest.raises(SignedDocumentNotNormalizedProblem, match="carries 1 signature,"):
        normalize(sealed)


def test_the_seal_follows_the_new_document_and_both_digests_are_told() -> None:

    document = updated(one_page(TEXT), {5: stream(TEXT.encode())}) + b"garbage"
    seal = soft_seal()
    made = prepared(document)
    assert made.normalized == normalize(document)
    assert (made.facts.revisions, made.facts.findings) == (1, ())
    assert_sealed(seal.finish(made.normalized, made, seal.press().containers))
