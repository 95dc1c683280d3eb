"""Documents that carry our signatures: read, proved and signed again by the lean way alone."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gateway.documents.errors import DocumentProblem
from gateway.documents.inspection.inspecting import inspect
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.reading import read
from gateway.documents.pyhanko.earlier import refuse_if_it_breaks
from gateway.documents.pyhanko.reading import open_pdf
from gateway.seals.model import Picture
from policies.model import Invisible, OnPage, OnPages, Placement
from tests.differential.drawing import DRAWN
from tests.differential.test_clean import held_to_the_inspection, proved
from tests.differential.test_two_ways import SEALS, WAYS, compare
from tests.document_fixtures import contracts, preparation, receipts, soft_seal
from tests.hostile.signing_updates import SigningUpdate, of_more
from tests.unit.documents.drafts import (
    A4,
    CATALOG,
    FONT,
    draft,
    many_pages,
    one_page,
    stream,
)

FIRST = OnPage(page=1, left_mm=20, top_mm=20)
LAST = OnPage(page="last", left_mm=5, top_mm=5)
PLACED = {"stamped": FIRST, "invisible": Invisible(), "on the last page": LAST}
PAPERS = [*contracts(), *receipts()]
TEXT = "BT /F 30 Tf 80 700 Td (1,000,000) Tj ET"
ODD_FOR_THE_VALIDATOR = ("fpdf2-a4-xmp-107",)
"""pyHanko's validator takes its metadata for changed, whoever signs again; nothing changed it."""
EVERY_PAPER = pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.stem)


def signed(
    document: bytes, placement: Placement = FIRST, *, times: int = 1, begin: int = 0
) -> bytes:
    """By the lean way where it can be."""
    for number in range(begin, begin + times):
        document = SEALS["approval"].seal(document, placement, document_id=f"E{number}")
    return document


@cache
def page_signed(times: int = 1) -> bytes:
    return signed(one_page(TEXT), times=times)


@cache
def more_than_signing() -> dict[str, Callable[[], bytes]]:
    return of_more(SigningUpdate(page_signed()))


@EVERY_PAPER
def test_what_is_proved_of_a_signed_paper_is_what_the_inspection_finds(paper: Path) -> None:
    held_to_the_inspection(signed(paper.read_bytes()))


@pytest.mark.parametrize("contract", contracts(), ids=lambda path: path.stem)
@pytest.mark.parametrize("placed", PLACED)
def test_what_is_proved_of_a_contract_of_two_is_what_the_inspection_finds(
    contract: Path, placed: str
) -> None:
    once = signed(contract.read_bytes(), PLACED[placed])
    held_to_the_inspection(once)
    held_to_the_inspection(signed(once, LAST, begin=1))


@pytest.mark.parametrize("contract", contracts(), ids=lambda path: path.stem)
def test_a_contract_goes_round_the_lean_way_alone(contract: Path) -> None:
    document = contract.read_bytes()
    for number in range(4):
        prepared = SEALS["approval"].prepare(document, LAST, document_id=f"E{number}")
        assert prepared.doubt is None
        assert prepared.facts.signatures == number
        assert prepared.facts.revisions == number + 1
        assert proved(document, look_under=True) is not None
        document = SEALS["approval"].seal(document, LAST, document_id=f"E{number}")


@EVERY_PAPER
def test_a_paper_is_signed_again_alike(paper: Path, tmp_path: Path) -> None:
    if is_signed_again_without_pyhanko(paper):
        once, are_valid = signed(paper.read_bytes()), paper.stem not in ODD_FOR_THE_VALIDATOR
        compare(once, LAST, WAYS["approval"], tmp_path, are_valid=are_valid)


def test_most_papers_are_signed_again_without_pyhanko() -> None:
    assert sum(is_signed_again_without_pyhanko(paper) for paper in PAPERS) >= 70


def is_signed_again_without_pyhanko(paper: Path) -> bool:
    once = signed(paper.read_bytes())
    try:
        WAYS["approval"].lean.prepare(read(once), preparation(LAST))
    except InDoubtError:
        return False
    return True


def test_a_list_of_annotations_that_pyhanko_cannot_compare_goes_the_second_way() -> None:
    link = "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://a.example)>>>>"
    document = signed(one_page(TEXT, page=f"{A4}/Annots[{link}]"))
    with pytest.raises(InDoubtError):
        WAYS["approval"].lean.prepare(read(document), preparation(LAST))


@pytest.mark.parametrize("placed", PLACED)
def test_a_document_that_two_have_signed_is_signed_alike(placed: str, tmp_path: Path) -> None:
    compare(page_signed(times=2), PLACED[placed], WAYS["approval"], tmp_path)


def test_a_stamp_that_is_a_picture_is_known_again() -> None:
    picture = io.BytesIO()
    Image.new("RGBA", (40, 40), (255, 0, 0, 128)).save(picture, "PNG")
    seal = soft_seal(stamp=Picture(kind="png", data=picture.getvalue(), width_mm=20))
    document = seal.seal(one_page(TEXT), FIRST, document_id="E0")
    assert read(document).facts.signatures == 1
    held_to_the_inspection(document)


