"""A keyword is found however the producing program set it, and not where it is not."""

import io
import re
import unicodedata

import pikepdf
import pytest
from PIL import Image

from gateway.documents.errors import KeywordNotFoundProblem, PlacementProblem
from gateway.documents.placing.keywords import folded, keyword_pattern
from policies.model import BesideKeyword, OnPages, Several
from tests.document_fixtures import assert_sealed, receipt, soft_seal
from tests.unit.documents.drafts import A4, many_pages, stream
from tests.unit.documents.looking import UNITS_PER_MM, assert_differs_only_inside, stamps_of

SEAL = soft_seal()
# Helvetica whose letters mean these characters, as subsets of Chinese fonts have it.
LETTERS = {
    "A": "收", "B": "货", "C": "单", "D": "位", "E": "签", "F": "章", "G": "（", "H": "(",
    "I": "Ｎ", "J": "ｏ", "K": "⼀", "L": "甲", "M": "：", "N": ":", "O": "2", "P": "²",
    "Q": "f", "R": "e", "S": "\u0301", "T": "𠮷",
}  # fmt: skip


def chinese(*placed: str, pages: int = 1) -> bytes:
    """Pages with text operators in a font in which LETTERS stand for those characters."""
    rows = "\n".join(
        f"<{ord(letter):02X}> <{character.encode('utf-16-be').hex()}>"
        for letter, character in LETTERS.items()
    )
    to_unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def "
        "/CMapType 2 def 1 begincodespacerange <00> <FF> endcodespacerange "
        f"{len(LETTERS)} beginbfchar\n{rows}\nendbfchar endcmap end end"
    )
    widths = " ".join(["1000"] * 256)
    font = (
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R/FirstChar 0/LastChar 255"
        f"/Widths[{widths}]>>"
    )
    content = " ".join(f"BT /F 12 Tf {text} ET" for text in placed)
    return many_pages([A4] * pages, content, font=font, more={6: stream(to_unicode.encode())})


def at(x: float, y: float, operators: str) -> str:
    return f"1 0 0 1 {x} {y} Tm {operators}"


def middles(document: bytes, keyword: str, occurrence: object = "all") -> list[tuple[int, int]]:
    """The middles of the stamps beside the keyword, in user space units from the lower left."""
    placement = BesideKeyword(keyword=keyword, occurrence=occurrence)  # type: ignore[arg-type]
    return [
        (
            round((stamp.left_mm + 5) * UNITS_PER_MM),
            round(842 - (stamp.top_mm + 5) * UNITS_PER_MM),
        )
        for stamp in stamps_of(SEAL.prepare(document, placement))
    ]


@pytest.mark.parametrize(
    "operators",
    [
        "(ABCD) Tj",
        "(AB) Tj (CD) Tj",
        "[(A) -600 (B) -600 (C) -600 (D)] TJ",
        "9 Tc (ABCD) Tj 0 Tc",
        "(AB) Tj 1 0 0 1 160 500 Tm (CD) Tj",
        "(A B  C D) Tj",
        "(A) Tj ET BT /F 12 Tf 1 0 0 1 112 500 Tm (BCD) Tj",
    ],
    ids=["one run", "two runs", "kerned", "letter-spaced", "gap", "spaces", "two text objects"],
)
def test_a_chinese_keyword_is_found_however_it_is_set(operators: str) -> None:
    ((x, y),) = middles(chinese(at(100, 500, operators)), "收货单位")
    assert y == pytest.approx(505, abs=5)
    assert 140 < x < 220


def test_a_chinese_keyword_is_found_across_a_line_end() -> None:
    document = chinese(at(400, 500, "(LAB) Tj"), at(100, 480, "(CDE) Tj"))
    ((x, y),) = middles(document, "收货单位")
    assert (x, y) == (pytest.approx(124, abs=4), pytest.approx(485, abs=5))


@pytest.mark.parametrize(
    ("set_", "keyword"),
    [
        ("GAB", "(收货"),
        ("HAB", "（收货"),
        ("IJ", "No"),
        ("IJ", "Ｎｏ"),
        ("K", "一"),
        ("EFM", "签章:"),
        ("EFN", "签章："),
        ("ABCD", "收货 单位"),
        ("AB CD", "收货单位"),
        ("QRS", "fé"),
        ("ATB", "收𠮷货"),
        ("TTAB", "收货"),
        ("ABCD", " 收货单位 "),
    ],
)
def test_width_and_spaces_do_not_matter(set_: str, keyword: str) -> None:
    assert len(middles(chinese(at(100, 500, f"({set_}) Tj")), keyword)) == 1


@pytest.mark.parametrize(
    ("text", "keyword", "times"),
    [
        ("the sea lies there", "seal", 0),
        ("the sea\r\nlies there", "seal", 0),
        ("put s e a l here", "seal", 1),
        ("put s e al here", "seal", 0),
        ("Received  here", "Received here", 1),
        ("Received\r\nhere", "Received here", 1),
        ("Receivedhere", "Received here", 0),
        ("R e c e i v e d   h e r e", "Received here", 1),
        ("seal", "Seal", 0),
        ("x²", "x2", 0),
        ("第①条", "第1条", 0),
        ("3. 5 t", "3.5", 0),
        ("日期 ： 2026", "日期:2026", 1),
        ("收\u200b货", "收货", 1),
        ("收\u3000货", "收货", 1),
        ("ﬁx", "fix", 1),
        ("收货收货收货", "收货", 3),
    ],
)
def test_what_counts_as_the_keyword(text: str, keyword: str, times: int) -> None:
    pattern = keyword_pattern(keyword)
    assert pattern is not None
    assert len(pattern.findall(folded(text))) == times


