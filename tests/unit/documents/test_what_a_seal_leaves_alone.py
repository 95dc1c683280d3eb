"""Bookmarks, attachments, forms, tags and PDF/A identity are as they were before the seal."""

import io
from collections.abc import Iterator

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, String

from gateway.documents.errors import PlacementProblem
from policies.model import AcrossPages, BesideKeyword, IntoField, OnPage, Placement, Several
from tests.document_fixtures import assert_sealed, ink_box, receipts, rendered, soft_seal
from tests.unit.documents.looking import UNITS_PER_MM, assert_differs_only_inside, stamps_of
from tests.unit.documents.test_keywords import scanned

SEAL = soft_seal()
LIST = Several(placements=(AcrossPages(edge="right"), OnPage(page="last", left_mm=20, top_mm=150)))
PLACEMENTS: dict[str, Placement] = {
    "one stamp": OnPage(page=1, left_mm=20, top_mm=150),
    "across pages": AcrossPages(edge="right"),
    "several": LIST,
    "keyword": BesideKeyword(keyword="Total", occurrence="all"),
    "field": IntoField(field="Signature1"),
}
XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance></rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def rich_document() -> bytes:
    """Three tagged pages with bookmarks, an attachment, a form, links, and PDF/A's marks."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    for number in range(3):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Resources = Dictionary(Font=Dictionary(F=font))
        page.Contents = pdf.make_stream(
            f"/P <</MCID 0>> BDC BT /F 12 Tf 72 700 Td (Total of page {number}) Tj ET EMC".encode()
        )
        page.StructParents = number
        page.Tabs = Name.S
    pages = [page.obj for page in pdf.pages]
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    elements = [
        pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P, P=root, Pg=page, K=0))
        for page in pages
    ]
    root.K = Array(elements)
    numbers = [item for index, each in enumerate(elements) for item in (index, Array([each]))]
    root.ParentTree = Dictionary(Nums=Array(numbers))
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    pdf.Root.Lang = String("zh-CN")
    with pdf.open_outline() as outline:
        outline.root.extend(pikepdf.OutlineItem(f"第 {index + 1} 页", index) for index in range(3))
    pdf.attachments["报价, 2026.csv"] = b"a,b\n1,2\n"
    text = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("amount"), V=String("12"),
            Rect=Array([300, 100, 400, 120]), P=pages[0], F=4,
        )
    )  # fmt: skip
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("Signature1"),
            Rect=Array([100, 100, 200, 200]), P=pages[1], F=4,
        )
    )  # fmt: skip
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=Array([72, 690, 200, 715]),
        Dest=Array([pages[2], Name.Fit]),
    )  # fmt: skip
    pages[0].Annots = Array([text, link])
    pages[1].Annots = Array([field])
    pdf.Root.AcroForm = Dictionary(Fields=Array([text, field]), DA=String("/F 12 Tf"))
    pdf.Root.OutputIntents = Array(
        [
            Dictionary(
                Type=Name.OutputIntent, S=Name.GTS_PDFA1, OutputConditionIdentifier=String("x")
            )
        ]
    )
    metadata = pdf.make_stream(XMP)
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = metadata
    data = io.BytesIO()
    pdf.save(data)
    return data.getvalue()


def objects(pdf: pikepdf.Pdf) -> dict[tuple[int, int], bytes]:
    """Every object as it stands."""
    return {each.objgen: each.unparse(resolved=True) for each in pdf.objects if each.objgen[0]}


def streams(pdf: pikepdf.Pdf) -> Iterator[tuple[tuple[int, int], bytes]]:
    for each in pdf.objects:
        if isinstance(each, pikepdf.Stream) and each.get("/Type") not in (Name.XRef, Name.ObjStm):
            yield each.objgen, each.read_raw_bytes()


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=PLACEMENTS.keys())
def test_only_pages_form_and_catalogue_are_touched(placement: Placement) -> None:
    document = rich_document()
    sealed = SEAL.seal(document, placement)
    assert_sealed(sealed)
    assert sealed.startswith(document)
    with pikepdf.open(io.BytesIO(document)) as before, pikepdf.open(io.BytesIO(sealed)) as after:
        old, new = objects(before), objects(after)
        touched = {number for number, body in old.items() if new[number] != body}
        allowed = {page.obj.objgen for page in before.pages}
        allowed |= {before.Root.objgen, *(field.objgen for field in before.Root.AcroForm.Fields)}
        assert touched <= allowed
        kept = dict(streams(after))
        assert all(kept[number] == data for number, data in streams(before))
        assert b"pdfaid:part" in after.Root.Metadata.read_bytes()
        for key in ("/OutputIntents", "/MarkInfo", "/Lang", "/Outlines", "/Names"):
            assert after.Root[key].unparse(resolved=True) == before.Root[key].unparse(resolved=True)
        assert after.Root.StructTreeRoot.objgen == before.Root.StructTreeRoot.objgen
        with after.open_outline() as outline:
            assert [item.title for item in outline.root] == ["第 1 页", "第 2 页", "第 3 页"]
        assert after.attachments["报价, 2026.csv"].get_file().read_bytes() == b"a,b\n1,2\n"
        amount, *_ = after.Root.AcroForm.Fields
        assert (str(amount.T), str(amount.V)) == ("amount", "12")
        assert "/Link" in [str(each.Subtype) for each in after.pages[0].Annots]
        for page, was in zip(after.pages, before.pages, strict=True):
            assert page.Contents.objgen == was.Contents.objgen
            assert (page.StructParents, page.Tabs) == (was.StructParents, was.Tabs)


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=PLACEMENTS.keys())
def test_what_pdf_a_asks_of_annotations_holds(placement: Placement) -> None:
    # ISO 19005-2 §6.3.2 and §6.3.3: printed, never hidden, with a normal appearance and no other.
    sealed = SEAL.seal(rich_document(), placement)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        ours = [
            annotation
            for page in pdf.pages
            for annotation in page.get("/Annots", [])
            if annotation.Subtype == "/Stamp" or annotation.get("/V") is not None
            if annotation.get("/FT") != "/Tx"
        ]
        assert ours
        for annotation in ours:
            # Print, and neither Invisible, Hidden, NoView nor ToggleNoView.
            assert int(annotation.F) & 0b1_0010_0111 == 0b100
            assert list(annotation.AP.keys()) == ["/N"]
            assert "/A" not in annotation
            assert "/CA" not in annotation


def test_a_whole_document_looks_as_before_outside_its_stamps() -> None:
    document = rich_document()
    stamps = stamps_of(SEAL.prepare(document, LIST))
    assert_differs_only_inside(document, SEAL.seal(document, LIST), stamps, scale=2)


@pytest.mark.parametrize("path", receipts()[::7], ids=lambda path: path.name)
def test_every_kind_of_receipt_takes_several_stamps(path: object) -> None:
    document = path.read_bytes()  # type: ignore[attr-defined]
    placement = Several(
        placements=(AcrossPages(edge="right"), OnPage(page=1, left_mm=10, top_mm=10))
    )
    try:
        stamps = stamps_of(SEAL.prepare(document, placement))
    except PlacementProblem:
        return
    sealed = SEAL.seal(document, placement)
    assert_sealed(sealed)
    assert_differs_only_inside(document, sealed, stamps)


def test_scans_whose_box_counts_pixels_get_stamps_of_their_pages_millimetres() -> None:
    # As scanners write it that take a pixel for a unit: a page of 875 x 1238 mm by its own box.
    document = scanned(2, media_box=(0, 0, 2480, 3508))
    sealed = SEAL.seal(document, LIST)
    assert_sealed(sealed)
    assert_differs_only_inside(document, sealed, stamps_of(SEAL.prepare(document, LIST)))
    left, top, right, bottom = ink_box(rendered(sealed, page=2), "red")
    assert bottom - top > 10 * UNITS_PER_MM
    assert right == pytest.approx(2480, abs=1)
    assert left == pytest.approx(20 * UNITS_PER_MM, abs=1)


def test_scans_at_300_dpi_keep_their_pictures_and_grow_by_the_seal_alone() -> None:
    document = scanned(25)
    sealed = SEAL.seal(document, LIST)
    assert_sealed(sealed)
    assert len(sealed) - len(document) < 50_000
    pdf = pypdfium2.PdfDocument(sealed)
    assert len(pdf) == 25
    pdf.close()
