"""What officers freeze is not sealed, until two of them have said that it may be again."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from gateway.freezes.errors import (
    FreezeScopeUnknownProblem,
    FreezeStatementRefusedProblem,
    FreezeUnknownProblem,
)
from gateway.freezes.model import FreezeClaims, ScopeKind
from gateway.seals.in_force import InForce
from gateway.signing.errors import FrozenProblem
from gateway.store.engines.database import open_writer
from gateway.store.schema import freeze as rows_of_freezes
from hsm.errors import SignerUnavailableError
from policies.engine import CELPolicyEngine
from policies.grant import Grant
from policies.objects.documents import Attribute
from policies.objects.group import Company
from tests.guarded_house import GuardedHouse, guarded_house
from tests.officers import FREEZE_ID, freeze, new_freeze_id, signed, unfreeze, with_officers
from tests.running_gateway import RECEIPT
from tests.signing_house import request
from tests.statement_keys import LI, WANG, ZHAO


def with_group(in_force: InForce) -> InForce:
    """The company east below another, and documents that name a consignee."""
    bundle = in_force.bundle
    companies = {
        "group": Company(name="group", title="集团"),
        "east": msgspec.structs.replace(bundle.companies["east"], parent="group"),
        "south": Company(name="south", title="华南", parent="group"),
    }
    receipt = msgspec.structs.replace(
        bundle.document_types["receipt"],
        attributes={"consignee": Attribute(type="string")},
        counterparty="consignee",
    )
    types = {**bundle.document_types, "receipt": receipt}
    bundle = replace(bundle, companies=companies, document_types=types)
    return replace(in_force, bundle=bundle, engine=CELPolicyEngine(bundle))


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("seal", "receipt-east", "the seal receipt-east is frozen since 2026-11-22 02:00:00 UTC"),
        ("seal", "company-east", "the seal company-east is frozen"),  # another mark of the key
        ("company", "east", "the company east is frozen"),
        ("company", "group", "the company group is frozen"),
        ("system", "tms", "the system tms is frozen"),
        ("gateway", "", "all sealing is frozen"),
    ],
)
async def test_what_is_frozen_is_not_sealed(
    guarded: GuardedHouse, kind: ScopeKind, name: str, told: str
) -> None:
    guarded.house.in_force = with_group(guarded.house.in_force)
    frozen = await guarded.freezes.freeze(signed(freeze(kind, name), LI))
    with pytest.raises(FrozenProblem, match=rf"{told}.*the key may be lost.*\(audit record 1\)"):
        await guarded.house.seal()
    assert guarded.kinds() == ["freeze", "denied"]
    assert guarded.house.press.prepared == []
    assert (frozen.by, frozen.audit_index, guarded.freezes.book.live) == (("li-na",), 0, (frozen,))


@pytest.mark.parametrize(
    ("kind", "name"), [("seal", "legal-rep-li"), ("company", "south"), ("system", "another")]
)
async def test_what_is_not_frozen_is_sealed(
    guarded: GuardedHouse, kind: ScopeKind, name: str
) -> None:
    house = guarded.house
    bundle = with_group(house.in_force).bundle
    systems = {**bundle.systems, "another": bundle.systems["tms"]}
    house.in_force = replace(house.in_force, bundle=replace(bundle, systems=systems))
    await guarded.freezes.freeze(signed(freeze(kind, name), LI))
    assert (await house.seal()).row.is_sealed


async def test_a_counterparty_is_known_however_it_is_spelled(guarded: GuardedHouse) -> None:
    house = guarded.house
    house.in_force = with_group(house.in_force)
    said = freeze("counterparty", "Dongli (Shanghai) Ltd.", reason="Dongli owes us")
    await guarded.freezes.freeze(signed(said, WANG))

    async def sealed_for(consignee: str) -> bool:
        asked = request(consignee, attributes={"consignee": consignee})
        return (await house.service.seal(asked, RECEIPT)).row.is_sealed

    with pytest.raises(FrozenProblem, match=f"a party of document 'receipt' .*{FREEZE_ID}"):
        await sealed_for("DONGLI（Shanghai）Ltd")
    # What nobody sees is not another name: variation selectors, joiners, fillers of Hangul.
    for unseen in "\ufe00\U000e0100\u034f\u3164\u115f\u200b\u00ad":
        with pytest.raises(FrozenProblem):
            await sealed_for(f"Don{unseen}gli (Shanghai) Ltd.")
    assert await sealed_for("Dongli (Suzhou) Ltd.")
    # Neither the freeze nor the denial names a customer in the log.
    record, denial, *_ = guarded.records()
    for words in (said.scope.name, said.reason):
        assert words not in f"{record}{denial}"
    salted = hashlib.sha256(bytes.fromhex(said.salt) + said.scope.name.encode()).hexdigest()
    assert record["scope"] == {"kind": "counterparty", "name": salted}


async def test_two_different_officers_end_a_freeze(guarded: GuardedHouse) -> None:
    await guarded.freezes.freeze(signed(freeze("gateway"), LI))
    with pytest.raises(FrozenProblem):
        await guarded.house.seal()
    for _ in range(2):  # one alone does not, however often; also not who froze
        half = await guarded.freezes.unfreeze(unfreeze(LI))
        assert (half.unfreezes, half.ended) == (("li-na",), False)
        with pytest.raises(FrozenProblem):
            await guarded.house.seal()
    whole = await guarded.freezes.unfreeze(unfreeze(WANG))
    assert (whole.unfreezes, whole.ended) == (("li-na", "wang-qiang"), True)
    assert guarded.freezes.book.live == ()
    assert (await guarded.house.seal()).row.is_sealed
    unfreezes = [each for each in guarded.records() if each["kind"] == "unfreeze"]
    assert [(each["by"], each["ended"]) for each in unfreezes] == [
        (["li-na"], False),
        (["wang-qiang"], True),
    ]


async def test_both_may_unfreeze_at_once(guarded: GuardedHouse) -> None:
    await guarded.freezes.freeze(signed(freeze("gateway"), LI))
    said = await asyncio.gather(
        guarded.freezes.unfreeze(unfreeze(ZHAO)), guarded.freezes.unfreeze(unfreeze(WANG))
    )
    assert sorted(frozen.ended for frozen in said) == [False, True]
    assert (await guarded.house.seal()).row.is_sealed


async def test_an_officer_with_two_keys_is_one_officer(guarded: GuardedHouse) -> None:
    house = guarded.house
    bundle = house.in_force.bundle
    li, wang = bundle.persons["li-na"], bundle.persons["wang-qiang"]
    both = msgspec.structs.replace(li, keys=(*li.keys, *wang.keys))
    persons = {**bundle.persons, "li-na": both}
    persons["wang-qiang"] = msgspec.structs.replace(wang, keys=())
    house.in_force = replace(house.in_force, bundle=replace(bundle, persons=persons))
    await guarded.freezes.freeze(signed(freeze("gateway"), LI))
    assert not (await guarded.freezes.unfreeze(unfreeze(LI, WANG))).ended


async def test_who_is_an_officer_no_more_has_ended_nothing(guarded: GuardedHouse) -> None:
    house = guarded.house
    await guarded.freezes.freeze(signed(freeze("gateway"), LI))
    await guarded.freezes.unfreeze(unfreeze(WANG))
    house.in_force = with_officers(house.in_force, officers=("li-na", "zhao-min"))
    assert not (await guarded.freezes.unfreeze(unfreeze(LI))).ended
    assert (await guarded.freezes.unfreeze(unfreeze(ZHAO))).ended


async def test_a_freeze_outlives_a_restart(tmp_path: Path) -> None:
    async with guarded_house(tmp_path) as before:
        signer, clock = before.house.signer, before.house.clock
        frozen = await before.freezes.freeze(signed(freeze("gateway"), LI))
        half = await before.freezes.unfreeze(unfreeze(LI))
    async with guarded_house(tmp_path, clock=clock, signer=signer) as after:
        assert after.freezes.book.live == (half,)
        assert half == msgspec.structs.replace(frozen, unfreezes=("li-na",))
        with pytest.raises(FrozenProblem):
            await after.house.seal()
        assert (await after.freezes.unfreeze(unfreeze(WANG))).ended
    async with guarded_house(tmp_path, clock=clock, signer=signer) as again:
        assert (await again.house.seal()).row.is_sealed


def _kept_otherwise(directory: Path, statement: str, kind: str) -> None:
    engine = open_writer(directory / "test.sqlite")
    with engine.begin() as connection:
        connection.execute(update(rows_of_freezes).values(statement=statement, kind=kind))
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    ["nonsense", "a.b", "a.é.c", "", "{", '{"v": 1}', "a.eyJ2IjoxfQ.c", "a./.c"],
)
@pytest.mark.parametrize(
    ("kind", "told"), [("seal", "the seal receipt-east is frozen"), ("grant", "all sealing")]
)
async def test_a_freeze_that_cannot_be_read_holds_for_what_its_row_says(
    tmp_path: Path, statement: str, kind: str, told: str
) -> None:
    async with guarded_house(tmp_path) as before:
        signer, clock = before.house.signer, before.house.clock
        await before.freezes.freeze(signed(freeze("seal", "receipt-east"), LI))
    _kept_otherwise(tmp_path, statement, kind)
    with capture_logs() as logs:
        async with guarded_house(tmp_path, clock=clock, signer=signer) as after:
            with pytest.raises(FrozenProblem, match=told):
                await after.house.seal()
            with pytest.raises(FreezeStatementRefusedProblem, match="another freeze has the id"):
                await after.freezes.freeze(signed(freeze("seal", "receipt-east"), LI))
            assert (await after.freezes.unfreeze(unfreeze(LI, WANG))).ended
            assert (await after.house.seal()).row.is_sealed
    (first, *_) = [each for each in logs if each["event"] == "freeze_unreadable"]
    assert (first["freeze"], first["log_level"]) == (FREEZE_ID, "error")


async def test_a_statement_that_comes_again_freezes_nothing_again(guarded: GuardedHouse) -> None:
    said = signed(freeze("gateway"), LI)
    first, again = [await guarded.freezes.freeze(said) for _ in range(2)]
    assert first == again
    await guarded.freezes.unfreeze(unfreeze(LI, WANG))
    assert (await guarded.freezes.freeze(said)).ended
    assert (await guarded.house.seal()).row.is_sealed
    assert guarded.kinds().count("freeze") == 1


async def test_an_id_is_for_one_freeze(guarded: GuardedHouse) -> None:
    await guarded.freezes.freeze(signed(freeze("seal", "receipt-east"), LI))
    with pytest.raises(FreezeStatementRefusedProblem, match="another freeze has the id"):
        await guarded.freezes.freeze(signed(freeze("gateway"), LI))


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        ("seal", "reciept-east", "no seal is called 'reciept-east'; did you mean 'receipt-east'"),
        ("company", "nowhere", "no company is called 'nowhere'"),
        ("system", "tsm", "did you mean 'tms'"),
        ("gateway", "tms", "the gateway has no name"),
        ("counterparty", "Dongli", "no document type says which of its attributes"),
        ("counterparty", "…", "a counterparty has a name"),
    ],
)
async def test_a_freeze_of_nothing_is_refused(
    guarded: GuardedHouse, kind: ScopeKind, name: str, why: str
) -> None:
    with pytest.raises(FreezeScopeUnknownProblem, match=why):
        await guarded.freezes.freeze(signed(freeze(kind, name), LI))
    assert guarded.kinds() == []


def _altered(text: str) -> str:
    header, payload, signature = text.split(".")
    return f"{header}.{payload[:-2]}{'A' if payload[-2] != 'A' else 'B'}{payload[-1]}.{signature}"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda said: said[:0], "there is no statement"),
        (lambda _said: ("not a statement",), "three parts"),
        (lambda said: tuple(map(_altered, said)), "is not one of key"),
        (lambda _said: unfreeze(LI), "it is a 'sealgate-unfreeze', not a 'sealgate-freeze'"),
        (lambda said: (*said, *signed(freeze("gateway", reason="x"), WANG)), "not say the same"),
    ],
    ids=["none", "nonsense", "altered", "an unfreezing", "two that differ"],
)
async def test_what_is_no_officers_freeze_freezes_nothing(
    guarded: GuardedHouse, change: Callable[[tuple[str, ...]], tuple[str, ...]], why: str
) -> None:
    with pytest.raises(FreezeStatementRefusedProblem, match=why):
        await guarded.freezes.freeze(change(signed(freeze("gateway"), LI)))
    assert (await guarded.house.seal()).row.is_sealed


async def test_only_officers_freeze_and_unfreeze(guarded: GuardedHouse) -> None:
    house = guarded.house
    house.in_force = with_officers(house.in_force, officers=("li-na", "wang-qiang"))
    with pytest.raises(FreezeStatementRefusedProblem, match="nobody who may say this has a key"):
        await guarded.freezes.freeze(signed(freeze("gateway"), ZHAO))
    await guarded.freezes.freeze(signed(freeze("gateway"), LI))
    with pytest.raises(FreezeStatementRefusedProblem, match="zhao-2026"):
        await guarded.freezes.unfreeze(unfreeze(LI, ZHAO))


async def test_what_is_signed_for_another_gateway_freezes_nothing(guarded: GuardedHouse) -> None:
    said = signed(freeze("gateway", log="other.example/audit"), LI)
    with pytest.raises(
        FreezeStatementRefusedProblem, match=r"'other\.example/audit', and this one"
    ):
        await guarded.freezes.freeze(said)
    assert (await guarded.house.seal()).row.is_sealed


async def test_what_ends_another_gateways_freeze_of_the_same_id_ends_none_here(
    guarded: GuardedHouse,
) -> None:
    await guarded.freezes.freeze(signed(freeze("gateway"), ZHAO))
    elsewhere = unfreeze(LI, WANG, log="other.example/audit")
    with pytest.raises(
        FreezeStatementRefusedProblem, match=r"'other\.example/audit', and this one"
    ):
        await guarded.freezes.unfreeze(elsewhere)
    with pytest.raises(FreezeStatementRefusedProblem, match="different freezes"):
        await guarded.freezes.unfreeze((*unfreeze(LI), elsewhere[1]))
    (frozen,) = guarded.freezes.book.live
    assert frozen.unfreezes == ()
    with pytest.raises(FrozenProblem):
        await guarded.house.seal()


async def test_an_unfreezing_is_of_one_freeze_only(guarded: GuardedHouse) -> None:
    other = new_freeze_id()
    await guarded.freezes.freeze(signed(freeze("gateway"), LI))
    await guarded.freezes.freeze(signed(freeze("seal", "receipt-east", freeze_id=other), LI))
    with pytest.raises(FreezeStatementRefusedProblem, match=f"they end freeze {other}, and not"):
        await guarded.freezes.unfreeze(unfreeze(LI, WANG, freeze_id=other), freeze_id=FREEZE_ID)
    with pytest.raises(FreezeStatementRefusedProblem, match="different freezes"):
        await guarded.freezes.unfreeze((*unfreeze(LI, freeze_id=other), *unfreeze(WANG)))
    with pytest.raises(FreezeUnknownProblem):
        await guarded.freezes.unfreeze(unfreeze(LI, WANG, freeze_id=new_freeze_id()))
    assert (await guarded.freezes.unfreeze(unfreeze(LI, WANG, freeze_id=other))).ended
    with pytest.raises(FrozenProblem, match=FREEZE_ID):  # the other one is still there
        await guarded.house.seal()


async def test_a_group_may_want_more_officers_for_a_freeze(guarded: GuardedHouse) -> None:
    guarded.house.in_force = with_officers(guarded.house.in_force, freeze=2)
    said = freeze("gateway")
    with pytest.raises(FreezeStatementRefusedProblem, match="2 officers must sign a freeze, and 1"):
        await guarded.freezes.freeze(signed(said, LI))
    assert (await guarded.freezes.freeze(signed(said, LI, WANG))).by == ("li-na", "wang-qiang")


async def test_without_officers_nobody_can_sign_and_a_file_can_only_freeze(
    guarded: GuardedHouse,
) -> None:
    house = guarded.house
    text = msgspec.json.encode(freeze("gateway")).decode()
    with pytest.raises(FreezeStatementRefusedProblem, match="name officers"):
        await guarded.freezes.freeze_unsigned(text)
    governed = house.in_force
    house.in_force = replace(governed, bundle=replace(governed.bundle, governance=None))
    with pytest.raises(FreezeStatementRefusedProblem, match="name no officers"):
        await guarded.freezes.freeze(signed(freeze("gateway"), LI))
    assert (await guarded.freezes.freeze_unsigned(text)).by == ()
    with pytest.raises(FrozenProblem):
        await house.seal()
    with pytest.raises(FreezeStatementRefusedProblem, match="ended by two of them"):
        await guarded.freezes.unfreeze(unfreeze(LI, WANG))
    house.in_force = governed
    assert (await guarded.freezes.unfreeze(unfreeze(LI, WANG))).ended


async def test_a_clock_that_jumps_back_stops_no_freeze(guarded: GuardedHouse) -> None:
    await guarded.house.seal()
    guarded.house.clock.moment -= timedelta(days=400)
    await guarded.freezes.freeze(signed(freeze("gateway"), LI))
    guarded.house.clock.moment += timedelta(days=400)
    with pytest.raises(FrozenProblem):
        await guarded.house.seal("another")


async def test_what_waits_for_the_signer_is_given_no_further_grant(guarded: GuardedHouse) -> None:
    freezing: list[asyncio.Task[object]] = []

    def away(_grant: Grant) -> None:
        statement = signed(freeze("seal", "receipt-east"), LI)
        freezing.append(asyncio.create_task(guarded.freezes.freeze(statement)))
        guarded.house.signer.before = lambda _grant: None
        raise SignerUnavailableError("the signer is being started again")

    guarded.house.signer.before = away
    with pytest.raises(FrozenProblem):
        await guarded.house.seal()
    await freezing[0]
    assert guarded.house.signer.redeemed == []
    assert guarded.kinds() == ["intent", "freeze", "failed"]


def test_the_words_that_are_signed_are_bounded() -> None:
    good = msgspec.to_builtins(freeze("gateway"))
    for change in (
        {"reason": ""},
        {"reason": " "},
        {"reason": "x" * 1001},
        {"freeze": "1"},
        {"freeze": f"{FREEZE_ID}\n"},
        {"salt": f"{'0f' * 16}\n"},
        {"reason": "two\nlines"},
        {"reason": "\x1b[2J"},
        {"reason": "turned \u202e round"},
        {"scope": {"kind": "seal", "name": "receipt-east\n"}},
        {"salt": ""},
        {"log": ""},
        {"v": 2},
        {"at": "2026-11-22T00:00:00"},
        {"more": 1},
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**good, **change}, FreezeClaims)
