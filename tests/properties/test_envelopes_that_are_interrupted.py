"""Whatever is interrupted, and wherever: the key is used once for a base, and everything ends.

A gateway dies before a step, or the network's answer is lost after it did what was asked. What
lives on is the database; the room that reads it is made anew.
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud_bridge.envelopes.statements import Signed, parse
from cloud_bridge.errors import NetworkAwayError
from gateway.store.rows.envelopes import EnvelopeRow
from tests.bridge_house import Company
from tests.envelope_house import (
    EAST,
    PAPER,
    WEST,
    Killed,
    Room,
    Town,
    parties,
)

_MOST_ROUNDS = 80
_PLACES = 40


@dataclass
class Fate:
    """What happens at the n-th step that anybody takes, or answer that anybody gets."""

    deaths: frozenset[int]
    lost: frozenset[int]
    at_each_once: bool = False
    steps: int = 0
    answers: int = 0
    died: list[str] = field(default_factory=list)

    def reached(self, step: str) -> None:
        self.steps += 1
        if self.steps in self.deaths or (self.at_each_once and step not in self.died):
            self.died.append(step)
            raise Killed

    def tell(self, told: object) -> object:
        self.answers += 1
        if self.answers in self.lost:
            raise NetworkAwayError("the answer was lost")
        return told


def joined(town: Town, company: Company, fate: Fate) -> Room:
    """A company's room, as after a start."""
    return town.joined(company, lambda step: fate.reached(f"{company.id}: {step}"))


async def one_round(town: Town, rooms: dict[str, Room], order: list[str], fate: Fate) -> int:
    """Each listens and works once, in this order; who dies is there again afterwards."""
    busy = 0
    for name in order:
        room = rooms[name]
        await room.company.listen()
        try:
            busy += len(await room.work())
        except Killed:
            # What it had in hand is let go, as after a start; nothing else of it is left.
            queue = room.company.ground.queue
            await room.company.ground.lane.write(queue.take_back)
            rooms[name] = joined(town, room.company, fate)
            busy += 1
    return busy


async def kept_in(room: Room, envelope: str) -> EnvelopeRow | None:
    """How it stands in a room; None: the room has heard nothing of it yet."""
    company = room.company
    return await company.ground.envelopes.by_id(company.id, envelope)


async def play(
    directory: Path, fate: Fate, orders: list[list[str]], turns: tuple[int, int]
) -> None:
    town = Town.built()
    async with AsyncExitStack() as stack:
        rooms = {
            name: joined(
                town, (await stack.enter_async_context(town.room(directory, name))).company, fate
            )
            for name in (EAST, WEST)
        }
        id_ = (await rooms[EAST].create(parties=parties(turns=turns))).envelope.id
        town.network.tell = fate.tell
        for number in range(_MOST_ROUNDS):
            order = orders[number % len(orders)]
            if not await one_round(town, rooms, order, fate):
                # What waits for its time gets it.
                town.clock.move(timedelta(minutes=1))
                rows = [await kept_in(room, id_) for room in rooms.values()]
                if {row and row.status for row in rows} == {"completed"}:
                    break
        kept = town.network.envelopes[id_]
        signed = [each for each in kept.entries if isinstance(parse(each.signed).act, Signed)]
        assert kept.state.status == "completed", fate
        assert len(signed) == len({parse(each.signed).party for each in signed}) == 2
        for room in rooms.values():
            assert (await room.show(id_)).status == "completed", fate
            bases = [grant.digest for grant in room.company.house.signer.redeemed]
            assert len(bases) == 1, fate
        final = await rooms[EAST].final(id_)
        assert final == await rooms[WEST].final(id_)
        assert final.startswith(PAPER)


PLACES = st.frozensets(st.integers(1, _PLACES), max_size=6)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(
    deaths=PLACES,
    lost=PLACES,
    orders=st.lists(st.permutations([EAST, WEST]), min_size=1, max_size=4),
    turns=st.sampled_from([(1, 2), (2, 1), (1, 1)]),
)
def test_whoever_dies_wherever_every_envelope_ends_and_the_key_is_used_once(
    deaths: frozenset[int],
    lost: frozenset[int],
    orders: list[list[str]],
    turns: tuple[int, int],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(play(Path(directory), Fate(deaths, lost), orders, turns))


def test_a_partner_that_does_not_hear_of_it_at_once_hears_of_it_later(tmp_path: Path) -> None:
    lost = frozenset({4, 6, 26, 28, 31, 34})
    asyncio.run(play(tmp_path, Fate(frozenset(), lost), [[EAST, WEST]], (1, 2)))


def test_a_gateway_that_dies_at_each_single_step_goes_on(tmp_path: Path) -> None:
    fate = Fate(frozenset(), frozenset(), at_each_once=True)
    asyncio.run(play(tmp_path, fate, [[EAST, WEST]], (1, 1)))
    steps = ("send", "verify", "turn", "seal", "state", "end", "send-again")
    assert set(fate.died) == {f"{name}: {step}" for name in (EAST, WEST) for step in steps}
