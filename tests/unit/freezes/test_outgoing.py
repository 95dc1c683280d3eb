"""Whether what was sealed before a freeze may still leave the house."""

from gateway.freezes.outgoing import Outgoing
from tests.guarded_house import GuardedHouse
from tests.officers import FREEZE_ID, freeze, signed, unfreeze
from tests.statement_keys import LI, WANG


def outgoing(guarded: GuardedHouse) -> Outgoing:
    house = guarded.house
    return Outgoing(
        book=guarded.freezes.book,
        lane=house.lane,
        documents=house.reader,
        in_force=lambda: house.in_force,
    )


async def test_what_is_frozen_does_not_leave_until_the_freeze_has_ended(
    guarded: GuardedHouse,
) -> None:
    asking = outgoing(guarded)
    await guarded.house.seal("k")
    assert await asking.against("tms", ["k"]) is None
    await guarded.freezes.freeze(signed(freeze("seal", "receipt-east"), LI))
    why = await asking.against("tms", ["k"])
    assert why is not None
    assert "the seal receipt-east is frozen" in why
    assert "the key may be lost" in why
    await guarded.freezes.unfreeze(unfreeze(LI, WANG))
    assert await asking.against("tms", ["k"]) is None


async def test_a_freeze_of_something_else_keeps_nothing_back(guarded: GuardedHouse) -> None:
    await guarded.house.seal("k")
    await guarded.freezes.freeze(signed(freeze("seal", "legal-rep-li"), LI))
    assert await outgoing(guarded).against("tms", ["k"]) is None


async def test_what_nobody_knows_anything_of_stays_while_anything_is_frozen(
    guarded: GuardedHouse,
) -> None:
    asking = outgoing(guarded)
    assert await asking.against("tms", ["never sealed"]) is None
    await guarded.freezes.freeze(signed(freeze("seal", "legal-rep-li"), LI))
    assert FREEZE_ID in (await asking.against("tms", ["never sealed"]) or "")
