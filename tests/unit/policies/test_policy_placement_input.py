"""Placements as people write them."""

import pytest

from policies.model import BesideKeyword, Invisible, OnPage, Placement
from policies.placement import PlacementInput
from strictyaml import MistakesError, load


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{page: 1, leftMillimetres: 20, topMillimetres: 30.5}",
            OnPage(page=1, left_mm=20.0, top_mm=30.5),
        ),
        (
            "{page: last, leftMillimetres: 0, topMillimetres: 0}",
            OnPage(page="last", left_mm=0.0, top_mm=0.0),
        ),
        ("{keyword: 收货单位}", BesideKeyword(keyword="收货单位")),
        (
            "{keyword: x, occurrence: 2, dxMillimetres: -5, dyMillimetres: 2.5}",
            BesideKeyword(keyword="x", occurrence=2, dx_mm=-5.0, dy_mm=2.5),
        ),
        ("{keyword: x, occurrence: last}", BesideKeyword(keyword="x", occurrence="last")),
        ("{invisible: true}", Invisible()),
    ],
)
def test_the_three_kinds_of_placement_are_read(text: str, expected: Placement) -> None:
    loaded = load(text, file="p.yaml", model=PlacementInput)
    assert loaded.value.placement() == expected
    # HTTP bodies come as JSON, in the same words.
    body = loaded.value.model_dump_json(by_alias=True)
    assert PlacementInput.model_validate_json(body).placement() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{leftMillimetres: 1}", "exactly one of page, keyword, invisible"),
        ("{page: 1, keyword: x}", "exactly one of page, keyword, invisible"),
        ("{page: 1}", "do not make one placement"),
        ("{page: 1, leftMillimetres: 1}", "do not make one placement"),
        ("{keyword: x, leftMillimetres: 1}", "do not make one placement"),
        ("{invisible: true, occurrence: last}", "do not make one placement"),
        ("{invisible: false}", "should be True"),
        ("{page: 0, leftMillimetres: 1, topMillimetres: 1}", "greater than or equal to 1"),
        ("{page: first, leftMillimetres: 1, topMillimetres: 1}", "should be 'last'"),
        ("{page: 1, leftMillimetres: -1, topMillimetres: 1}", "greater than or equal to 0"),
        ("{keyword: ''}", "at least 1 character"),
        ("{keyword: x, occurrence: 0}", "greater than or equal to 1"),
        ("{page: 1, left: 1, topMillimetres: 1}", "unknown key"),
    ],
)
def test_a_placement_that_is_not_one_is_a_mistake(text: str, message: str) -> None:
    with pytest.raises(MistakesError) as caught:
        load(text, file="p.yaml", model=PlacementInput)
    assert message in str(caught.value)
