"""Bad and hostile documents: each is refused by name, and nothing else ever comes out."""

import io
import zlib
from contextlib import suppress

import pikepdf
import pypdfium2
import pytest

from gateway.documents.errors import (
    DamagedDocumentProblem,
    DocumentProblem,
    DocumentTooDemandingProblem,
    EmptyDocumentProblem,
    EncryptedDocumentProblem,
    KeywordNotFoundProblem,
    NoPagesProblem,
    NotAPDFProblem,
    TruncatedDocumentProblem,
)
from gateway.documents.pyhanko.reading import reading_refusals
from policies.model import BesideKeyword, OnPage, Placement
from tests.document_fixtures import receipt, soft_seal
from tests.hostile.bombs import packed_run
from tests.unit.documents.drafts import A4, CATALOG, PAGES, draft, one_page, stream

CORNER = OnPage(page=1, left_mm=5, top_mm=5)
KEYWORD = BesideKeyword(keyword="here")
HERE = "BT /F 14 Tf 100 700 Td (here) Tj ET"
MIB = 1024 * 1024


def refused(
    document: bytes, problem: type[DocumentProblem], match: str, placement: Placement = CORNER
) -> None:
    with pytest.raises(problem, match=match) as caught:
        soft_seal().prepare(document, placement)
    assert type(caught.value) is problem
    assert len(caught.value.detail) < 500


def encrypted(**how: object) -> bytes:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(receipt("reportlab-a4-ascii85"))) as pdf:
        pdf.save(written, encryption=pikepdf.Encryption(owner="o", **how))  # type: ignore[arg-type]
    return written.getvalue()


def object_stream(packed: bytes, count: int, first: int, *, filters: str) -> bytes:
    entries = f"/Type/ObjStm/N {count}/First {first}/Filter{filters}"
    return stream(packed, entries)


def in_object_stream(container: bytes) -> bytes:
    """A document whose page is in an object stream, which a table cannot say."""
    bodies = {1: CATALOG.encode(), 2: PAGES.encode(), 6: container}
    document, offsets = b"%PDF-1.7\n", {}
    for number, body in bodies.items():
        offsets[number] = len(document)
        document += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(document)
    rows = b"".join(b"\x01" + offsets[n].to_bytes(4) + b"\0\0" for n in (1, 2))
    rows += b"\x02" + (6).to_bytes(4) + b"\0\0"  # object 3 is the first in object 6
    rows += b"\x01" + offsets[6].to_bytes(4) + b"\0\0"
    xref = stream(rows, "/Type/XRef/Size 8/W[1 4 2]/Index[1 3 6 1]/Root 1 0 R")
    document += b"7 0 obj\n" + xref + b"\nendobj\n"
    return document + b"startxref\n%d\n%%%%EOF\n" % start


def test_nothing_is_refused_as_empty() -> None:
    refused(b"", EmptyDocumentProblem, "0 bytes")


@pytest.mark.parametrize(
    "document",
    [
        b"\n%PDF-1.7\n",
        b"PK\x03\x04",
        b"<html>404 Not Found</html>",
        b"%!PS-Adobe-3.0",
        b"\0" * 5000,
        "%PDF-1.7".encode("utf-16"),
    ],
)
def test_what_does_not_begin_as_a_pdf_is_none(document: bytes) -> None:
    refused(document, NotAPDFProblem, "does not begin with %PDF-")


@pytest.mark.parametrize("kept", [9, 100, 5_000, 50_000, -200, -10])
def test_a_document_without_its_end_is_truncated(kept: int) -> None:
    refused(receipt("reportlab-a4-ascii85")[:kept], TruncatedDocumentProblem, "does not end")


def test_an_update_without_its_end_is_truncated() -> None:
    document = receipt("plain-a4-updated-once")
    refused(document[:-6], TruncatedDocumentProblem, "does not end")


