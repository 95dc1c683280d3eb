"""Several seals in one act: the caller gets a document with all of them, or none is released."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.audit.record import read_leaf
from gateway.audit.verification import LogVerdict, LogVerifier
from gateway.errors import Problem
from gateway.http.answers import decision, metadata
from gateway.signing.errors import (
    ActIncompleteProblem,
    DeniedProblem,
    DocumentUnknownProblem,
    IdempotencyKeyReusedProblem,
    LimitReachedProblem,
    SealsDoNotCombineProblem,
    SealUnknownProblem,
    SignerUnavailableProblem,
)
from gateway.store.engines.database import open_reader
from gateway.store.errors import StoreProblem
from gateway.store.schema import audit_leaf
from hsm.errors import TokenFailedError
from policies.grant import Grant
from policies.model import Caller
from tests.document_fixtures import receipt
from tests.running_gateway import RECEIPT
from tests.signing_house import House, act_request, signing_house

TMS = Caller(system="tms", company="east")
OTHER = Caller(system="other", company="east")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with signing_house(tmp_path) as made:
        yield made


def records(house: House) -> list[dict[str, Any]]:
    with open_reader(house.directory / "test.sqlite").connect() as connection:
        leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
        return [read_leaf(leaf) for leaf in leaves.scalars()]


def verdict(house: House) -> LogVerdict:
    file = house.directory / "checkpoint"
    published = {"checkpoint": file.read_text()} if file.exists() else {}
    with open_reader(house.directory / "test.sqlite").connect() as connection:
        return LogVerifier(connection, key=house.log_key, published=published).verify()


def whole(content: tuple[bytes, ...]) -> bytes:
    return b"".join(content)


def fail_at(house: House, number: int) -> None:
    """The key of the n-th signature from now on fails, as if the power went there."""
    left = iter(range(1, number))

    def fail(_grant: Grant) -> None:
        if next(left, None) is None:
            raise TokenFailedError("as if the power went here")

    house.signer.before = fail


async def test_each_seal_signs_the_output_of_the_one_before(house: House) -> None:
    sealed = await house.act()

    first, last = sealed.parts
    between = await house.archive.sealed(first.id, TMS)
    assert sealed.row == last
    assert whole(between.content).startswith(RECEIPT)
    assert whole(sealed.content).startswith(whole(between.content))
    assert [grant.seal for grant in house.signer.redeemed] == ["company-east", "legal-rep-li"]
    assert [grant.key for grant in house.signer.redeemed] == ["receipt-east", "legal-rep-li"]


async def test_the_parts_name_one_another_in_the_records(house: House) -> None:
    sealed = await house.act()

    one, made, two, released = records(house)
    assert [each["kind"] for each in (one, made, two, released)] == ["intent", "outcome"] * 2
    assert one["act"] == {"id": sealed.row.id, "part": 1, "parts": 2}
    assert two["act"] == {
        "id": sealed.row.id,
        "part": 2,
        "parts": 2,
        "follows": made["output"],
    }
    assert made["act"] == one["act"]
    assert released["document"] == sealed.row.id == sealed.row.act
    assert one["input"] == two["input"]
    assert one["facts"] == two["facts"]
    assert [one["decision"]["reasons"][0]["rule"], two["decision"]["reasons"][0]["rule"]] == [
        "company/automatic",
        "legal-representative/automatic",
    ]
    assert verdict(house).is_good
    assert verdict(house).sealed == 2


async def test_a_seal_alone_is_recorded_as_before_and_commits_as_often(house: House) -> None:
    before = house.lane.commits
    await house.seal()
    assert house.lane.commits - before == 2
    assert len(house.press.prepared) == 1
    assert all("act" not in each for each in records(house))


async def test_metadata_and_decision_show_all_seals(house: House) -> None:
    sealed = await house.act()
    told = metadata(sealed.row, sealed.parts)
    assert (told["act"]["id"], told["act"]["part"], told["act"]["of"]) == (told["id"], 2, 2)
    assert told["act"]["complete"]
    assert [each["seal"] for each in told["act"]["parts"]] == ["company-east", "legal-rep-li"]
    why = decision(sealed.row, sealed.parts)
    assert [each["seal"] for each in why["parts"]] == ["company-east", "legal-rep-li"]
    assert why["decision"] == why["parts"][1]["decision"]


async def test_a_certification_for_form_filling_may_be_the_first_of_three(house: House) -> None:
    sealed = await house.act("certifying-east", "company-east", "legal-rep-li")
    assert [row.part for row in sealed.parts] == [1, 2, 3]
    assert verdict(house).is_good


async def test_a_repeat_gets_the_same_bytes_and_uses_no_key(house: House) -> None:
    first = await house.act()
    again = await house.act()
    assert again.repeated
    assert whole(again.content) == whole(first.content)
    assert again.parts == first.parts
    assert len(house.signer.redeemed) == 2


async def test_twins_that_come_at_once_are_sealed_once(house: House) -> None:
    results = await asyncio.gather(*(house.act() for _ in range(10)))
    assert len({whole(each.content) for each in results}) == 1
    assert len(house.signer.redeemed) == 2


@pytest.mark.parametrize(
    "seals",
    [("company-east",), ("legal-rep-li", "company-east"), ("company-east", "certifying-east")],
    ids=["fewer", "another order", "others"],
)
async def test_a_key_with_other_seals_is_refused(house: House, seals: tuple[str, ...]) -> None:
    await house.act()
    with pytest.raises(IdempotencyKeyReusedProblem):
        await house.act(*seals)


async def test_one_denial_denies_the_act_and_uses_no_key(house: House) -> None:
    with pytest.raises(DeniedProblem) as denied:
        await house.act(document=receipt("outline-3-pages"))

    assert {rule for rule, _ in denied.value.reasons} == {
        "default",
        "legal-representative/automatic",
    }
    assert all(message.startswith("legal-rep-li: ") for _, message in denied.value.reasons)
    (record,) = records(house)
    assert (record["kind"], record["seal"], record["further"]) == (
        "denied",
        "company-east",
        ["legal-rep-li"],
    )
    assert house.signer.redeemed == []


async def test_a_refusal_has_the_reasons_of_every_seal_that_said_no(house: House) -> None:
    signed = whole((await house.act(key="before")).content)
    with pytest.raises(DeniedProblem) as denied:
        await house.act(document=signed)
    assert [rule for rule, _ in denied.value.reasons] == [
        "company/signed",
        "legal-representative/signed",
    ]


async def test_an_unknown_seal_among_several_is_told_as_such(house: House) -> None:
    with pytest.raises(SealUnknownProblem, match="nowhere"):
        await house.act("company-east", "nowhere")
    assert [each["kind"] for each in records(house)] == ["denied"]


@pytest.mark.parametrize(
    ("seals", "told"),
    [
        (("receipt-east", "legal-rep-li"), "'legal-rep-li' cannot follow"),
        (("company-east", "certifying-east"), "cannot follow seal 'company-east'"),
    ],
    ids=["after the last word", "a certification that is not the first"],
)
async def test_seals_that_cannot_follow_one_another_are_refused_before_a_key_is_used(
    house: House, seals: tuple[str, ...], told: str
) -> None:
    with pytest.raises(SealsDoNotCombineProblem, match=told) as refused:
        await house.act(*seals)
    assert "approval" in refused.value.cure
    assert house.signer.redeemed == []
    assert house.press.prepared == []
    assert [each["kind"] for each in records(house)] == ["denied"]


async def test_each_rule_is_charged_with_its_own_seal(house: House) -> None:
    await house.act(key="one")
    await house.act(key="two")
    with pytest.raises(LimitReachedProblem, match="legal-representative/automatic permits 2"):
        await house.act(key="three")
    assert len(house.signer.redeemed) == 4  # no key was used for an act that had no room
    for number in range(3):
        await house.act("company-east", key=f"alone-{number}")
    with pytest.raises(LimitReachedProblem, match="company/automatic permits 5"):
        await house.act("company-east", key="alone-3")


async def test_a_limit_that_others_use_up_in_between_stops_the_act_until_it_has_room(
    house: House,
) -> None:
    await house.act("legal-rep-li", key="alone")

    def use_up(grant: Grant) -> None:
        if grant.seal == "company-east":
            house.engine.raw_connection().execute(
                "update charge_slot set used=2 where counter like '%legal-representative%'"
            )
            house.slots._sums.clear()  # it believes itself to be the only one who writes

    house.signer.before = use_up
    with pytest.raises(LimitReachedProblem, match="legal-representative/automatic permits 2"):
        await house.act()
    first = await house.reader.by_key("tms", "k")
    assert first is not None
    with pytest.raises(ActIncompleteProblem):
        await house.archive.sealed(first.id, TMS)

    house.clock.move(timedelta(hours=1))
    assert (await house.act()).row.is_last
    assert [grant.seal for grant in house.signer.redeemed] == [
        "legal-rep-li",
        "company-east",
        "legal-rep-li",
    ]


async def test_two_seals_of_one_rule_need_room_for_both(house: House) -> None:
    for number in range(4):
        await house.act("company-east", key=f"alone-{number}")
    with pytest.raises(LimitReachedProblem, match="company/automatic permits 5"):
        await house.act("certifying-east", "company-east")
    assert len(house.signer.redeemed) == 4


async def test_the_revision_between_is_given_to_nobody_before_the_act_is_complete(
    house: House,
) -> None:
    fail_at(house, 2)
    with pytest.raises(SignerUnavailableProblem):
        await house.act()
    known = await house.reader.by_key("tms", "k")
    assert known is not None
    first, _ = await house.archive.parts(known)

    with pytest.raises(ActIncompleteProblem, match="part 1 of 2"):
        await house.archive.sealed(first.id, TMS)
    with pytest.raises(DocumentUnknownProblem):
        await house.archive.sealed(first.id, OTHER)
    told = metadata(first, await house.archive.parts(first))
    assert not told["act"]["complete"]

    house.signer.before = lambda _grant: None
    await house.act()
    assert whole((await house.archive.sealed(first.id, TMS)).content).startswith(RECEIPT)
    with pytest.raises(DocumentUnknownProblem):
        await house.archive.sealed(first.id, OTHER)


async def test_after_a_crash_between_two_seals_the_first_is_not_signed_again(
    tmp_path: Path,
) -> None:
    async with signing_house(tmp_path) as house:
        fail_at(house, 2)
        with pytest.raises(SignerUnavailableProblem):
            await house.act()
        made = records(house)[1]["output"]
        signer, clock = house.signer, house.clock

    signer.before = lambda _grant: None
    clock.move(timedelta(minutes=30))
    async with signing_house(tmp_path, clock=clock, signer=signer) as house:
        sealed = await house.act()
        intents = [each for each in records(house) if each["kind"] == "intent"]
        assert [each["act"]["part"] for each in intents] == [1, 2, 2]
        assert intents[1]["to_be_signed"] == intents[2]["to_be_signed"]
        assert intents[2]["act"]["follows"] == made
        assert [grant.seal for grant in signer.redeemed] == ["company-east", "legal-rep-li"]
        assert sealed.parts[0].output_digest == bytes.fromhex(made)
        assert verdict(house).is_good


async def test_an_act_that_goes_on_is_decided_anew(house: House) -> None:
    fail_at(house, 2)
    with pytest.raises(SignerUnavailableProblem):
        await house.act()
    house.signer.before = lambda _grant: None
    policy = house.directory / "policies" / "all.yaml"
    frozen = policy.read_text().replace(
        "type: 公章, state: active", "type: 公章, state: frozen, frozenReason: 遗失"
    )
    policy.write_text(frozen)
    house.reload()
    with pytest.raises(DeniedProblem, match="遗失"):
        await house.act()
    assert len(house.signer.redeemed) == 1


async def test_a_store_that_fails_at_the_last_outcome_releases_nothing(house: House) -> None:
    def refuse_writes(*, on: bool) -> None:
        house.engine.raw_connection().execute(f"PRAGMA query_only={'ON' if on else 'OFF'}")

    def before(grant: Grant) -> None:
        if grant.seal == "legal-rep-li":
            refuse_writes(on=True)

    house.signer.before = before
    with pytest.raises(StoreProblem):
        await house.act()
    refuse_writes(on=False)
    known = await house.reader.by_key("tms", "k")
    assert known is not None
    for row in await house.archive.parts(known):
        with pytest.raises(Problem):
            await house.archive.sealed(row.id, TMS)
    house.signer.before = lambda _grant: None
    assert (await house.act()).row.is_sealed


async def test_a_normalised_document_is_written_anew_once(house: House) -> None:
    sealed = await house.service.seal(act_request(document_type="inquiry"), RECEIPT)
    first, last = sealed.parts
    assert first.normalized_digest == last.normalized_digest is not None
    assert verdict(house).is_good


TAMPERINGS: dict[str, Callable[[Any], object]] = {
    "the part": lambda db: db.execute("update document set part=3 where part=2"),
    "the act": lambda db: db.execute("update document set act=null"),
    "the revision between": lambda db: db.execute("delete from document where part=1"),
}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
async def test_audit_verify_finds_an_act_that_was_changed(
    house: House, tampering: Callable[[Any], object]
) -> None:
    await house.act()
    with house.engine.begin() as connection:
        tampering(connection.connection)
    assert not verdict(house).is_good
