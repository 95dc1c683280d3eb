"""What was in force goes in small steps, and only when nobody needs it any more."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from gateway.seals.letting_go import Outgoing, let_go, pieces_of


class Thing:
    """What can be watched going."""

    def __init__(self, *held: object) -> None:
        self.held = held


@pytest.fixture(autouse=True)
def _nothing_is_collected() -> Iterator[None]:
    """Else the collector might free what is to be freed here."""
    gc.disable()
    yield
    gc.enable()


def test_at_no_step_much_goes_however_deep_it_lies() -> None:
    things = [Thing(Thing(), Thing()) for _ in range(1000)]
    alive = [weakref.ref(each) for each in things]
    root = Thing({"all": tuple(things)})
    del things
    pieces = pieces_of(root)
    del root
    counts: list[int] = []
    let_go(pieces, pause=lambda: counts.append(sum(each() is not None for each in alive)))
    steps = [before - after for before, after in zip([1000, *counts], counts, strict=False)]
    assert counts[-1] == 0
    assert max(steps) <= 20


def test_what_somebody_still_holds_stays_whole() -> None:
    kept = Thing(Thing())
    pieces = pieces_of(Thing([kept, *[Thing() for _ in range(500)]]))
    let_go(pieces, pause=lambda: None)
    assert len(kept.held) == 1


def test_what_decided_waits_as_long_as_a_request_may_need_it() -> None:
    outgoing = Outgoing(grace_seconds=60)
    old = Thing()
    alive = weakref.ref(old)
    outgoing.add(old, now=100.0)
    del old
    outgoing.let_go(now=159.9)
    assert alive() is not None
    outgoing.let_go(now=160.0)
    assert alive() is None
