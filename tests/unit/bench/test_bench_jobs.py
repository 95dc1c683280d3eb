"""Queues that are filled, emptied and found again by a new process."""

from bench.jobs import measure_jobs, told


def test_figures_of_a_small_queue() -> None:
    figures = measure_jobs(many=3000, open_jobs=2000, rounds=5, singles=1024)
    assert (figures.many, figures.open_jobs) == (3000, 2000)
    assert figures.enqueued_per_s > 0
    assert figures.singly_per_s > 0
    assert figures.first_claim_s < 30
    assert "with 3,000 (" in told(figures)
