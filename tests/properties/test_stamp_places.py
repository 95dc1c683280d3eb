"""Where stamps lie, whatever the pages: always on the page, always whole when put together."""

from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.errors import OffPageProblem
from gateway.documents.model import StampOmitted, StampPosition
from gateway.documents.placing.cross_page import shares, slices
from gateway.documents.placing.free_spot import FARTHEST_MM, Obstacle, nearest_free
from gateway.documents.placing.geometry import Area, PageGeometry, Rectangle
from gateway.documents.placing.places import Annotation, Pages, SignatureField, StampPlace
from gateway.documents.placing.placing import places_for, positions_of
from policies.model import AcrossPages, Edge

WIDTH, HEIGHT = 40.0, 30.0
EDGES: tuple[Edge, ...] = ("right", "left", "top", "bottom")


class PlainPages:
    """Pages with nothing on them."""

    def __init__(self, geometries: list[PageGeometry]) -> None:
        self._geometries = geometries

    @property
    def count(self) -> int:
        return len(self._geometries)

    def geometry(self, index: int) -> PageGeometry:
        return self._geometries[index]

    def annotations(self, index: int) -> tuple[Annotation, ...]:
        assert 0 <= index < self.count
        return ()

    def signature_fields(self) -> tuple[SignatureField, ...]:
        return ()


@st.composite
def geometries(draw: st.DrawFn) -> PageGeometry:
    x0, y0 = draw(st.floats(-500, 500)), draw(st.floats(-500, 500))
    unit = draw(st.sampled_from([0.5, 1, 1, 1, 2.5]))
    sides = st.floats(130 / unit, 900 / unit)
    return PageGeometry(
        box=Rectangle(x0, y0, x0 + draw(sides), y0 + draw(sides)),
        rotation=draw(st.sampled_from((0, 90, 180, 270))),
        user_unit=unit,
    )


def placed(placement: AcrossPages, pages: Pages) -> tuple[StampPlace, ...]:
    return places_for(placement, width_mm=WIDTH, height_mm=HEIGHT, pages=pages, document=b"")


@given(st.integers(1, 2000), st.sampled_from(EDGES))
def test_the_slices_put_together_are_the_whole_artwork(count: int, edge: Edge) -> None:
    parts = sorted(slices(count, edge), key=lambda part: part.start)
    assert len(parts) == count
    assert (parts[0].start, parts[-1].end) == (0, 1)
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert all(part.end - part.start == pytest.approx(1 / count) for part in parts)


@given(st.lists(st.integers(), min_size=1, max_size=300), st.integers(2, 400) | st.none())
def test_shares_are_the_pages_in_order_and_none_is_larger_than_allowed(
    numbers: list[int], most: int | None
) -> None:
    found = [list(share) for share in shares(numbers, most)]
    assert list(chain.from_iterable(found)) == numbers
    sizes = [len(share) for share in found]
    assert max(sizes) - min(sizes) <= 1
    assert most is None or max(sizes) <= most
    if len(numbers) > 1 and (most is None or most > 2):
        assert min(sizes) > 1


@given(
    st.lists(geometries(), min_size=2, max_size=30),
    st.sampled_from(EDGES),
    st.sampled_from([1, 2]),
    st.none() | st.integers(2, 9),
)
def test_every_slice_lies_on_the_edge_of_its_page_and_has_its_true_size(
    sizes: list[PageGeometry], edge: Edge, every: int, most: int | None
) -> None:
    pages = PlainPages(sizes)
    places = placed(AcrossPages(edge=edge, alternate=every == 2, max_pages_per_seal=most), pages)
    assert [place.page_index for place in places] == list(range(len(sizes)))
    along = WIDTH if edge in ("right", "left") else HEIGHT
    for place in places:
        area, geometry, part = place.area, place.geometry, place.part
        assert geometry.holds(area)
        assert part is not None
        cut = area.width_mm if part.axis == "x" else area.height_mm
        assert cut == pytest.approx(along * (part.end - part.start), abs=1e-9)
        distances = {
            "left": area.left_mm,
            "top": area.top_mm,
            "right": geometry.width_mm - area.left_mm - area.width_mm,
            "bottom": geometry.height_mm - area.top_mm - area.height_mm,
        }
        turned = {"right": "left", "left": "right", "top": "bottom", "bottom": "top"}
        at = turned[edge] if every == 2 and place.page_index % 2 else edge
        assert distances[at] == pytest.approx(0, abs=1e-6)
    whole = sum(place.area.width_mm if along == WIDTH else place.area.height_mm for place in places)
    assert whole == pytest.approx(along * len(list(shares(range(len(sizes)), most))))


@given(geometries(), st.sampled_from(EDGES))
def test_on_one_page_there_is_no_slice_and_the_list_says_so(size: PageGeometry, edge: Edge) -> None:
    placement = AcrossPages(edge=edge)
    assert placed(placement, PlainPages([size])) == ()
    (told,) = positions_of(placement, (), pages=1)
    assert isinstance(told, StampOmitted)
    assert "no second to cross to" in told.why


@given(st.floats(0, 400))
def test_an_offset_is_kept_or_refused(offset: float) -> None:
    a4 = PageGeometry(box=Rectangle(0, 0, 595, 842), rotation=0, user_unit=1)
    pages = PlainPages([a4] * 3)
    placement = AcrossPages(edge="right", offset_mm=offset)
    if offset + HEIGHT > a4.height_mm + 0.01:
        with pytest.raises(OffPageProblem, match="at the right edge leaves page 1"):
            placed(placement, pages)
        return
    places = placed(placement, pages)
    assert {place.area.top_mm for place in places} == {offset}
    told = positions_of(placement, places, pages=3)
    assert all(isinstance(each, StampPosition) and each.part is not None for each in told)


A4 = PageGeometry(box=Rectangle(0, 0, 595, 842), rotation=0, user_unit=1)
AREAS = st.builds(
    Area, st.floats(0, 200), st.floats(0, 280), st.floats(0.5, 120), st.floats(0.5, 60)
)
WANTED = st.builds(Area, st.floats(0, 169), st.floats(0, 266), st.just(WIDTH), st.just(HEIGHT))


@given(WANTED, st.lists(AREAS, max_size=12))
def test_a_free_spot_covers_nothing_and_no_nearer_one_is_overlooked(
    wanted: Area, taken: list[Area]
) -> None:
    obstacles = [Obstacle(area, "text") for area in taken]

    def is_free(area: Area) -> bool:
        return A4.holds(area) and not any(each.meets(area) for each in obstacles)

    def distance(area: Area) -> float:
        across, down = area.left_mm - wanted.left_mm, area.top_mm - wanted.top_mm
        return (across**2 + down**2) ** 0.5

    found = nearest_free(wanted, A4, obstacles)
    reach = FARTHEST_MM if found is None else distance(found)
    if found is not None:
        assert is_free(found)
        assert distance(found) <= FARTHEST_MM
        assert (found.width_mm, found.height_mm) == (WIDTH, HEIGHT)
    if is_free(wanted):
        assert found == wanted
    for left in range(0, 170, 6):
        for top in range(0, 267, 6):
            other = Area(float(left), float(top), WIDTH, HEIGHT)
            assert distance(other) >= reach - 1e-3 or not is_free(other)
