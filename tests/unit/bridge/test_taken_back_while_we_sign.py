"""A withdrawal or refusal that meets our own signing: what was acknowledged is not sealed after."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.envelopes.model import EnvelopeTold
from tests.envelope_house import CALLER, Room, Town, parties, play, settle

End = Callable[[Room, str], Awaitable[EnvelopeTold]]


async def _withdraw(room: Room, envelope: str) -> EnvelopeTold:
    return await room.service.withdraw(CALLER, envelope, reason="not wanted")


async def _decline(room: Room, envelope: str) -> EnvelopeTold:
    return await room.service.decline(CALLER, envelope, reason="not wanted")


class _Interrupted:
    """A room in which somebody ends the envelope at a step of its job, at once with it."""

    def __init__(self, town: Town, room: Room, step: str, end: End) -> None:
        self._step, self._end = step, end
        self.room = town.joined(room.company, self._reached)
        self.ending: asyncio.Task[EnvelopeTold] | None = None
        self.signed_by_then: int | None = None
        self.envelope = ""

    def _reached(self, step: str) -> None:
        if step == self._step and self.ending is None:
            self.ending = asyncio.create_task(self._acknowledged())

    async def _acknowledged(self) -> EnvelopeTold:
        told = await self._end(self.room, self.envelope)
        self.signed_by_then = self.room.signed
        return told


@pytest.mark.parametrize("step", ["send", "verify", "turn", "seal", "state"])
@pytest.mark.parametrize("end", [_withdraw, _decline], ids=["withdraw", "decline"])
def test_no_seal_is_put_on_once_the_end_was_acknowledged(
    tmp_path: Path, step: str, end: End
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        ours = east if end is _withdraw else west
        accepted = await east.create(parties=parties(turns=(2, 1) if ours is east else (1, 2)))
        id_ = accepted.envelope.id
        other = west if ours is east else east
        await east.work()
        await settle(other, until=lambda: other.signed > 0)
        await other.work()
        await ours.company.listen()
        interrupted = _Interrupted(town, ours, step, end)
        interrupted.envelope = id_
        await interrupted.room.work()
        assert interrupted.ending is not None
        await interrupted.ending
        await settle(interrupted.room, other)
        assert interrupted.signed_by_then == ours.signed
        assert ours.signed == (0 if step in {"send", "verify"} else 1)
        told = [(await room.show(id_)).status for room in (ours, other)]
        wanted = "withdrawn" if end is _withdraw else "declined"
        assert told == ([wanted] * 2 if not ours.signed else ["completed"] * 2)

    play(tmp_path, scene)
