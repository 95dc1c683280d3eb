"""Approvals that ended long ago are forgotten; that they were stays in the audit log."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from gateway.approvals.pruning import prune
from gateway.store.schema import approval, approval_concern, approval_statement
from tests.approving_house import Approving, approving_house, oa_token
from tests.running_gateway import RECEIPT
from tests.signing_house import START

END = START + timedelta(hours=1)  # of what the house's rule asks for


def counts(made: Approving) -> tuple[int, int, int]:
    """How many approvals, statements, and approvals that can be found by whom they concern."""
    with made.house.engine.connect() as connection:
        return (
            connection.execute(select(func.count()).select_from(approval)).scalar_one(),
            connection.execute(select(func.count()).select_from(approval_statement)).scalar_one(),
            connection.execute(
                select(func.count(approval_concern.c.approval.distinct()))
            ).scalar_one(),
        )


async def pruned(made: Approving, before: datetime) -> int:
    house = made.house
    return await prune(house.lane, house.audit, before=before, at=house.clock.now())


async def test_what_ended_is_forgotten_and_what_has_not_is_kept(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        used = await made.ask("used")
        await made.say("wang", used)
        await made.seal("used")
        rejected = await made.ask("rejected", business_number="WB-2")
        await made.say("zhao", rejected, "reject")
        made.house.clock.move(timedelta(minutes=1))
        later = await made.ask("later", business_number="WB-3")
        await made.say("wang", later)
        assert counts(made) == (3, 3, 3)
        assert await pruned(made, END) == 0
        assert await pruned(made, END + timedelta(seconds=1)) == 2
        assert counts(made) == (1, 1, 1)
        assert made.row(later).state == "pending"
        (told,) = made.records("forgotten")
        assert (told["before"], told["approvals"]) == (int(END.timestamp()) + 1, 2)
        assert [each["by"] for each in made.records("approval")] == ["wang", "zhao", "wang"]
        await made.seal("later", business_number="WB-3")


async def test_a_token_is_remembered_for_as_long_as_it_could_come_again(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        token = oa_token(hashlib.sha256(RECEIPT).digest(), START)
        await made.seal("one", tokens=(token,))
        # Its own end, not the moment of its use, is what counts.
        assert await pruned(made, START + timedelta(minutes=59)) == 0
        assert counts(made)[0] == 1


async def test_many_are_forgotten_a_little_at_a_time(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        row = made.row(await made.ask())
        with made.house.engine.begin() as connection:
            kept = dict(connection.execute(select(approval)).mappings().one())
            connection.execute(
                approval.insert(), [{**kept, "id": f"{number:036}"} for number in range(1200)]
            )
        assert await pruned(made, row.expires_at + timedelta(days=31)) == 1201
        assert counts(made) == (0, 0, 0)
