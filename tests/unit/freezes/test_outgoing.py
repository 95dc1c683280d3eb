"""Whether what was sealed before a freeze may still leave the house."""

from dataclasses import replace
from typing import Literal

import msgspec
import pytest

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


async def test_to_ask_makes_no_transaction_where_nobody_else_writes(guarded: GuardedHouse) -> None:
    asking, lane = outgoing(guarded), guarded.house.lane
    await guarded.house.seal("k")
    before = lane.units
    assert await asking.against("tms", ["k"]) is None
    assert lane.units == before
    await guarded.freezes.freeze(signed(freeze("seal", "receipt-east"), LI))
    before = lane.units
    assert "is frozen" in (await asking.against("tms", ["k"]) or "")
    assert lane.units == before


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


def with_state(guarded: GuardedHouse, name: str, state: Literal["active", "frozen"]) -> None:
    """Bring policies into force that give a seal this state."""
    bundle = guarded.house.in_force.bundle
    reason = "the mark is redrawn" if state == "frozen" else None
    seal = msgspec.structs.replace(bundle.seals[name], state=state, frozen_reason=reason)
    bundle = replace(bundle, seals={**bundle.seals, name: seal})
    guarded.house.in_force = replace(guarded.house.in_force, bundle=bundle)


@pytest.mark.parametrize("name", ["receipt-east", "company-east"], ids=["seal", "of its key"])
async def test_policies_that_freeze_a_seal_keep_back_what_it_has_sealed_until_they_do_no_more(
    guarded: GuardedHouse, name: str
) -> None:
    asking = outgoing(guarded)
    await guarded.house.seal("k")
    with_state(guarded, name, "frozen")
    why = await asking.against("tms", ["k"])
    assert why == f"the policies freeze the seal {name}: the mark is redrawn"
    assert "a freeze by policies" in (await asking.against("tms", ["never sealed"]) or "")
    with_state(guarded, name, "active")
    assert await asking.against("tms", ["k"]) is None


async def test_policies_that_freeze_another_seal_keep_nothing_back(guarded: GuardedHouse) -> None:
    await guarded.house.seal("k")
    with_state(guarded, "legal-rep-li", "frozen")
    assert await outgoing(guarded).against("tms", ["k"]) is None
