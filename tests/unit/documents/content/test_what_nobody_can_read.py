"""A sum can be shown without being text; what shows it so is counted."""

import pytest

from tests.document_fixtures import receipt
from tests.receipts.drawn import good
from tests.receipts.paper import Run, paper
from tests.unit.documents.content.asked import content_of
from tests.unit.documents.drafts import A4, one_page, stream

TRUE = "BT /F 12 Tf 100 600 Td (CNY 1280.00) Tj ET"
_SUM = b"BT /F 12 Tf 10 10 Td (CNY 9280.00) Tj ET"
_RESOURCES = "/Resources<</Font<</F 4 0 R>>>>"
_SEVEN_SEGMENTS = "1 w 100 700 m 106 700 l S 100 700 m 100 706 l S 100 706 m 106 706 l S"


def pictures(document: bytes) -> int | None:
    content = content_of(document, "pictures")
    return content.pictures if "pictures" in content.asked else None


def page_with(resources: str, content: str, **streams: bytes) -> bytes:
    page = (
        f"<</Type/Page/Parent 2 0 R{A4}/Contents 5 0 R/Resources<</Font<</F 4 0 R>>{resources}>>>>"
    )
    more = {10 + index: each for index, each in enumerate(streams.values())}
    return one_page(f"{content} {TRUE}", more={3: page, **more})


SHOWN = {
    "an image": one_page(f"q 200 0 0 30 90 690 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x01 EI Q {TRUE}"),
    "outlines": one_page(f"100 700 m 110 700 120 710 120 720 c f {TRUE}"),
    "slanted strokes": one_page(f"100 700 m 130 760 l S {TRUE}"),
    "seven segments": one_page(f"{_SEVEN_SEGMENTS} {TRUE}"),
    "seven segments in one path": one_page(f"100 700 m 106 700 l 106 706 l S {TRUE}"),
    "large ones made small": one_page(f"q .05 0 0 .05 90 690 cm 0 0 m 200 0 l S Q {TRUE}"),
    "a pattern": page_with(
        "/Pattern<</P 10 0 R>>",
        "/Pattern cs /P scn 100 700 200 50 re f 0 g",
        pattern=stream(
            _SUM,
            "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 200 50]"
            f"/XStep 200/YStep 50{_RESOURCES}",
        ),
    ),
    "text in a pattern": page_with(
        "/Pattern<</P 10 0 R>>",
        "/Pattern cs /P scn BT /F 90 Tf 100 700 Td (MMM) Tj ET 0 g",
        pattern=stream(
            _SUM,
            "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 200 50]"
            f"/XStep 200/YStep 50{_RESOURCES}",
        ),
    ),
    "a mask": page_with(
        "/ExtGState<</G <</SMask<</S/Luminosity/G 10 0 R>>>>>>",
        "q /G gs 0 g 90 690 200 50 re f Q",
        mask=stream(
            b"1 g " + _SUM,
            "/Type/XObject/Subtype/Form/Group<</S/Transparency/CS/DeviceGray>>"
            f"/BBox[0 0 595 842]{_RESOURCES}",
        ),
    ),
    "strokes in a form that is drawn small": page_with(
        "/XObject<</X 10 0 R>>",
        "q .05 0 0 .05 90 690 cm /X Do Q",
        form=stream(b"0 0 m 200 0 l S", "/Type/XObject/Subtype/Form/BBox[0 0 595 842]"),
    ),
}


@pytest.mark.parametrize("document", SHOWN.values(), ids=SHOWN.keys())
def test_what_may_show_a_sum_without_text_counts(document: bytes) -> None:
    count = pictures(document)
    assert count is not None
    assert count >= 1


def test_text_and_the_lines_and_areas_of_a_form_do_not_count() -> None:
    form = "0.9 g 50 650 400 60 re f 0 G 0.5 w 50 650 400 60 re S 50 680 m 450 680 l S 0 g"
    assert pictures(one_page(f"{form} {TRUE}")) == 0
    assert [pictures(each.document) for each in good(3)] == [0, 0, 0]


def test_pictures_of_all_pages_and_of_notes_count() -> None:
    assert pictures(paper([Run("¥1.00", 20, 20)], [Run("¥1.00", 20, 20)], before=_CURVE)) == 2
    note = stream(b"0 0 m 10 0 20 10 20 20 c f", "/Type/XObject/Subtype/Form/BBox[0 0 200 20]")
    document = one_page(
        TRUE,
        page=f"{A4}/Annots[6 0 R]",
        more={
            6: "<</Type/Annot/Subtype/Stamp/F 4/Rect[100 695 300 715]/AP<</N 7 0 R>>>>",
            7: note,
        },
    )
    assert pictures(document) == 1


def test_the_pictures_of_a_scan_count() -> None:
    assert pictures(receipt("scan-a4-851")) == 1


_CURVE = "100 700 m 110 700 120 710 120 720 c f"