@pytest.mark.parametrize(
    "document",
    [
        encrypted(user="u", R=4),
        encrypted(user="", R=6),
        encrypted(user="u", R=3, aes=False, metadata=False),
        one_page(trailer="/Root 1 0 R/Encrypt 99 0 R"),
        one_page(trailer="/Root 1 0 R/Encrypt<</Filter/Unheard.Of/V 9>>"),
    ],
    ids=["aes-128", "aes-256 without password", "rc4", "missing", "unknown"],
)
def test_an_encrypted_document_is_named_so(document: bytes) -> None:
    refused(document, EncryptedDocumentProblem, "/Encrypt")


def test_a_document_without_pages_is_named_so() -> None:
    refused(one_page(pages="<</Type/Pages/Kids[]/Count 0>>"), NoPagesProblem, "empty")


@pytest.mark.parametrize(
    ("pages", "match"),
    [
        ("<</Type/Pages/Kids[2 0 R]/Count 1>>", "object 2 is twice"),
        ("<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>", "object 3 is twice"),
        ("<</Type/Pages/Kids[3 0 R]/Count 1000000000>>", "says 1000000000 pages where there are 1"),
        ("<</Type/Pages/Kids[3 0 R]/Count -1>>", "says -1 pages"),
        ("<</Type/Pages/Kids[3 0 R]/Count 0>>", "says 0 pages where there are 1"),
        ("<</Type/Pages/Kids[3 0 R]>>", "/Count"),
        ("<</Type/Pages/Count 1>>", "/Kids"),
        ("<</Kids[3 0 R]/Count 1>>", "neither page nor page tree node"),
        ("<</Type/Pages/Kids[<</Type/Page>>]/Count 1>>", "not an indirect object"),
        ("<</Type/Pages/Kids[4 0 R]/Count 1>>", "neither page nor page tree node"),
        ("<</Type/Pages/Kids[77 0 R]/Count 1>>", "cannot be read"),
        ("<</Type/Pages/Kids 3 0 R/Count 1>>", "cannot be read"),
        ("[3 0 R]", "neither page nor page tree node"),
    ],
)
def test_a_page_tree_that_lies_is_damaged(pages: str, match: str) -> None:
    refused(one_page(pages=pages), DamagedDocumentProblem, match)


def test_a_page_tree_that_goes_in_a_circle_is_damaged() -> None:
    document = draft(
        {
            1: CATALOG,
            2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: "<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>",
        }
    )
    refused(document, DamagedDocumentProblem, "object 2 is twice")


def test_a_page_tree_that_is_a_well_is_damaged() -> None:
    depth = 90
    nodes = {
        number: f"<</Type/Pages/Kids[{number + 1} 0 R]/Count 1>>" for number in range(2, depth)
    }
    document = draft({1: CATALOG, **nodes, depth: f"<</Type/Page{A4}>>"})
    refused(document, DamagedDocumentProblem, "nested too deeply")


def test_parents_that_go_in_a_circle_are_damaged() -> None:
    document = one_page(page="", pages="<</Type/Pages/Kids[3 0 R]/Count 1/Parent 2 0 R>>")
    refused(document, DamagedDocumentProblem, "nested too deeply")


