"""What the figures of a freeze say; the freeze itself is in tests/scenarios."""

from bench.freezing import FreezeFigures, told


def test_the_figures_of_a_freeze_say_how_it_came_and_what_it_stopped() -> None:
    figures = FreezeFigures(
        way="by file",
        documents=10_000,
        sealed=2600,
        stopped=7400,
        in_force_s=1.014,
        last_sealed_s=0.94,
    )
    assert told(figures).startswith("A freeze by file in the middle of 10,000 documents, 256 at ")
    assert "2,600 were sealed and 7,400 stopped" in told(figures)
