"""What would keep a reader busy for ever is told from what would not."""

from collections.abc import Callable

import pytest

from gateway.documents.errors import DocumentTooDemandingProblem
from gateway.documents.inspection.inspecting import inspect
from tests.hostile.oddities_of_drawings import oddities_of_drawings
from tests.unit.documents.drafts import A4, CATALOG, FONT, PAGES, draft, one_page, stream, updated

FORM = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
COVERED = (
    b"BT /F 9 Tf 9 9 Td (ab) Tj ET q 99 0 0 99 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q "
)


def drawing(resources: str, content: bytes, more: dict[int, str | bytes]) -> bytes:
    page = f"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 4 0 R>>{resources}>>"
    objects: dict[int, str | bytes] = {
        1: CATALOG,
        2: PAGES,
        3: f"{page}/Contents 5 0 R{A4}>>",
        4: FONT,
        5: stream(content),
    }
    return draft({**objects, **more})


def laughs(times: int) -> bytes:
    """Seven forms, each of which draws the next so many times."""
    forms: dict[int, str | bytes] = {
        number: stream(b"/P Do " * times, f"{FORM}/Resources<</XObject<</P {number + 1} 0 R>>>>")
        for number in range(6, 13)
    }
    return drawing("/XObject<</P 6 0 R>>", b"/P Do", {**forms, 13: stream(b"0 0 m S" * 99, FORM)})


def tiled(pattern: str, more: dict[int, str | bytes] | None = None) -> bytes:
    content = COVERED + b"/Pattern cs /P scn 0 0 500 500 re f"
    tile = stream(
        b"0 0 1 1 re f", f"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]{pattern}"
    )
    return drawing("/Pattern<</P 6 0 R>>", content, {6: tile, **(more or {})})


@pytest.mark.parametrize(
    "make", [oddities_of_drawings()["a form draws itself"], lambda: laughs(20)], ids=["self", "fan"]
)
def test_forms_that_draw_one_another_without_end_are_too_demanding(
    make: Callable[[], bytes],
) -> None:
    with pytest.raises(DocumentTooDemandingProblem, match="draw one another in a circle"):
        inspect(make())


def test_forms_that_draw_one_another_a_few_times_are_fine() -> None:
    assert inspect(laughs(2)) == ()


def test_a_form_that_shares_resources_that_name_it_is_fine() -> None:
    form = stream(b"0 0 9 9 re f", f"{FORM}/Resources 7 0 R")
    shared = "<</XObject<</P 6 0 R>>>>"
    assert inspect(drawing("/XObject<</P 6 0 R>>", b"/P Do", {6: form, 7: shared})) == ()


@pytest.mark.parametrize(
    "pattern",
    [
        "/XStep 0.001/YStep 0.001",
        "/XStep 0/YStep 9",
        "/XStep 9/YStep 9/Matrix[0.0001 0 0 0.0001 0 0]",
        "/XStep 9/YStep 9/Matrix[1 0 0]",
        "/XStep(x)/YStep 9",
        "/XStep 9/YStep 9/Resources<</Pattern<</P 6 0 R>>>>",
    ],
)
def test_patterns_of_endless_tiles_are_not_drawn(pattern: str) -> None:
    (finding,) = inspect(tiled(pattern))
    assert (finding.rule, finding.detail[:25]) == ("limits", "text lies under a picture")


def test_an_ordinary_pattern_is_drawn() -> None:
    assert [each.rule for each in inspect(tiled("/XStep 9/YStep 9"))] == ["covered-content"]


def test_a_document_of_five_hundred_revisions_is_not_even_looked_at() -> None:
    document = one_page("x")
    for number in range(501):
        document = updated(document, {9: str(number)})
    with pytest.raises(DocumentTooDemandingProblem, match="it has 502 revisions"):
        inspect(document)
