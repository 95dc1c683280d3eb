"""A contract from outside waits for our people, and goes on as soon as they have spoken."""

from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from gateway.approvals.model import Asked, written
from gateway.envelopes.causes import trace_of
from gateway.store.rows.approvals import ApprovalRow, approval_by_id, put_approval
from gateway.store.rows.envelopes import put_envelope
from policies.model import DocumentFacts, SealRequest
from tests.envelope_house import (
    CALLER,
    NAME,
    Room,
    Town,
    play,
    settle,
)
from tests.signing_house import FakeClock

SECOND = "00000000-0000-4000-8000-000000000002"


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


def test_what_nobody_need_approve_any_more_is_closed(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(title="须审批的合同")).envelope.id
        await settle(east, west)
        state = await west.company.bridge.state(id_)
        assert state is not None
        ground, document = west.company.ground, state.current[NAME]
        own = spoken_of(document, id_="own", trace=trace_of(id_))
        # Another system has asked for the same file, for something else.
        other = spoken_of(document, id_="other", trace="0" * 32)
        for row in (own, other):
            await ground.lane.write(lambda unit, row=row: put_approval(unit, row))

        await east.service.withdraw(CALLER, id_, reason="mistake")
        await settle(east, west)

        assert (await west.show(id_)).status == "withdrawn"
        found = await ground.lane.write(
            lambda unit: [approval_by_id(unit, "own"), approval_by_id(unit, "other")]
        )
        why = f"the envelope {id_} is withdrawn"
        assert [(row.state, row.closed_for) for row in found if row is not None] == [
            ("closed", why),
            ("pending", ""),
        ]

    play(tmp_path, scene)


def test_what_another_contract_waits_for_as_well_is_not_closed(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        first = (await east.create(title="须审批的合同")).envelope.id
        await settle(east, west)
        state = await west.company.bridge.state(first)
        assert state is not None
        ground, document = west.company.ground, state.current[NAME]
        await west.company.keep(SECOND, NAME, await west.service.document(CALLER, first, NAME))
        row = await west.company.row(first)
        await ground.lane.write(
            lambda unit: put_envelope(unit, replace(row, id=SECOND, sequence=0))
        )
        shared = spoken_of(document, id_="shared", trace=trace_of(SECOND))
        await ground.lane.write(lambda unit: put_approval(unit, shared))

        await east.service.withdraw(CALLER, first, reason="mistake")
        await settle(east, west)

        found = await ground.lane.write(lambda unit: approval_by_id(unit, "shared"))
        assert found is not None
        assert found.state == "pending"

    play(tmp_path, scene)


def spoken_of(document: str, *, id_: str = "one", trace: str = "") -> ApprovalRow:
    now = FakeClock().now()
    asked = Asked(
        request=SealRequest(
            caller=CALLER, seal="company-east", document_type="contract", business_number="1"
        ),
        facts=DocumentFacts(pages=1, size_bytes=1, revisions=1, signatures=0, pdf_version="1.7"),
        trace_id=trace,
    )
    return ApprovalRow(
        id=id_,
        state="pending",
        created_at=now,
        expires_at=now + timedelta(days=1),
        system="tms",
        request_digest=bytes(32),
        document_digest=bytes.fromhex(document),
        seal="company-east",
        document_type="contract",
        rule="company/when-approved",
        bundle="",
        asked=written(asked),
    )
