"""A contract from outside waits for our people, and goes on as soon as they have spoken."""

from pathlib import Path

from gateway.store.approvals import ApprovalRow
from tests.envelope_house import (
    CALLER,
    NAME,
    Room,
    Town,
    play,
    settle,
)
from tests.signing_house import FakeClock


def test_what_people_must_approve_waits_for_them_and_the_others_see_that_it_was_opened(
    tmp_path: Path,
) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(title="须审批的合同")).envelope.id
        await settle(east, west)
        told = await west.show(id_)
        assert (told.status, told.next_step) == ("signing", "wait-for-approval")
        assert [each.state for each in (await east.show(id_)).parties] == ["signed", "opened"]
        assert west.signed == 0

    play(tmp_path, scene)


def test_what_waits_for_people_is_looked_at_as_soon_as_they_have_spoken(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(title="须审批的合同")).envelope.id
        await settle(east, west)
        state = await west.company.bridge.state(id_)
        assert state is not None
        ground = west.company.ground

        async def say(document: str, *statements: str) -> list[str]:
            approval = spoken_of(document)
            for each in statements:
                await ground.lane.write(
                    lambda unit, each=each: west.waking.heard(unit, approval, statement=each)
                )
            return await west.company.jobs()

        assert await say("0" * 64, "yes") == []
        causes = await say(state.current[NAME], "yes", "yes", "and yes")
        assert len(causes) == 2
        assert all(each.startswith(f"{id_}/approval-one-") for each in causes)
        await east.service.withdraw(CALLER, id_, reason="mistake")
        await settle(east, west)
        assert await say(state.current[NAME], "too late") == []

    play(tmp_path, scene)


def spoken_of(document: str) -> ApprovalRow:
    now = FakeClock().now()
    return ApprovalRow(
        id="one",
        state="pending",
        created_at=now,
        expires_at=now,
        system="tms",
        request_digest=bytes(32),
        document_digest=bytes.fromhex(document),
        seal="company-east",
        document_type="contract",
        rule="company/when-approved",
        bundle="",
        asked=b"",
    )
