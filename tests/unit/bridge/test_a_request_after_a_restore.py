"""After a restore a request comes again: what was sent for it is taken up, not sent twice."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.envelopes.carriage.errors import NotComparedProblem
from gateway.envelopes.model import NewFile
from gateway.signing.errors import DeniedProblem, IdempotencyKeyReusedProblem
from gateway.store.rows.networks import forget_comparisons
from tests.envelope_house import (
    CALLER,
    EAST,
    PAPER,
    POLICY,
    WEST,
    Room,
    Town,
    parties,
    settle,
)
from tests.running_gateway import EXAMPLES

_OTHER = (EXAMPLES / "contracts" / "采购合同.pdf").read_bytes()
_WEST_FIRST = parties(turns=(2, 1))


class _Scene:
    """A town in which east is lost and put back as it was before it sent anything."""

    def __init__(self, directory: Path) -> None:
        self.town, self._directory = Town.built(), directory
        self.expires_at = self.town.clock.now() + timedelta(days=30)

    async def send(self, east: Room, key: str = "k", **changes: Any) -> tuple[str, bool]:  # noqa: ANN401 - of an envelope
        """As a caller does it each time: all the same."""
        asked = {"parties": _WEST_FIRST, "expires_at": self.expires_at, **changes}
        accepted = await east.create(key=key, **asked)
        return accepted.envelope.id, accepted.repeated

    @contextlib.asynccontextmanager
    async def before(self) -> AsyncIterator[Room]:
        """East as it was backed up, and then goes on until it is lost."""
        here, backup = self._directory / EAST, self._directory / "backup"
        async with self.town.room(self._directory, EAST), self.town.room(self._directory, WEST):
            pass  # both have published their cards
        shutil.copytree(here, backup)
        async with self.town.room(self._directory, EAST) as east:
            yield east
        shutil.rmtree(here)
        shutil.copytree(backup, here)

    @contextlib.asynccontextmanager
    async def after(self, *, policy: str = POLICY, listens: bool = True) -> AsyncIterator[Room]:
        """East, put back; what the first start after a restore does is done."""
        async with self.town.room(self._directory, EAST, policy=policy, listens=False) as east:
            await east.company.ground.lane.write(forget_comparisons)
            if listens:
                await east.company.listen()
            yield east

    @property
    def at_network(self) -> set[str]:
        return set(self.town.network.envelopes)


@pytest.fixture
def scene(tmp_path: Path) -> _Scene:
    return _Scene(tmp_path)


def _run(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(play())


def test_the_same_request_gives_the_envelope_that_it_was_sent_as(
    scene: _Scene, tmp_path: Path
) -> None:
    async def play() -> None:
        async with scene.town.room(tmp_path, WEST) as west:
            async with scene.before() as east:
                id_, _ = await scene.send(east)
                await east.work()
            async with scene.after() as east:
                await settle(west, east)
                assert (await east.show(id_)).next_step == "look-at-it"
                assert await scene.send(east) == (id_, True)
                assert await scene.send(east) == (id_, True)
                await settle(east, west)
                told = await east.show(id_)
                assert (told.status, told.business_number) == ("completed", "PO-1")
                assert (east.signed, west.signed, scene.at_network) == (1, 1, {id_})
                row = await east.company.row(id_)
                assert (row.system, row.seal, row.document_type) == (
                    "tms",
                    "company-east",
                    "contract",
                )

    _run(play)


def test_the_same_request_with_another_content_is_refused_as_ever(scene: _Scene) -> None:
    async def play() -> None:
        async with scene.before() as east:
            await scene.send(east)
            await east.work()
        async with scene.after() as east:
            await scene.send(east)
            with pytest.raises(IdempotencyKeyReusedProblem):
                await scene.send(east, title="另一份合同")

    _run(play)


def test_a_digest_only_contract_is_taken_up_with_its_files(scene: _Scene, tmp_path: Path) -> None:
    async def play() -> None:
        async with scene.town.room(tmp_path, WEST) as west:
            async with scene.before() as east:
                id_, _ = await scene.send(east, mode="digest")
                await east.work()
            async with scene.after() as east:
                await settle(east)
                assert await scene.send(east, mode="digest") == (id_, True)
                await settle(east, west)
                assert await east.final(id_) == PAPER
                assert (await east.show(id_)).next_step == "wait-for-others"

    _run(play)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "另一份合同"},
        {"files": [NewFile("合同.pdf", _OTHER)]},
        {"files": [NewFile("另一份.pdf", PAPER)]},
        {"parties": parties(turns=(1, 2))},
        {"mode": "digest"},
        {"expires_at": timedelta(days=31)},
        {"tell_number": True},
    ],
    ids=["title", "content", "name", "parties", "mode", "expiry", "number"],
)
def test_another_request_is_another_envelope(scene: _Scene, changes: dict[str, Any]) -> None:
    async def play() -> None:
        async with scene.before() as east:
            id_, _ = await scene.send(east)
            await east.work()
        async with scene.after() as east:
            if isinstance(later := changes.get("expires_at"), timedelta):
                changes["expires_at"] = scene.town.clock.now() + later
            other, is_repeated = await scene.send(east, **changes)
            assert (other != id_, is_repeated) == (True, False)

    _run(play)


def test_of_two_that_are_equal_each_is_taken_up_once_also_at_once(scene: _Scene) -> None:
    async def play() -> None:
        async with scene.before() as east:
            sent = [(await scene.send(east, key))[0] for key in ("k1", "k2")]
            await east.work()
        async with scene.after() as east:
            found = await asyncio.gather(*(scene.send(east, key) for key in ("k1", "k2", "k3")))
            assert sorted(id_ for id_, is_repeated in found if is_repeated) == sorted(sent)
            assert sum(not is_repeated for _, is_repeated in found) == 1

    _run(play)


def test_before_the_records_are_compared_nothing_new_is_taken(scene: _Scene) -> None:
    async def play() -> None:
        async with scene.before() as east:
            id_, _ = await scene.send(east)
            await east.work()
        scene.town.network.is_away = True
        async with scene.after(listens=False) as east:
            with pytest.raises(NotComparedProblem) as refused:
                await scene.send(east)
            assert refused.value.retry_after_seconds is not None
            scene.town.network.is_away = False
            await east.company.listen()
            assert await scene.send(east) == (id_, True)
        scene.town.network.is_away = True
        async with scene.town.room(scene._directory, EAST) as east:
            _, is_repeated = await scene.send(east, "another")
            assert not is_repeated

    _run(play)


def test_what_somebody_withdrew_since_it_came_back_is_sent_anew(scene: _Scene) -> None:
    async def play() -> None:
        async with scene.before() as east:
            id_, _ = await scene.send(east)
            await east.work()
        async with scene.after() as east:
            await settle(east)
            await east.service.withdraw(CALLER, id_, reason="sent anew")
            anew, is_repeated = await scene.send(east)
            assert (anew != id_, is_repeated) == (True, False)
            await settle(east)
            assert (await east.show(id_)).status == "withdrawn"

    _run(play)


def test_what_was_withdrawn_before_the_loss_stays_so(scene: _Scene) -> None:
    async def play() -> None:
        async with scene.before() as east:
            id_, _ = await scene.send(east)
            await east.work()
            await east.service.withdraw(CALLER, id_, reason="not wanted")
            await settle(east)
        scene.town.clock.move(timedelta(minutes=5))
        async with scene.after() as east:
            assert await scene.send(east) == (id_, True)
            await settle(east)
            assert (await east.show(id_)).status == "withdrawn"
            assert scene.at_network == {id_}

    _run(play)


def test_of_what_had_ended_before_the_loss_whoever_asks_again_is_told(
    scene: _Scene, tmp_path: Path
) -> None:
    async def play() -> None:
        async with scene.town.room(tmp_path, WEST) as west:
            async with scene.before() as east:
                id_, _ = await scene.send(east)
                await settle(east, west)
                assert east.events.types == ["envelope.completed"]
            scene.town.clock.move(timedelta(minutes=5))
            async with scene.after() as east:
                await settle(east, west)
                assert east.events.types == []
                for _ in range(2):
                    assert await scene.send(east) == (id_, True)
                    await settle(east, west)
                assert [(each.type, each.system) for each in east.events.events] == [
                    ("envelope.completed", "tms")
                ]

    _run(play)


def test_of_what_ends_after_the_restore_nobody_is_told_twice(scene: _Scene, tmp_path: Path) -> None:
    async def play() -> None:
        async with scene.town.room(tmp_path, WEST) as west:
            async with scene.before() as east:
                id_, _ = await scene.send(east)
                await east.work()
            async with scene.after() as east:
                await west.company.listen()
                await west.service.decline(CALLER, id_, reason="not wanted")
                await settle(west, east)
                assert east.events.types == ["envelope.declined"]
                assert await scene.send(east) == (id_, True)
                await settle(east, west)
                assert east.events.types == ["envelope.declined"]

    _run(play)


def test_what_the_policies_would_not_send_is_not_taken_up(scene: _Scene) -> None:
    async def play() -> None:
        async with scene.before() as east:
            id_, _ = await scene.send(east)
            await east.work()
        forbidden = POLICY.replace("禁止的合同", "采购合同").replace(
            "expect: allowed", "expect: denied"
        )
        async with scene.after(policy=forbidden) as east:
            with pytest.raises(DeniedProblem):
                await scene.send(east)
            assert (await east.company.row(id_)).idempotency_key is None

    _run(play)