@pytest.mark.parametrize(
    ("page", "match"),
    [
        (f"{A4}/Rotate 45", "/Rotate of page 1 is 45"),
        (f"{A4}/Rotate(90)", "/Rotate"),
        (f"{A4}/Rotate 90.5", "/Rotate"),
        ("", "no box of four numbers"),
        ("/MediaBox[0 0 595]", "no box of four numbers"),
        ("/MediaBox[0 0 595 842 0]", "no box of four numbers"),
        ("/MediaBox[0 0 NaN 842]", "cannot be read"),
        ("/MediaBox[0 0 (a) 842]", "no box of four numbers"),
        ("/MediaBox(0 0 595 842)", "no box of four numbers"),
        (f"/MediaBox[0 0 {'9' * 400} 842]", "no box of four numbers"),
        ("/MediaBox[0 0 1e9 842]", "."),
        ("/MediaBox[0 0 1000000000 842]", "no box of four numbers"),
        ("/MediaBox[0 0 0 842]", "empty visible area"),
        (f"{A4}/CropBox[600 0 700 842]", "empty visible area"),
        (f"{A4}/CropBox[0 0 /x 842]", "no box of four numbers"),
        (f"{A4}/UserUnit 0", "/UserUnit of page 1 is 0"),
        (f"{A4}/UserUnit -1", "/UserUnit"),
        (f"{A4}/UserUnit 100000", "/UserUnit"),
        (f"{A4}/UserUnit/Two", "/UserUnit"),
    ],
)
def test_a_page_without_certain_geometry_is_damaged(page: str, match: str) -> None:
    refused(one_page(page=page), DamagedDocumentProblem, match)


def test_a_cross_reference_that_leads_back_to_itself_is_damaged() -> None:
    document = one_page(trailer="/Root 1 0 R/Prev 0000000000")
    start = int(document.rsplit(b"startxref\n", 1)[1].split()[0])
    refused(
        document.replace(b"/Prev 0000000000", b"/Prev %010d" % start),
        DamagedDocumentProblem,
        "loop",
    )


@pytest.mark.parametrize("startxref", [b"0", b"99999999999999999999", b"-1", b"abc", b"17"])
def test_a_startxref_that_leads_nowhere_is_damaged(startxref: bytes) -> None:
    start = one_page().rsplit(b"startxref\n", 1)[1].split()[0]
    document = one_page().replace(b"startxref\n" + start, b"startxref\n" + startxref)
    refused(document, DamagedDocumentProblem, ".")


@pytest.mark.parametrize(
    ("nested", "match"),
    [
        ("[" * 20_000 + "]" * 20_000, "nested too deeply"),
        ("<</a " * 20_000 + "0" + ">>" * 20_000, "cannot be read"),
    ],
    ids=["arrays", "dictionaries"],
)
def test_what_is_nested_too_deeply_is_damaged(nested: str, match: str) -> None:
    refused(one_page(page=f"{A4}/Deep {nested}"), DamagedDocumentProblem, match)


def test_references_that_lead_back_to_themselves_are_damaged() -> None:
    document = one_page(page="/MediaBox 6 0 R", more={6: "7 0 R", 7: "6 0 R"})
    refused(document, DamagedDocumentProblem, "nested too deeply")


def test_an_object_stream_that_unpacks_to_too_much_is_too_demanding() -> None:
    page = f"3 0 <</Type/Page/Parent 2 0 R{A4}>>".encode()
    bomb = zlib.compress(packed_run(page, b" ", 256 * MIB), 9)
    packed = object_stream(bomb, 1, 4, filters="[/FlateDecode/FlateDecode]")
    assert len(packed) < 5_000
    refused(in_object_stream(packed), DocumentTooDemandingProblem, "unpacks to too much")


@pytest.mark.parametrize("count", [2_000_000_000, -1])
def test_an_object_stream_that_counts_wrong_is_damaged(count: int) -> None:
    page = f"9 0 <</Type/Page/Parent 2 0 R{A4}>>".encode()
    packed = object_stream(zlib.compress(page), count, 4, filters="/FlateDecode")
    refused(in_object_stream(packed), DamagedDocumentProblem, ".")


def test_a_page_in_an_object_stream_is_fine_as_such() -> None:
    page = f"3 0 <</Type/Page/Parent 2 0 R{A4}>>".encode()
    packed = object_stream(zlib.compress(page), 1, 4, filters="/FlateDecode")
    assert soft_seal().prepare(in_object_stream(packed), CORNER).facts.pages == 1