@pytest.mark.parametrize("keyword", ["", " ", "\u3000", "\u200b"])
def test_nothing_is_no_keyword(keyword: str) -> None:
    assert keyword_pattern(keyword) is None


def test_every_character_is_found_as_itself() -> None:
    for code in range(0x21, 0x3000):
        character = chr(code)
        pattern = keyword_pattern(character)
        if pattern is not None:
            assert pattern.search(folded(f"x{unicodedata.normalize('NFC', character)}x")), hex(code)


def test_a_keyword_with_marks_of_regular_expressions_is_taken_literally() -> None:
    pattern = keyword_pattern("a.*(b)")
    assert pattern is not None
    assert re.search(pattern, folded("a.*(b)"))
    assert not re.search(pattern, folded("axxb"))


def test_every_occurrence_gets_its_stamp_on_every_page() -> None:
    document = chinese(at(100, 500, "(EF) Tj"), at(300, 300, "(E F) Tj"), pages=3)
    placement = BesideKeyword(keyword="签章", occurrence="all")
    prepared = SEAL.prepare(document, placement)
    stamps = stamps_of(prepared)
    assert [stamp.page for stamp in stamps] == [1, 1, 2, 2, 3, 3]
    sealed = SEAL.seal(document, placement)
    assert_sealed(sealed)
    assert_differs_only_inside(document, sealed, stamps)


@pytest.mark.parametrize(("occurrence", "page"), [("first", 1), (2, 1), (3, 2), ("last", 3)])
def test_one_occurrence_of_many_is_chosen(occurrence: object, page: int) -> None:
    document = chinese(at(100, 500, "(EF) Tj"), at(300, 300, "(EF) Tj"), pages=3)
    placement = BesideKeyword(keyword="签章", occurrence=occurrence)  # type: ignore[arg-type]
    (stamp,) = stamps_of(SEAL.prepare(document, placement))
    assert stamp.page == page


def test_what_was_looked_for_and_where_is_told() -> None:
    document = chinese(at(100, 500, "(ABCD EF) Tj"), pages=2)
    with pytest.raises(KeywordNotFoundProblem) as caught:
        SEAL.prepare(document, BesideKeyword(keyword="甲方", occurrence="last"))
    assert caught.value.detail == (
        "looked for occurrence 'last' of '甲方' in the text of every page "
        "(page 1: 6 characters, page 2: 6 characters); found it 0 times"
    )


def test_of_many_pages_the_sum_is_told() -> None:
    document = chinese(at(100, 500, "(EF) Tj"), pages=30)
    with pytest.raises(KeywordNotFoundProblem, match="and 20 more with 40 characters"):
        SEAL.prepare(document, BesideKeyword(keyword="甲方"))


def scanned(pages: int, *, media_box: tuple[int, ...] | None = None) -> bytes:
    """A4 scanned at 300 dpi: a picture a page, no text."""
    picture = Image.new("L", (2480, 3508), 235)
    written = io.BytesIO()
    picture.save(written, "JPEG")
    pdf = pikepdf.new()
    width, height = (media_box[2], media_box[3]) if media_box else (595, 842)
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(width, height))
        image = pdf.make_stream(
            written.getvalue(),
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=2480, Height=3508,
            ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode,
        )  # fmt: skip
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=image))
        page.Contents = pdf.make_stream(f"q {width} 0 0 {height} 0 0 cm /Im Do Q".encode())
        if media_box:
            page.MediaBox = pikepdf.Array(media_box)
    data = io.BytesIO()
    pdf.save(data)
    return data.getvalue()


def test_a_scan_is_called_a_scan() -> None:
    with pytest.raises(
        KeywordNotFoundProblem, match=r"\(page 1: 0 characters\).*page 1 is a scan without text"
    ):
        SEAL.prepare(scanned(1), BesideKeyword(keyword="签章"))
    with pytest.raises(KeywordNotFoundProblem, match=r"pages 1, 2, 3 are scans without text"):
        SEAL.prepare(scanned(3), BesideKeyword(keyword="签章", occurrence="last"))


def test_an_empty_page_is_no_scan() -> None:
    with pytest.raises(KeywordNotFoundProblem) as caught:
        SEAL.prepare(many_pages([A4]), BesideKeyword(keyword="签章"))
    assert "scan" not in caught.value.detail


def test_what_stands_outside_the_page_is_told() -> None:
    document = many_pages([f"{A4}/CropBox[0 0 595 400]"], "BT /F 12 Tf 100 700 Td (Seal) Tj ET")
    with pytest.raises(KeywordNotFoundProblem, match="1 times it stands outside the visible page"):
        SEAL.prepare(document, BesideKeyword(keyword="Seal"))


def test_a_keyword_of_a_real_receipt_is_found_in_every_receipt_that_has_it() -> None:
    document = receipt("reportlab-a4-ascii85")
    assert stamps_of(SEAL.prepare(document, BesideKeyword(keyword="收 货 人签章")))


def test_too_many_stamps_are_refused() -> None:
    everywhere = OnPages(pages="all", left_mm=1, top_mm=1)
    with pytest.raises(PlacementProblem, match="more than 10000 stamps"):
        SEAL.prepare(many_pages([A4] * 600), Several(placements=(everywhere,) * 20))
