"""A freeze reaches the key: every mark of it, also after policies that tell them apart."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from gateway.freezes.model import ScopeKind
from gateway.freezes.scopes import keys_of, touches
from gateway.signing.errors import FrozenProblem
from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.model import Caller
from policies.objects.group import Company
from policies.objects.seals import Seal
from tests.guarded_house import GuardedHouse, guarded_house
from tests.officers import freeze, signed, unfreeze
from tests.statement_keys import LI, WANG

SOUTH = Company(name="south", title="华南")


def with_seals(guarded: GuardedHouse, **changes: Mapping[str, object] | None) -> None:
    """Bring policies into force that have these seals otherwise, or no more."""
    bundle = guarded.house.in_force.bundle
    seals = dict(bundle.seals)
    for words, change in changes.items():
        name = words.replace("_", "-")
        if change is None:
            del seals[name]
        else:
            seals[name] = msgspec.structs.replace(seals[name], **change)
    companies = {**bundle.companies, "south": SOUTH}
    bundle = replace(bundle, seals=seals, companies=companies)
    guarded.house.in_force = replace(
        guarded.house.in_force, bundle=bundle, engine=CELPolicyEngine(bundle)
    )


@pytest.mark.parametrize(
    "later",
    [{"company_east": {"key": "legal-rep-li"}}, {"company_east": None}],
    ids=["it takes another key", "it is gone"],
)
async def test_the_other_mark_stays_frozen_when_the_frozen_one_leaves_the_key(
    tmp_path: Path, later: Mapping[str, Mapping[str, object] | None]
) -> None:
    async with guarded_house(tmp_path) as before:
        signer, clock = before.house.signer, before.house.clock
        frozen = await before.freezes.freeze(signed(freeze("seal", "company-east"), LI))
        assert before.records()[0]["keys"] == ["receipt-east"]
        with_seals(before, **later)
        with pytest.raises(FrozenProblem, match="the seal company-east is frozen"):
            await before.house.seal()
    async with guarded_house(tmp_path, clock=clock, signer=signer) as after:
        assert after.freezes.book.live == (frozen,)
        with_seals(after, **later)
        with pytest.raises(FrozenProblem, match="the seal company-east is frozen"):
            await after.house.seal()
        await after.freezes.unfreeze(unfreeze(LI, WANG))
        assert (await after.house.seal()).row.is_sealed


async def test_a_company_is_frozen_with_the_marks_that_others_have_of_its_keys(
    guarded: GuardedHouse,
) -> None:
    with_seals(guarded, company_east={"company": "south"})
    await guarded.freezes.freeze(signed(freeze("company", "south"), LI))
    with pytest.raises(FrozenProblem, match="the company south is frozen"):
        await guarded.house.seal()
    with_seals(guarded, company_east={"key": "legal-rep-li"})
    with pytest.raises(FrozenProblem, match="the company south is frozen"):
        await guarded.house.seal()


async def test_a_mark_that_comes_later_is_frozen_with_the_company_whose_key_it_has(
    guarded: GuardedHouse,
) -> None:
    with_seals(guarded)
    await guarded.freezes.freeze(signed(freeze("company", "south"), LI))
    assert (await guarded.house.seal("before")).row.is_sealed
    with_seals(guarded, company_east={"company": "south"})
    with pytest.raises(FrozenProblem, match="the company south is frozen"):
        await guarded.house.seal("after")


async def test_whoever_has_the_other_mark_is_told_of_the_freeze(guarded: GuardedHouse) -> None:
    with_seals(guarded, company_east={"company": "south"})
    frozen = await guarded.freezes.freeze(signed(freeze("seal", "company-east"), LI))
    bundle = guarded.house.in_force.bundle
    assert touches(frozen, Caller(system="tms", company="east"), bundle)


@pytest.mark.parametrize("kind", ["system", "gateway", "counterparty"])
def test_what_is_no_seal_has_no_key(guarded: GuardedHouse, kind: ScopeKind) -> None:
    assert keys_of(freeze(kind, "east").scope, guarded.house.in_force.bundle) == ()


async def test_a_company_of_any_size_is_frozen_and_shared_keys_are_kept_first(
    guarded: GuardedHouse,
) -> None:
    house = guarded.house
    bundle = house.in_force.bundle
    own = {f"s{n}": _seal(bundle, f"s{n}", key=f"{n:04}" + "印" * 196) for n in range(500)}
    twin = _seal(bundle, "twin", key=own["s499"].key, company="south")
    bundle = replace(bundle, seals={**bundle.seals, **own, "twin": twin})
    house.in_force = replace(house.in_force, bundle=bundle)
    frozen = await guarded.freezes.freeze(signed(freeze("company", "east"), LI))
    assert frozen.keys[0] == twin.key
    assert 50 < len(frozen.keys) < 500
    with pytest.raises(FrozenProblem):
        await house.seal()


def _seal(bundle: Bundle, name: str, **changes: object) -> Seal:
    return msgspec.structs.replace(bundle.seals["receipt-east"], name=name, **changes)