@pytest.mark.parametrize(
    "fields",
    [
        "<</FT/Sig/T(a)/Kids[6 0 R]>>",
        "<</T(a)/Kids[7 0 R]>>",
        "<</T 6 0 R>>",
        "(no dictionary)",
    ],
)
def test_a_form_that_goes_in_a_circle_is_damaged(fields: str) -> None:
    catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>"
    document = one_page(catalog=catalog, more={6: fields, 7: "<</T(b)/Kids[6 0 R]>>"})
    refused(document, DamagedDocumentProblem, ".")


@pytest.mark.parametrize(
    "value",
    [
        "null",
        "<<>>",
        "(text)",
        "<</Type/Sig/SubFilter/ETSI.CAdES.detached/Contents<00>/ByteRange[0 1 2 3]>>",
        "<</Type/Sig/SubFilter/ETSI.CAdES.detached/Contents<3080>/ByteRange[0 -1 2 3]>>",
        "<</Type/Sig/SubFilter/adbe.pkcs7.detached/ByteRange(x)/Contents 6 0 R>>",
    ],
)
def test_a_broken_signature_is_refused_or_passed_over_but_never_trips_us(value: str) -> None:
    field = "<</FT/Sig/T(Theirs)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R/V 7 0 R>>"
    catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>"
    document = one_page(catalog=catalog, more={6: field, 7: value})
    with suppress(DamagedDocumentProblem):
        assert soft_seal().prepare(document, CORNER).facts.signatures <= 1


@pytest.mark.parametrize(
    "catalog",
    ["<</Type/Catalog>>", "[]", "<</Type/Catalog/Pages<</Type/Pages>>>>", "null"],
)
def test_a_catalog_without_pages_is_damaged(catalog: str) -> None:
    refused(one_page(catalog=catalog), DamagedDocumentProblem, ".")


@pytest.mark.parametrize(
    "trailer", ["", "/Root 77 0 R", "/Root(x)", "/Root 1 0 R/ID[(a)]", "/Root 1 0 R/ID 5"]
)
def test_a_trailer_that_makes_no_sense_is_damaged(trailer: str) -> None:
    refused(one_page(trailer=trailer), DamagedDocumentProblem, ".")


@pytest.mark.parametrize(
    "content",
    [
        "BT /F 14 Tf (here",
        "q " * 100_000,
        "BT /F 1e38 Tf 1e38 1e38 Td (here) Tj ET",
        "BT /F 0 Tf (here) Tj ET",
        "BT /Missing 10 Tf (here) Tj ET",
        "\0\xff" * 5_000,
    ],
    ids=["unfinished", "unbalanced", "huge", "no size", "no font", "noise"],
)
def test_hostile_text_is_searched_in_peace(content: str) -> None:
    with suppress(KeywordNotFoundProblem, DamagedDocumentProblem):
        assert soft_seal().prepare(one_page(content), KEYWORD).stamps


def test_text_that_cannot_be_unpacked_has_no_keyword() -> None:
    # pdfium reads /Contents for the text; pyHanko never does.
    packed = stream(b"no deflated data", "/Filter/FlateDecode")
    refused(one_page(HERE, more={5: packed}), KeywordNotFoundProblem, "found it 0 times", KEYWORD)


def test_a_document_that_only_one_parser_reads_is_damaged() -> None:
    with (
        pytest.raises(DamagedDocumentProblem, match="PdfiumError"),
        reading_refusals(),
    ):
        pypdfium2.PdfDocument(b"%PDF-1.7 and no more")


@pytest.mark.parametrize(
    ("raised", "problem"),
    [
        (MemoryError(), DocumentTooDemandingProblem),
        (RecursionError(), DamagedDocumentProblem),
        (KeyError("/Kids"), DamagedDocumentProblem),
        (RuntimeError("pdfium: " + "x" * 10_000), DamagedDocumentProblem),
    ],
)
def test_whatever_a_parser_raises_becomes_a_refusal(
    raised: Exception, problem: type[DocumentProblem]
) -> None:
    with pytest.raises(problem) as caught, reading_refusals():
        raise raised
    assert len(caught.value.detail) < 500
