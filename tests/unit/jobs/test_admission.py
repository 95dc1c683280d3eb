"""Before memory or disk runs out, new work is told to come again."""

import asyncio
import threading
from collections.abc import Mapping

import pytest

from gateway.jobs.admission import Admission, Limits
from gateway.jobs.errors import DiskShortProblem, GatewayFullProblem, TooMuchOpenProblem
from gateway.store.rows.backlog import OpenItems

_LIMITS = Limits(items=100, items_of_a_system=60, size=1000, size_of_a_system=600)


class Count:
    """What the database would say."""

    def __init__(self, **systems: OpenItems) -> None:
        self.systems = systems
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self) -> Mapping[str, OpenItems]:
        found = dict(self.systems)
        assert self.gate.wait(10)
        return found


def admission(count: Count, shortage: str | None = None) -> Admission:
    return Admission(_LIMITS, shortage=lambda: shortage, count=count)


async def test_what_fits_is_let_in() -> None:
    made = admission(Count(erp=OpenItems(59, 599)))
    await made.look()
    made.admit("erp", items=1, size=1)
    assert made.open_of("erp") == OpenItems(60, 600)


@pytest.mark.parametrize(("items", "size"), [(61, 1), (1, 601)])
async def test_a_system_has_a_limit_of_its_own(items: int, size: int) -> None:
    made = admission(Count())
    with pytest.raises(TooMuchOpenProblem, match=f"limit of {60 if items > 1 else 600}") as refused:
        made.admit("erp", items=items, size=size)
    assert (refused.value.status, refused.value.retry_after_seconds) == (429, 30)


@pytest.mark.parametrize(("items", "size"), [(11, 1), (1, 101)])
async def test_all_systems_together_have_one(items: int, size: int) -> None:
    made = admission(Count(erp=OpenItems(60, 600), wms=OpenItems(30, 300)))
    await made.look()
    with pytest.raises(GatewayFullProblem) as refused:
        made.admit("tms", items=items, size=size)
    assert (refused.value.status, refused.value.owner) == (503, "it")
    made.admit("tms", items=10, size=100)


@pytest.mark.parametrize(
    ("open_", "used"), [(OpenItems(0, 0), 0.0), (OpenItems(50, 900), 0.9), (OpenItems(80, 1), 0.8)]
)
async def test_how_near_the_limit_is_says_whichever_is_nearer(
    open_: OpenItems, used: float
) -> None:
    made = admission(Count(erp=open_))
    await made.look()
    assert made.used == used


async def test_what_was_let_in_counts_before_it_is_counted() -> None:
    made = admission(Count())
    made.admit("erp", items=60, size=60)
    with pytest.raises(TooMuchOpenProblem):
        made.admit("erp", items=1, size=1)
    made.admit("wms", items=1, size=1)


async def test_what_has_ended_makes_room() -> None:
    count = Count(erp=OpenItems(60, 600))
    made = admission(count)
    await made.look()
    count.systems = {}
    await made.look()
    made.admit("erp", items=60, size=600)


async def test_what_comes_during_a_count_is_not_forgotten_by_it() -> None:
    count = Count()
    made = admission(count)
    made.admit("erp", items=1, size=1)
    count.gate.clear()
    looking = asyncio.create_task(made.look())
    await asyncio.sleep(0)
    made.admit("erp", items=10, size=10)
    count.gate.set()
    await looking
    assert made.open_of("erp") == OpenItems(10, 10)


async def test_nothing_is_let_in_while_the_disk_is_short() -> None:
    made = admission(Count(), shortage="9 MiB are free")
    with pytest.raises(DiskShortProblem, match="9 MiB are free"):
        made.admit("erp", items=1, size=1)
