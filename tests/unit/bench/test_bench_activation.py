"""A drawn group's bundle files, and that what is timed is their coming into force."""

import pytest

from bench import activation
from bench.activation import measure_activation, told
from bench.bundle_of_the_group import SignedGroup, signed_group
from bench.errors import BenchError
from gateway.bundles.reading import peek, read


def test_the_second_file_follows_the_first_and_forbids_one_thing_more() -> None:
    group = signed_group(companies=4, seals=20, rules=200)
    assert peek(group.second).previous == peek(group.first).digest
    first, second = (read(each).bundle for each in (group.first, group.second))
    assert set(second.policies) - set(first.policies) == {"at-most-two-pages"}
    assert len(second.files) == len(second.seals) == 20


def test_both_come_into_force_and_the_loop_is_watched_meanwhile() -> None:
    figures = measure_activation(companies=4, seals=20, rules=200)
    assert (figures.seals, figures.rules) == (20, 201)
    assert figures.load_s > 0
    assert figures.activation_s > 0
    assert figures.pause_own_ms <= figures.pause_ms
    assert "event loop held for up to" in told(figures)


def test_a_bundle_that_is_refused_gives_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = signed_group(companies=4, seals=20, rules=200)
    cut = SignedGroup(
        first=drawn.first, second=drawn.second[:-1], root=drawn.root, keys=drawn.keys, rules=0
    )
    monkeypatch.setattr(activation, "signed_group", lambda **_sizes: cut)
    with pytest.raises(BenchError, match="did not come into force"):
        measure_activation(companies=4, seals=20, rules=200)
