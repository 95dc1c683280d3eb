"""Rendered before and after, the committed documents differ inside of the stamps' boxes alone."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw

from gateway.documents.model import StampPosition
from policies.model import AcrossPages, OnPage, OnPages, Placement, Several
from tests.document_fixtures import preparation, rendered, soft_seal
from tests.unit.documents.looking import UNITS_PER_MM, assert_differs_only_inside, stamps_of
from tests.vectors.catalogue import SIGNED, VECTORS, Vector

CORNER = OnPage(page=1, left_mm=8.5, top_mm=31)
CORNERS = OnPages(pages="odd,last", left_mm=8.5, top_mm=31)
ACROSS = Several(
    placements=(
        OnPage(page=1, left_mm=30, top_mm=30),
        AcrossPages(edge="right", pages="all", max_pages_per_seal=5),
    )
)
POSTER = "user-unit-3"
# Renderers draw a poster's units as small as others.
UNITS_OF = {POSTER: 3}
# An earlier signature permits one stamp; the helper that looks knows units of 1/72 inch only.
OF_THE_USUAL_KIND = [vector for vector in VECTORS if vector.name not in {SIGNED, POSTER}]
BORDER = 2
BY_NAME = {vector.name: vector for vector in VECTORS}
FOR_POPPLER = (
    "mixed-sizes",
    "scan-300-dpi-fax",
    "scan-300-dpi-grey",
    "form-fields",
    "chinese-embedded",
    "forms-and-soft-masks",
    "deep-page-tree",
    POSTER,
    SIGNED,
)


def sealed(document: bytes, placement: Placement) -> tuple[bytes, list[StampPosition]]:
    seal = soft_seal()
    press = seal.press()
    prepared = press.prepare(document, preparation(placement))
    return seal.finish(document, prepared, press.containers), stamps_of(prepared)


@pytest.mark.parametrize("placement", [CORNERS, ACROSS], ids=["corners", "across"])
@pytest.mark.parametrize("vector", OF_THE_USUAL_KIND, ids=lambda vector: vector.name)
def test_pdfium_shows_a_change_in_the_stamps_boxes_alone(
    vector: Vector, placement: Placement
) -> None:
    after, stamps = sealed(vector.document, placement)
    assert_differs_only_inside(vector.document, after, stamps)


def test_an_earlier_stamp_and_all_else_stay_as_they_were() -> None:
    document = BY_NAME[SIGNED].document
    after, stamps = sealed(document, CORNER)
    assert_differs_only_inside(document, after, stamps)


def test_on_a_poster_a_millimetre_is_a_millimetre() -> None:
    document = BY_NAME[POSTER].document
    after, stamps = sealed(document, CORNERS)
    before_and_after = rendered(document, scale=1), rendered(after, scale=1)
    assert_alike_but_for(*before_and_after, stamps, dots_per_mm=UNITS_PER_MM / UNITS_OF[POSTER])


@pytest.mark.parametrize("name", FOR_POPPLER)
def test_poppler_shows_a_change_in_the_stamps_boxes_alone(name: str, tmp_path: Path) -> None:
    document = BY_NAME[name].document
    after, stamps = sealed(document, CORNER if name == SIGNED else CORNERS)
    pages = zip(
        drawn_by_poppler(document, tmp_path / "before"),
        drawn_by_poppler(after, tmp_path / "after"),
        strict=True,
    )
    for number, (one, other) in enumerate(pages, 1):
        here = [stamp for stamp in stamps if stamp.page == number]
        assert_alike_but_for(one, other, here, dots_per_mm=UNITS_PER_MM / UNITS_OF.get(name, 1))


def drawn_by_poppler(document: bytes, folder: Path) -> list[Image.Image]:
    """Every page, a user space unit to a dot."""
    folder.mkdir()
    file = folder / "document.pdf"
    file.write_bytes(document)
    subprocess.run(
        ["pdftoppm", "-cropbox", "-r", "72", "-png", file, folder / "page"],
        check=True,
        capture_output=True,
    )
    return [Image.open(path).convert("RGB") for path in sorted(folder.glob("page*.png"))]


def assert_alike_but_for(
    one: Image.Image, other: Image.Image, stamps: Sequence[StampPosition], *, dots_per_mm: float
) -> None:
    changed = ImageChops.difference(one, other).convert("L")
    pen = ImageDraw.Draw(changed)
    for stamp in stamps:
        left, top = stamp.left_mm * dots_per_mm, stamp.top_mm * dots_per_mm
        right, bottom = left + stamp.width_mm * dots_per_mm, top + stamp.height_mm * dots_per_mm
        box = changed.crop((round(left), round(top), round(right), round(bottom)))
        assert box.getbbox() is not None, f"no stamp on page {stamp.page}"
        pen.rectangle((left - BORDER, top - BORDER, right + BORDER, bottom + BORDER), 0)
    assert changed.getbbox() is None, f"changed at {changed.getbbox()}"
