"""Medians, percentiles and the knee."""

import math

import pytest

from bench.figures import Spread, knee, percentile


def test_a_spread_has_the_median_and_both_ends() -> None:
    spread = Spread.of([310.0, 290.0, 305.0])
    assert spread == Spread(305.0, 290.0, 310.0)
    assert spread.ends(0) == (290.0, 310.0)


def test_the_99th_percentile_of_a_hundred_values_is_the_last_but_one() -> None:
    assert percentile(range(100, 0, -1), 99) == 99


def test_the_median_of_three_values_is_the_middle_one() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 1) == percentile([7.0], 99) == 7.0


def test_a_percentile_of_nothing_is_not_a_number() -> None:
    assert math.isnan(percentile([], 50))


@pytest.mark.parametrize(
    ("rates", "chosen"),
    [
        ({4: 300.0, 8: 500.0, 16: 590.0, 32: 600.0, 64: 580.0}, 16),
        ({4: 300.0, 8: 301.0}, 4),
        ({4: 100.0, 8: 200.0, 16: 400.0}, 16),
    ],
)
def test_the_knee_is_where_more_connections_hardly_give_more(
    rates: dict[int, float], chosen: int
) -> None:
    assert knee(rates) == chosen
