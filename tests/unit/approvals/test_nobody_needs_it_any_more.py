"""What people were asked goes from their lists once what it was asked for has ended."""

from pathlib import Path

from sqlalchemy import select

from gateway.approvals.closing import ClosingApprovals
from gateway.approvals.interfaces import Ended
from gateway.approvals.model import asked_of
from gateway.audit.kept.approvals import ApprovalRows
from gateway.audit.record import read_leaf
from gateway.store.engines.database import open_reader
from gateway.store.schema import audit_leaf
from tests.approving_house import Approving, approving_house, problem

_WHY = "the envelope 00000000-0000-4000-8000-000000000001 is withdrawn"


async def close(room: Approving, approval: str, trace: str) -> None:
    house, row = room.house, room.row(approval)
    ended = Ended(document=row.document_digest, traces=frozenset({trace}), why=_WHY)
    closing = ClosingApprovals(audit=house.audit)
    await house.lane.write(lambda unit: closing.close(unit, [ended], at=house.clock.now()))


def differences(room: Approving) -> list[str]:
    """What `sealgate audit verify` finds between the log and the rows."""
    kept = ApprovalRows()
    with open_reader(room.house.directory / "test.sqlite").connect() as connection:
        leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
        for index, leaf in enumerate(leaves.scalars()):
            kept.account(index, read_leaf(leaf))
        return [found.what for found in kept.differences(connection)]


async def listed(room: Approving, state: str | None = "pending") -> list[str]:
    shown = await room.review.listed(
        room.caller("wang"),
        state,  # type: ignore[arg-type]  # one of its words
        at=room.house.clock.now(),
    )
    return [each.row.id for each in shown]


async def test_it_is_closed_with_its_reason_and_asked_anew_if_it_is_needed_again(
    tmp_path: Path,
) -> None:
    async with approving_house(tmp_path) as room:
        approval = await room.ask()
        assert await listed(room) == [approval]

        await close(room, approval, asked_of(room.row(approval)).trace_id)

        assert await listed(room) == []
        assert await listed(room, "closed") == [approval]
        shown = await room.shown("wang", approval)
        assert (shown.state, shown.row.closed_for) == ("closed", _WHY)
        (record,) = room.records("approval-closed")
        assert (record["approval"], record["why"]) == (approval, _WHY)
        assert (await problem(room.say("wang", approval)))[0] == "approval-expired"
        assert differences(room) == []
        # The same use that is asked for later is another one.
        again = await room.ask()
        assert again != approval
        await room.say("wang", again)
        await room.seal()
        assert differences(room) == []


async def test_what_others_asked_of_the_same_document_waits_on(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as room:
        approval = await room.ask()
        await close(room, approval, "0" * 32)
        assert await listed(room) == [approval]


async def test_what_was_said_already_is_not_taken_back(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as room:
        approval = await room.ask()
        await room.say("wang", approval, "reject")
        await close(room, approval, asked_of(room.row(approval)).trace_id)
        assert room.row(approval).state == "rejected"
