"""A gateway that was put back from a backup: what it has sent since is in the network's record."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

from gateway.jobs.outcomes import Away
from tests.envelope_house import CALLER, EAST, POLICY, WEST, Town, parties, settle

_BY_AMOUNT = POLICY.replace(
    'doc.attributes.envelope_is_ours || doc.attributes.envelope_title != "须审批的合同"',
    "has(doc.attributes.amount) && doc.attributes.amount <= 100",
).replace(
    """    - id: when-approved
      systems: [tms]
      approvals: {count: 1, roles: [lawyer]}
""",
    "",
)
_OF_EAST = _BY_AMOUNT.replace("envelope_title: 采购合同,", "envelope_title: 采购合同, amount: 5,")


def test_what_was_sent_since_is_neither_signed_nor_declined_by_guesses(tmp_path: Path) -> None:
    async def scene() -> None:
        town = Town.built()
        async with town.room(tmp_path, WEST) as west:
            async with town.room(tmp_path, EAST, policy=_OF_EAST):
                pass
            shutil.copytree(tmp_path / EAST, tmp_path / "backup")
            async with town.room(tmp_path, EAST, policy=_OF_EAST) as east:
                id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
                await east.work()
            shutil.rmtree(tmp_path / EAST)
            shutil.copytree(tmp_path / "backup", tmp_path / EAST)
            async with town.room(tmp_path, EAST, policy=_OF_EAST) as east:
                await settle(west)
                await east.company.listen()
                await east.work()
                told = await east.show(id_)
                assert (told.ours, told.status, told.next_step) == (True, "signing", "look-at-it")
                assert "is not known here any more" in told.next_hint
                assert (east.signed, west.signed) == (0, 1)
                await east.service.withdraw(CALLER, id_, reason="sent anew")
                await settle(east, west)
                for room in (east, west):
                    assert (await room.show(id_)).status == "withdrawn"

    asyncio.run(scene())


def test_what_was_signed_since_is_not_signed_again_before_the_records_are_compared(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        town = Town.built()
        async with town.room(tmp_path, WEST) as west:
            async with town.room(tmp_path, EAST) as east:
                id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
                await east.work()
                await settle(west)
                await east.company.listen()
            shutil.copytree(tmp_path / EAST, tmp_path / "backup")
            async with town.room(tmp_path, EAST) as east:
                await settle(east, west)
                assert ((await east.show(id_)).status, east.signed) == ("completed", 1)
            shutil.rmtree(tmp_path / EAST)
            shutil.copytree(tmp_path / "backup", tmp_path / EAST)
            async with town.room(tmp_path, EAST, listens=False) as east:
                (outcome,) = await east.work()
                assert isinstance(outcome, Away)
                assert east.signed == 1
                town.clock.move(timedelta(minutes=5))
                await settle(east, west)
                assert ((await east.show(id_)).status, east.signed) == ("completed", 1)

    asyncio.run(scene())
