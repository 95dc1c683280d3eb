"""The press: same in, same out; only appended; valid for every reader at hand."""

import io
import subprocess
from pathlib import Path

import pikepdf
import pytest

from gateway.documents.model import Prepared, StampPosition
from gateway.seals.model import Picture
from hsm.interfaces import Mechanism
from policies.model import BesideKeyword, Invisible, OnPage, Placement
from policies.objects.seals import RoundStamp
from tests.document_fixtures import (
    MECHANISMS,
    assert_sealed,
    ink_box,
    preparation,
    receipt,
    receipts,
    rendered,
    soft_seal,
)
from tests.unit.documents.drafts import A4, one_page, updated

CORNER = OnPage(page="last", left_mm=5, top_mm=5)
PLACEMENTS: tuple[Placement, ...] = (CORNER, Invisible(), BesideKeyword(keyword="here"))
DOZEN = (
    "cairo-a4-outline-2-pages",
    "chromium-a4-outline",
    "libreoffice-writer-a4-pdfa2b",
    "libreoffice-writer-a4-form",
    "pikepdf-a4-signature-and-text-field",
    "pikepdf-a5-landscape-xmp-objstm",
    "plain-a4-annots-indirect",
    "plain-a4-updated-xref-stream",
    "plain-roll80-line-ends-cr",
    "qpdf-a4-linearised-objstm",
    "reportlab-a4-ascii85",
    "weasyprint-a5-landscape-pdf20",
)


