"""Millimetres on the page that a reader sees, and user space: there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.placing.geometry import POINTS_PER_MM, Area, PageGeometry, Rectangle

ROTATIONS = (0, 90, 180, 270)
ORIGINS = st.floats(-5000, 5000)
SIDES = st.floats(10, 5000)


@st.composite
def pages(draw: st.DrawFn) -> PageGeometry:
    x0, y0 = draw(ORIGINS), draw(ORIGINS)
    return PageGeometry(
        box=Rectangle(x0, y0, x0 + draw(SIDES), y0 + draw(SIDES)),
        rotation=draw(st.sampled_from(ROTATIONS)),
        user_unit=draw(st.floats(0.1, 20)),
    )


@st.composite
def areas_on(draw: st.DrawFn, page: PageGeometry) -> Area:
    def part() -> float:
        return draw(st.floats(0, 1))

    left, top = part() * page.width_mm, part() * page.height_mm
    return Area(left, top, part() * (page.width_mm - left), part() * (page.height_mm - top))


@given(st.data(), pages())
def test_an_area_goes_to_user_space_and_back(data: st.DataObject, page: PageGeometry) -> None:
    area = data.draw(areas_on(page))
    back = page.to_area(page.to_user_space(area))
    assert back.left_mm == pytest.approx(area.left_mm, abs=1e-6)
    assert back.top_mm == pytest.approx(area.top_mm, abs=1e-6)
    assert back.width_mm == pytest.approx(area.width_mm, abs=1e-6)
    assert back.height_mm == pytest.approx(area.height_mm, abs=1e-6)


def test_an_edge_of_the_page_is_on_the_page() -> None:
    page = PageGeometry(box=Rectangle(0.0, 0.0, 10.0, 10.0), rotation=0, user_unit=18.75)
    assert page.shows(page.to_user_space(Area(0.0, page.height_mm, 0.0, 0.0)))


@given(st.data(), pages())
def test_an_area_on_the_page_lies_in_the_box(data: st.DataObject, page: PageGeometry) -> None:
    area = data.draw(areas_on(page))
    box = page.to_user_space(area)
    assert page.holds(area)
    assert page.shows(box)
    assert page.box.x0 - 1e-6 <= box.x0 <= box.x1 <= page.box.x1 + 1e-6
    assert page.box.y0 - 1e-6 <= box.y0 <= box.y1 <= page.box.y1 + 1e-6


@given(pages(), st.floats(1, 100), st.floats(1, 100))
def test_millimetres_are_true_whatever_the_rotation(
    page: PageGeometry, width: float, height: float
) -> None:
    box = page.to_user_space(Area(0, 0, width, height))
    sides = (box.x1 - box.x0, box.y1 - box.y0)
    across, down = sides if page.rotation in (0, 180) else reversed(sides)
    # One user space unit is 1/72 inch times /UserUnit (ISO 32000-2 §8.3.2.3).
    assert across * page.user_unit / 72 * 25.4 == pytest.approx(width, abs=1e-6)
    assert down * page.user_unit / 72 * 25.4 == pytest.approx(height, abs=1e-6)


@given(pages())
def test_the_whole_page_is_the_whole_box(page: PageGeometry) -> None:
    box = page.to_user_space(Area(0, 0, page.width_mm, page.height_mm))
    for is_, wanted in zip(
        (box.x0, box.y0, box.x1, box.y1),
        (page.box.x0, page.box.y0, page.box.x1, page.box.y1),
        strict=True,
    ):
        assert is_ == pytest.approx(wanted, abs=1e-6)


@given(st.data(), pages(), st.sampled_from(["left", "top", "right", "bottom"]))
def test_an_area_past_an_edge_is_not_held(
    data: st.DataObject, page: PageGeometry, edge: str
) -> None:
    past = data.draw(st.floats(0.1, 100))
    left = {"left": -past, "right": page.width_mm - 1 + past}.get(edge, 0)
    top = {"top": -past, "bottom": page.height_mm - 1 + past}.get(edge, 0)
    assert not page.holds(Area(left, top, 1, 1))


@pytest.mark.parametrize(
    ("rotation", "corner"), [(0, (0, 100)), (90, (0, 0)), (180, (200, 0)), (270, (200, 100))]
)
def test_the_top_left_corner_is_the_one_that_a_reader_sees(
    rotation: int, corner: tuple[int, int]
) -> None:
    # §7.7.3.3: shown turned clockwise, so at 90 the lower left corner comes to the top left.
    page = PageGeometry(box=Rectangle(0, 0, 200, 100), rotation=rotation, user_unit=1)  # type: ignore[arg-type]
    box = page.to_user_space(Area(0, 0, 0, 0))
    assert (box.x0, box.y0) == pytest.approx(corner)


def test_a4_is_210_by_297_millimetres() -> None:
    a4 = Rectangle(0, 0, 210 * POINTS_PER_MM, 297 * POINTS_PER_MM)
    upright = PageGeometry(box=a4, rotation=0, user_unit=1)
    turned = PageGeometry(box=a4, rotation=90, user_unit=1)
    doubled = PageGeometry(box=a4, rotation=0, user_unit=2)
    assert (upright.width_mm, upright.height_mm) == pytest.approx((210, 297))
    assert (turned.width_mm, turned.height_mm) == pytest.approx((297, 210))
    assert (doubled.width_mm, doubled.height_mm) == pytest.approx((420, 594))
