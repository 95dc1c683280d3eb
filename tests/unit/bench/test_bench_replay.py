"""A past that is drawn, kept and replayed, and every figure checked before it is told."""

import pytest

from bench import replay
from bench.errors import BenchError
from bench.replay import measure_replay, told


def test_two_thousand_decisions_are_replayed_within_seconds() -> None:
    figures = measure_replay(companies=20, seals=100, rules=500, decisions=2000)
    assert (figures.seals, figures.rules, figures.decisions) == (100, 500, 2000)
    assert figures.replay_s < 5
    assert 300 < figures.kept_bytes < 1500
    assert "2,000 recorded decisions replayed in " in told(figures)


def test_a_simulation_that_finds_something_else_gives_no_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay, "with_a_forbid", lambda bundle: bundle)
    with pytest.raises(BenchError, match="should change"):
        measure_replay(companies=20, seals=100, rules=500, decisions=100)