def text_page(**changes: object) -> bytes:
    content = "BT /F 14 Tf 100 700 Td (Sign here) Tj ET"
    return one_page(content, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", receipts(), ids=lambda path: path.name)
def test_pyhanko_finds_every_sealed_receipt_valid(path: Path) -> None:
    assert_sealed(soft_seal(kind="certification").seal(path.read_bytes(), CORNER))


@pytest.mark.parametrize("name", DOZEN)
def test_poppler_and_qpdf_agree(name: str, tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(soft_seal("rsa-pkcs1-sha256").seal(receipt(name), CORNER))
    found = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, check=False)
    assert b"Signature is Valid" in found.stdout, found
    assert b"Total document signed" in found.stdout
    checked = subprocess.run(["qpdf", "--check", file], capture_output=True, check=False)
    assert checked.returncode == 0, checked


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("kind", ["certification", "approval"])
def test_every_mechanism_seals(mechanism: Mechanism, kind: str) -> None:
    seal = soft_seal(mechanism, kind=kind)  # type: ignore[arg-type]
    assert_sealed(seal.seal(text_page(), CORNER))


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_same_preparation_gives_the_same_update(
    placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = soft_seal()
    first = seal.prepare(text_page(), placement)
    # Another process, another day: nothing of either may be in it.
    monkeypatch.setattr("os.urandom", lambda count: b"\x07" * count)
    assert seal.prepare(text_page(), placement) == first


@pytest.mark.parametrize("path", receipts(), ids=lambda path: path.name)
def test_who_wrote_a_document_and_when_stays_as_it_was(path: Path) -> None:
    document = path.read_bytes()
    update = soft_seal().prepare(document, CORNER).update
    assert b"pyHanko" not in update
    assert b"/ModDate" not in update
    with pikepdf.open(io.BytesIO(document + update)) as sealed, pikepdf.open(path) as original:
        assert sealed.trailer.get("/Info") == original.trailer.get("/Info")
        assert ("/Metadata" in sealed.Root) == ("/Metadata" in original.Root)
        if "/Metadata" in original.Root:
            assert sealed.Root.Metadata.read_bytes() == original.Root.Metadata.read_bytes()


def test_another_document_id_gives_other_bytes() -> None:
    seal = soft_seal()
    one = seal.prepare(text_page(), CORNER, document_id="D1")
    other = seal.prepare(text_page(), CORNER, document_id="D2")
    assert one.update != other.update


def test_the_first_half_of_the_file_identifier_stays() -> None:
    document = text_page(trailer="/Root 1 0 R/ID[<aabb><ccdd>]")
    with pikepdf.open(io.BytesIO(soft_seal().seal(document, CORNER))) as sealed:
        first, second = sealed.trailer.ID
    assert bytes(first) == b"\xaa\xbb"
    assert bytes(second) not in (b"\xaa\xbb", b"\xcc\xdd")


def test_a_document_without_identifier_gets_one() -> None:
    with pikepdf.open(io.BytesIO(soft_seal().seal(text_page(), CORNER))) as sealed:
        assert [len(bytes(half)) for half in sealed.trailer.ID] == [16, 16]


@pytest.mark.parametrize("name", DOZEN)
def test_what_came_in_is_untouched_and_comes_first(name: str) -> None:
    document = receipt(name)
    sealed = soft_seal().seal(document, CORNER)
    assert sealed[: len(document)] == document
    assert sealed[len(document) :].count(b"%%EOF") == 1


def test_only_the_container_is_filled_in_by_completion() -> None:
    seal = soft_seal()
    press = seal.press()
    prepared: Prepared = press.prepare(text_page(), preparation(CORNER))
    update = seal.finish(b"", prepared, press.containers)
    start, end = prepared.container_at, prepared.container_at + prepared.container_room
    assert update[:start] == prepared.update[:start]
    assert update[end:] == prepared.update[end:]
    assert prepared.update[start:end] == b"0" * prepared.container_room
    assert update[start - 1 : start] + update[end : end + 1] == b"<>"
    assert bytes.fromhex(update[start:end].decode())


def test_an_update_begins_on_a_line_of_its_own() -> None:
    document = text_page().rstrip()
    assert document.endswith(b"%%EOF")
    sealed = soft_seal().seal(document, CORNER)
    assert sealed[len(document) : len(document) + 1] == b"\n"
    assert_sealed(sealed)


@pytest.mark.parametrize(("old", "new"), [("table", "stream"), ("stream", "table")])
def test_the_update_takes_the_kind_of_the_newest_cross_reference(old: str, new: str) -> None:
    page = f"<</Type/Page/Parent 2 0 R{A4}>>"
    document = updated(one_page(xref=old), {3: page}, xref=new)  # type: ignore[arg-type]
    sealed = soft_seal().seal(document, CORNER)
    assert (b"/XRef" in sealed[len(document) :]) == (new == "stream")
    assert_sealed(sealed)


FIELD = "<</FT/Sig/T(Theirs)/Type/Annot/Subtype/Widget/F 132/Rect[300 300 400 350]/P 3 0 R>>"
TEXT_FIELD = "<</FT/Tx/T(Name)/V(x)/Type/Annot/Subtype/Widget/F 4/Rect[10 10 90 30]/P 3 0 R>>"


@pytest.mark.parametrize("where", ["direct", "indirect"])
@pytest.mark.parametrize("field", [FIELD, TEXT_FIELD], ids=["empty signature", "text"])
def test_a_form_keeps_its_fields_and_gets_ours(where: str, field: str) -> None:
    form = "<</Fields[6 0 R]/NeedAppearances true/DA(/Helv 0 Tf 0 g)>>"
    direct = where == "direct"
    document = one_page(
        page=f"{A4}/Annots " + ("[6 0 R]" if direct else "7 0 R"),
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm " + (form if direct else "8 0 R") + ">>",
        more={6: field} | ({} if direct else {7: "[6 0 R]", 8: form}),
    )
    sealed = soft_seal().seal(document, CORNER)
    assert_sealed(sealed)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        names = [str(each.T) for each in pdf.Root.AcroForm.Fields]
        assert names[1:] == ["Seal-D1"]
        assert len(pdf.pages[0].Annots) == 2
        assert pdf.Root.AcroForm.SigFlags == 3
        assert str(pdf.Root.AcroForm.DA) == "/Helv 0 Tf 0 g"


@pytest.mark.parametrize("empty", ["/Annots null", "/Annots[]"])
def test_annotations_that_are_not_there_are_no_obstacle(empty: str) -> None:
    assert_sealed(soft_seal().seal(one_page(page=A4 + empty), CORNER))


def test_a_form_that_is_null_is_no_form() -> None:
    catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm null>>"
    assert_sealed(soft_seal().seal(one_page(catalog=catalog), CORNER))


def test_boxes_may_be_inherited_and_indirect() -> None:
    document = one_page(
        page="/UserUnit 7 0 R",
        pages="<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 6 0 R 842]/Rotate 360>>",
        more={6: "595", 7: "1.0"},
    )
    assert_sealed(soft_seal().seal(document, CORNER))


@pytest.mark.parametrize("version", ["1.3", "1.4", "1.7", "2.0"])
def test_every_version_can_be_sealed(version: str) -> None:
    sealed = soft_seal().seal(text_page(version=version), CORNER)
    assert_sealed(sealed)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        assert ("/Extensions" in pdf.Root) == (version != "2.0")


def test_a_round_stamp_is_drawn() -> None:
    stamp = RoundStamp(
        name="东海物流有限公司", purpose="回单专用章", serial="3301000012345", color="#FF0000"
    )
    sealed = soft_seal(stamp=stamp).seal(one_page(), OnPage(page=1, left_mm=50, top_mm=60))
    assert_sealed(sealed)
    left, top, right, bottom = ink_box(rendered(sealed), "red")
    assert right - left == pytest.approx(40 * 72 / 25.4, abs=1.5)
    assert bottom - top == pytest.approx(40 * 72 / 25.4, abs=1.5)


def test_a_png_stamp_is_drawn_with_its_transparency() -> None:
    from PIL import Image  # noqa: PLC0415 - only here

    drawn = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    drawn.paste((255, 0, 0, 255), (0, 0, 100, 200))
    drawn.putpixel((199, 0), (0, 0, 255, 255))  # margins are cut off; this keeps them
    written = io.BytesIO()
    drawn.save(written, "PNG", dpi=(600, 600))
    stamp = Picture(kind="png", data=written.getvalue(), width_mm=20)
    sealed = soft_seal(stamp=stamp).seal(one_page(), OnPage(page=1, left_mm=50, top_mm=60))
    assert_sealed(sealed)
    left, top, right, bottom = ink_box(rendered(sealed), "red")
    assert right - left == pytest.approx(10 * 72 / 25.4, abs=1.5)
    assert bottom - top == pytest.approx(20 * 72 / 25.4, abs=1.5)


def test_a_document_of_many_pages_is_stamped_on_its_last() -> None:
    count = 300
    kids = " ".join(f"{number} 0 R" for number in range(10, 10 + count))
    more = dict.fromkeys(range(10, 10 + count), f"<</Type/Page/Parent 2 0 R{A4}>>")
    document = one_page(pages=f"<</Type/Pages/Kids[{kids}]/Count {count}>>", more=more).replace(
        b"/Size 110", b"/Size 400"
    )
    prepared = soft_seal().prepare(document, CORNER)
    assert prepared.facts.pages == count
    (stamp,) = prepared.stamps
    assert isinstance(stamp, StampPosition)
    assert stamp.page == count
