"""Two companies sign one contract: each seals at home, and believes what it has verified."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from cloud_bridge.envelopes import transcript
from cloud_bridge.envelopes.statements import (
    Copied,
)
from gateway.envelopes.causes import job_of
from gateway.jobs.model import ClaimedJob
from gateway.jobs.outcomes import Done
from gateway.signing.errors import IdempotencyKeyReusedProblem
from gateway.store.envelopes import change_envelope
from gateway.store.jobs import fence_of
from gateway.store.lane import Transaction
from gateway.verification.judging import Judging
from tests.envelope_house import (
    CALLER,
    EAST,
    NAME,
    PAPER,
    WEST,
    Room,
    Town,
    play,
    settle,
)
from tests.envelope_logs import leaves, told_in_the_log


def test_a_contract_is_sealed_by_both_and_both_hold_the_same(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        assert (await east.show(id_)).next_step == "send"
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.next_step, told.trouble) == ("completed", "nothing", ())
            assert room.signed == 1
            assert room.events.types == ["envelope.completed"]
        final = await east.final(id_)
        assert final == await west.final(id_)
        assert final.startswith(PAPER)
        judging = Judging(trust=town.roots)
        judgement = await asyncio.to_thread(judging.judge, final, now=town.clock.now())
        assert judgement.verdict == "valid"
        assert [each.certificate.subject for each in judgement.signatures if each.certificate]
        assert await told_in_the_log(east) == ["sent", "signed", "verified", "ended"]
        assert await told_in_the_log(west) == ["received", "verified", "signed", "ended"]

    play(tmp_path, scene)


def test_what_we_have_said_ourselves_is_no_cause_to_look_at_it_again(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        async def listened_and_worked(room: Room) -> int:
            await room.company.listen()
            return len(await room.work())

        id_ = (await east.create()).envelope.id
        # One for the request; it is sent, signed and stated in one go.
        assert len(await east.work()) == 1
        told = await east.show(id_)
        assert (told.sequence, told.next_step) == (2, "wait-for-others")
        assert await listened_and_worked(east) == 0
        # One for the contract that came, with our signature upon it and the end that this was.
        assert await listened_and_worked(west) == 1
        told = await west.show(id_)
        assert (told.status, told.sequence, told.next_step) == ("completed", 5, "nothing")
        # One for its end where it was told by the feed alone, and none for what the other holds.
        assert [await listened_and_worked(each) for each in (west, east)] == [0, 1]
        assert [await listened_and_worked(each) for each in (west, east)] == [0, 0]
        held = [await each.show(id_) for each in (east, west)]
        assert [(each.status, each.sequence) for each in held] == [("completed", 6)] * 2

    play(tmp_path, scene)


def test_an_end_is_told_once_whoever_gets_a_copy_of_it_afterwards(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        state = town.network.envelopes[id_].state
        copied = Copied(account="person-9", name="王芳", kind="person")
        said = east.company.bridge.statement(state, copied, id="copied")
        await east.company.network_say(said)

        await settle(east, west)

        for room in (east, west):
            assert room.events.types == ["envelope.completed"]
            # That they hold the longer record, too, both have said.
            state = town.network.envelopes[id_].state
            assert state.acknowledged[room.company.id] >= state.substance > len(state.parties)

    play(tmp_path, scene)


def test_what_is_waited_for_is_written_with_the_end_of_the_job_and_also_without(
    tmp_path: Path,
) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:  # noqa: ARG001 - it is not asked
        ground = east.company.ground
        id_ = (await east.create()).envelope.id
        await east.work()

        async def one_more(cause: str) -> ClaimedJob:
            def unit(transaction: Transaction) -> None:
                change_envelope(transaction, EAST, id_, step="sign", hint="")
                ground.queue.enqueue(transaction, [job_of(EAST, id_, cause)])

            await ground.lane.write(unit)
            (job,) = await ground.queue.claim("envelope", most=2)
            return job

        async def step() -> str | None:
            row = await ground.envelopes.by_id(EAST, id_)
            return None if row is None else row.step

        async def is_there(job: ClaimedJob) -> bool:
            fence = await ground.lane.write(lambda unit: fence_of(unit.connection, job.lease.job))
            return fence is not None

        job = await one_more("once")
        before = ground.lane.commits
        assert await east.advancing.work(job) == Done()
        assert ground.lane.commits == before + 1
        assert (await step(), await is_there(job)) == ("wait-for-others", False)
        # Whose lease is another's by now ends no job, and tells what it has found all the same.
        late = await one_more("twice")
        lease = msgspec.structs.replace(late.lease, fence=late.lease.fence + 1)
        assert await east.advancing.work(msgspec.structs.replace(late, lease=lease)) == Done()
        assert (await step(), await is_there(late)) == ("wait-for-others", True)

    play(tmp_path, scene)


def test_the_log_says_with_whom_each_contract_was_made(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        for room, what, other in ((east, "sent", "org-west"), (west, "received", "org-east")):
            (first,) = (each for each in await leaves(room) if each.get("what") == what)
            assert first["envelope"] == id_
            assert (first["initiator"], first["counterparties"]) == ("org-east", [other])

    play(tmp_path, scene)


def test_the_two_transcripts_agree_and_hold_without_the_network(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        mine = await east.service.transcript(CALLER, id_)
        theirs = await west.service.transcript(CALLER, id_)
        assert transcript.compare(mine, theirs) is None
        assert [transcript.read(each).network.name for each in (mine, theirs)] == ["memory"] * 2
        found = transcript.verify(
            mine,
            roots=[town.trusted.root, *town.roots],
            at=town.clock.now(),
            documents={NAME: await east.final(id_)},
        )
        assert found.holds, found.findings

    play(tmp_path, scene)


def test_the_same_key_is_the_same_envelope_and_never_another(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        first = await east.create()
        again = await east.create()
        assert (again.repeated, again.envelope.id) == (True, first.envelope.id)
        with pytest.raises(IdempotencyKeyReusedProblem):
            await east.create(title="另一份合同")
        await settle(east, west)
        assert (
            len((await east.service.listing(CALLER, status=None, after=None, most=9)).envelopes)
            == 1
        )

    play(tmp_path, scene)


def test_an_envelope_is_there_in_one_transaction_with_its_document(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:  # noqa: ARG001 - it is not asked
        lane = east.company.ground.lane
        await east.create()  # the partner's card is known from here on
        before = lane.commits
        await east.create(key="k-2")
        assert lane.commits == before + 1

    play(tmp_path, scene)


def test_each_act_is_one_line_of_the_log_and_names_the_counterparty(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        with capture_logs() as logs:
            await east.create()
            await settle(east, west)
        lines = [each for each in logs if each["event"] == "envelope_act"]
        mine = [each for each in lines if each["counterparties"] == [f"{WEST} 有限公司"]]
        assert [each["act"] for each in mine][:4] == ["sent", "signed", "signed", "completed"]
        assert len(mine) * 2 == len(lines)

    play(tmp_path, scene)


def test_an_envelope_waits_for_the_network_and_then_goes_by_itself(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.network.is_away = True
        id_ = (await east.create()).envelope.id
        await east.work()
        assert (await east.show(id_)).status == "sending"
        town.network.is_away = False
        town.clock.move(timedelta(hours=8))
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"
        assert (east.signed, west.signed) == (1, 1)

    play(tmp_path, scene)


def test_a_watcher_is_told_as_soon_as_something_happens(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        watching = asyncio.create_task(east.service.watch(CALLER, id_, beyond=0, seconds=600))
        await settle(east, west)
        assert (await watching).sequence > 0

    play(tmp_path, scene)
