"""The example receipts are what their lists say, and every reader can open them."""

from pathlib import Path

import msgspec
import pypdfium2
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
PERMITTED, REFUSED = EXAMPLES / "receipts", EXAMPLES / "refused"
FILES = sorted([*PERMITTED.glob("*.pdf"), *REFUSED.glob("*.pdf")])
LIMIT_CENTS = 4_000_000


class Attributes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    amount_cents: int
    consignee: str
    carrier: str


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file: str
    document_type: str
    business_number: str
    attributes: Attributes
    placement: dict[str, str | int] | None = None


def lines(folder: Path) -> list[Line]:
    text = (folder / "receipts.jsonl").read_bytes()
    return [msgspec.json.decode(line, type=Line) for line in text.splitlines()]


@pytest.mark.parametrize("folder", [PERMITTED, REFUSED], ids=lambda folder: folder.name)
def test_each_file_has_one_line_and_each_line_one_file(folder: Path) -> None:
    named = [line.file for line in lines(folder)]
    assert sorted(named) == sorted(path.name for path in folder.glob("*.pdf"))


def test_there_are_sixty_six_receipts_by_eight_producers_or_more() -> None:
    files = [line.file for line in lines(PERMITTED)]
    producers = {name.split("-")[0] for name in files if name.isascii()}
    assert len(files) >= 66
    assert len(producers) >= 8


def test_no_two_receipts_share_a_business_number() -> None:
    numbers = [line.business_number for line in [*lines(PERMITTED), *lines(REFUSED)]]
    assert len(set(numbers)) == len(numbers)


def test_the_permitted_are_within_the_limit_and_the_refused_beyond_it() -> None:
    assert all(0 < line.attributes.amount_cents <= LIMIT_CENTS for line in lines(PERMITTED))
    assert {line.attributes.amount_cents for line in lines(REFUSED)} == {9_000_000}
    both = [*lines(PERMITTED), *lines(REFUSED)]
    assert {line.document_type for line in both} == {"logistics-receipt"}
    assert all(line.attributes.consignee and line.attributes.carrier for line in both)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_receipt_is_a_small_pdf_that_opens(path: Path) -> None:
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert len(data) <= 250_000
    with pypdfium2.PdfDocument(data) as document:
        assert 1 <= len(document) <= 3


def test_all_receipts_but_the_scans_carry_their_number_and_the_words_beside_the_seal() -> None:
    for line in lines(PERMITTED):
        if line.file.startswith("scan-"):
            continue
        text = text_of(PERMITTED / line.file)
        assert line.business_number in text, line.file
        assert "收货单位" in text or "收貨單位" in text, line.file


def text_of(path: Path) -> str:
    """The text of all pages, without the spaces and line breaks that readers put in."""
    with pypdfium2.PdfDocument(path) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return "".join("".join(pages).split())


def test_the_folder_stays_small() -> None:
    assert sum(path.stat().st_size for path in PERMITTED.iterdir()) < 4_500_000