def test_a_stamp_over_text_is_found_without_the_inspection() -> None:
    document = signed(one_page(TEXT), OnPage(page=1, left_mm=30, top_mm=45))
    found = proved(document, look_under=True)
    assert found is not None
    assert "stamp-over-text" in [each.rule for each in found]
    held_to_the_inspection(document)


def test_a_stamp_that_shows_on_another_page_too_is_the_inspections_to_find() -> None:
    """Pages that have one list of annotations show one another's stamps."""
    listed = f"/Type/Page/Parent 2 0 R/Resources<</Font<</F 4 0 R>>>>{A4}/Annots 9 0 R"
    pages: dict[int, str | bytes] = {
        1: CATALOG,
        2: "<</Type/Pages/Kids[3 0 R 6 0 R]/Count 2>>",
        3: f"<<{listed}>>",
        4: FONT,
        5: stream(TEXT.encode()),
        6: f"<<{listed}/Contents 5 0 R>>",
        9: "[]",
    }
    document = signed(draft(pages), OnPage(page=1, left_mm=30, top_mm=45))
    assert "stamp-over-text" in [each.rule for each in inspect(document)]
    held_to_the_inspection(document)
    with pytest.raises(InDoubtError):
        read(document)


def test_a_list_of_annotations_that_is_one_pages_own_is_known() -> None:
    document = signed(one_page(TEXT, page=f"{A4}/Annots 9 0 R", more={9: "[]"}), times=2)
    assert read(document).facts.signatures == 2
    held_to_the_inspection(document)


@pytest.mark.parametrize("placed", PLACED)
def test_the_second_way_takes_our_update_for_nothing_but_a_signature(placed: str) -> None:
    once = page_signed()
    twice = signed(once, PLACED[placed], begin=1)
    assert read(once).stamps
    refuse_if_it_breaks(open_pdf(once), twice)


@pytest.mark.parametrize(
    ("seal", "placement"),
    [("certification", FIRST), ("approval", OnPages(pages="all", left_mm=5, top_mm=5))],
)
def test_what_an_earlier_signature_may_forbid_is_pyhankos_to_judge(
    seal: str, placement: Placement
) -> None:
    document = signed(many_pages((A4, A4)))
    lean = WAYS[seal].lean
    with pytest.raises(InDoubtError):
        lean.prepare(read(document), preparation(placement))


def test_a_name_that_a_field_has_is_not_given_twice_by_the_lean_way() -> None:
    wanted = preparation(FIRST, document_id="E0")
    with pytest.raises(InDoubtError):
        WAYS["approval"].lean.prepare(read(page_signed()), wanted)


def test_an_update_that_is_put_together_again_is_known() -> None:
    update = SigningUpdate(page_signed())
    document = update.written(update.bodies)
    assert read(document).facts.signatures == 1
    held_to_the_inspection(document)


@pytest.mark.parametrize("name", more_than_signing())
def test_an_update_that_does_more_goes_the_second_way(name: str) -> None:
    document = more_than_signing()[name]()
    with pytest.raises(InDoubtError):
        read(document)


def test_a_container_that_cannot_be_read_goes_the_second_way() -> None:
    document = page_signed()
    at = document.index(b"/Contents <") + len(b"/Contents <")
    with pytest.raises(InDoubtError):
        read(document[:at] + b"ff" + document[at + 2 :])


def test_more_signatures_than_are_usual_go_the_second_way() -> None:
    assert read(page_signed(times=8)).facts.signatures == 8
    with pytest.raises(InDoubtError):
        read(page_signed(times=9))


@DRAWN
@given(st.data())
def test_with_bytes_of_an_update_turned_over_nothing_is_proved_or_sealed_alone(
    data: st.DataObject,
) -> None:
    whole = page_signed(times=data.draw(st.integers(1, 2)))
    document = bytearray(whole)
    first = whole.index(b"%%EOF")
    for _ in range(data.draw(st.integers(1, 3))):
        document[data.draw(st.integers(first, len(document) - 1))] = data.draw(st.integers(0, 255))
    held_to_the_inspection(bytes(document))
    ways, wanted = WAYS["approval"], preparation(LAST)
    try:
        one = ways.lean.prepare(read(bytes(document)), wanted)
    except (InDoubtError, DocumentProblem):
        return
    other = ways.second.prepare(bytes(document), wanted)
    assert one.facts == other.facts
    assert one.stamps == other.stamps
    assert inspect(bytes(document)) == inspect(whole)


def test_earlier_signatures_are_told_of_whoever_reads() -> None:
    press = SEALS["approval"].press()
    wanted = msgspec.structs.replace(preparation(LAST), ask=frozenset({"earlier", "text"}))
    prepared = press.prepare(page_signed(), wanted)
    assert prepared.doubt is None
    (earlier,) = prepared.facts.content.earlier
    assert (earlier.field, earlier.intact) == ("Seal-E0", True)
