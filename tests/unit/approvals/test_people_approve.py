"""A use of a seal waits for people; what they sign lets it through, once."""

import asyncio
import hashlib
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.approvals.model import asked_of, concerned, written
from gateway.approvals.showing import ApprovalState, ApprovalView
from gateway.signing.errors import ApprovalNeededProblem
from gateway.signing.model import SealedDocument
from gateway.store.engines.lane import Transaction
from gateway.store.rows.approvals import put_approval, put_concerned
from policies.errors import GrantRefusedError
from policies.grant import Grant
from tests.approving_house import (
    HEAD_THEN_TWO_LAWYERS,
    ONE_LAWYER,
    Approving,
    approving_house,
    person,
    policies_with,
    problem,
)
from tests.running_gateway import RECEIPT
from tests.signing_house import FakeClock, SoftSigner, act_request


async def test_what_two_people_approve_in_order_is_sealed(tmp_path: Path) -> None:
    async with approving_house(tmp_path, approvals=HEAD_THEN_TWO_LAWYERS) as made:
        approval = await made.ask()
        assert (await made.say("li", approval)).state == "pending"
        with pytest.raises(ApprovalNeededProblem, match="2 of lawyer must approve"):
            await made.seal()
        made.house.clock.move(timedelta(minutes=1))
        await made.say("wang", approval)
        assert (await made.say("zhao", approval)).state == "granted"
        sealed = await made.seal()
        row = made.row(approval)
        assert (row.state, row.used_by) == ("used", sealed.row.id)
        (intent,) = made.records("intent")
        assert intent["decision"]["approvals"] == [
            f"{approval}/li",
            f"{approval}/wang",
            f"{approval}/zhao",
        ]


async def test_two_who_share_a_key_are_not_two_who_approve(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        wang, zhao = made.bundle.persons["wang"], made.bundle.persons["zhao"]
        shared = msgspec.structs.replace(wang.keys[0], id="zhao-2027")
        made.change(
            persons={**made.bundle.persons, "zhao": msgspec.structs.replace(zhao, keys=(shared,))}
        )
        approval = await made.ask()
        told = await problem(made.say("wang", approval))
        assert told[0] == "approval-statement-invalid"


async def test_asking_and_every_statement_are_recorded(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await made.say("wang", approval, reason="ok")
        denied, asked, said = made.records("denied", "asked", "approval")
        assert denied["decision"]["type"] == "needs-approval"
        assert (asked["approval"], asked["rule"]) == (approval, "receipts/by-hand")
        assert asked["input"] == hashlib.sha256(RECEIPT).hexdigest()
        assert asked["stages"] == [{"count": 1, "roles": ["lawyer"]}]
        assert (said["approval"], said["act"], said["by"], said["source"]) == (
            approval,
            "approve",
            "wang",
            "person",
        )


async def test_a_request_that_comes_again_is_asked_once(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        assert await made.ask("one") == await made.ask("one") == await made.ask("two")
        assert len(made.records("asked")) == 1


async def test_an_approval_is_good_for_one_document(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask("one")
        await made.say("wang", approval)
        sealed = await made.seal("one")
        assert (await made.seal("one")).row.id == sealed.row.id
        assert await made.ask("two") != approval


async def test_a_rejection_ends_it(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await made.say("wang", approval)
        assert (
            await made.say("zhao", approval, "reject", reason="wrong amount")
        ).state == "rejected"
        assert await problem(made.seal()) == (
            "approval-rejected",
            f"approval {approval} was rejected by zhao: wrong amount",
        )
        assert (await problem(made.say("wang", approval)))[0] == "approval-rejected"
        assert await made.ask(business_number="WB-2") != approval


async def test_who_asked_has_no_say(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        by_system = await made.ask(requested_by="wang")
        by_wang = await made.ask("own", caller=made.caller("wang"))
        for approval in (by_system, by_wang):
            told = await problem(made.say("wang", approval))
            assert told == (
                "approval-not-yours",
                "'wang' asked for the seal, and cannot approve it",
            )
            assert (await made.say("zhao", approval)).state == "granted"
        await made.seal(requested_by="wang")
        await made.seal("own", caller=made.caller("wang"))


async def test_only_who_holds_a_role_of_the_rule_has_a_say(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask(caller=made.caller("sun"))
        assert await problem(made.say("sun", approval)) == (
            "approval-not-yours",
            "'sun' asked for the seal, and cannot approve it",
        )
        assert (await problem(made.say("li", approval)))[0] == "approval-unknown"
        assert await problem(made.say("chen", approval)) == (
            "approval-not-yours",
            "receipts/by-hand asks for 1 of lawyer; the posts of 'chen' have the roles auditor",
        )


async def test_nobody_speaks_out_of_turn(tmp_path: Path) -> None:
    async with approving_house(tmp_path, approvals=HEAD_THEN_TWO_LAWYERS) as made:
        approval = await made.ask()
        assert await problem(made.say("wang", approval)) == (
            "approval-not-yours",
            "it is not the turn of 'wang': next is 1 of head",
        )


async def test_who_has_left_the_post_counts_no_more(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        assert (await made.say("wang", approval)).state == "granted"
        # START is 10:00 on 22 November in Asia/Shanghai: it was the day before his last.
        left = {**made.bundle.persons, "wang": person("wang", until=date(2026, 11, 22))}
        made.change(persons=left)
        assert (await made.shown("zhao", approval)).state == "pending"
        assert (await problem(made.seal()))[0] == "approval-needed"
        assert (await problem(made.say("wang", approval)))[0] == "approval-unknown"
        await made.say("zhao", approval)
        await made.seal()


async def test_a_post_is_held_until_midnight_in_shanghai(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        held = {**made.bundle.persons, "wang": person("wang", until=date(2026, 11, 23))}
        made.change(persons=held)
        assert made.caller("wang").roles == {"lawyer"}
        made.house.clock.move(timedelta(hours=14))  # 02:00 UTC on the 22nd, and then midnight there
        assert made.caller("wang").roles == frozenset()
        assert made.caller("wang").posts == frozenset()


async def test_a_statement_whose_key_is_not_in_force_any_more_does_not_count(
    tmp_path: Path,
) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await made.say("wang", approval)
        keyless = {**made.bundle.persons, "wang": msgspec.structs.replace(person("wang"), keys=())}
        made.change(persons=keyless)
        assert (await problem(made.seal()))[0] == "approval-needed"


async def test_an_approval_counts_for_its_time(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await made.say("wang", approval)
        made.house.clock.move(timedelta(hours=1))
        assert (await made.shown("wang", approval)).state == "expired"
        told = await problem(made.say("zhao", approval))
        assert told == ("approval-expired", f"approval {approval} ended on 2026-11-22 03:00 UTC")
        assert await made.ask() != approval


async def test_people_who_approved_by_another_rule_have_approved_something_else(
    tmp_path: Path,
) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await made.say("wang", approval)
        made.change(policies=policies_with(ONE_LAWYER, when="doc.pages < 1000"))
        again = await made.ask()
        assert again != approval
        await made.say("wang", again)
        await made.seal()


async def test_approvals_outlive_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    signer = SoftSigner(clock)
    async with approving_house(tmp_path, clock=clock, signer=signer) as made:
        approval = await made.ask()
        await made.say("wang", approval)
    async with approving_house(tmp_path, clock=clock, signer=signer) as made:
        sealed = await made.seal()
        assert made.row(approval).used_by == sealed.row.id


async def test_each_seal_of_an_act_has_an_approval_of_its_own(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        act = act_request("company-east", "legal-rep-li")
        with pytest.raises(ApprovalNeededProblem) as needed:
            await made.house.service.seal(act, RECEIPT)
        first, second = needed.value.approvals
        await made.say("wang", first)
        with pytest.raises(ApprovalNeededProblem):
            await made.house.service.seal(act, RECEIPT)
        assert made.records("intent") == []
        await made.say("zhao", second)
        sealed = await made.house.service.seal(act, RECEIPT)
        used = [made.row(each).used_by for each in (first, second)]
        assert used == [part.id for part in sealed.parts]


async def test_two_requests_at_once_do_not_use_one_approval_twice(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask("one")
        await made.say("wang", approval)
        keys = [f"key-{number}" for number in range(8)]
        results = await asyncio.gather(*map(made.seal, keys), return_exceptions=True)
        sealed = [each for each in results if isinstance(each, SealedDocument)]
        refused = {getattr(each, "type", "") for each in results if each not in sealed}
        assert len(sealed) == 1
        assert refused <= {"approval-used", "approval-needed"}
        assert len(made.records("intent")) == 1


async def test_a_failed_signature_does_not_cost_the_approval(tmp_path: Path) -> None:
    clock = FakeClock()
    signer = SoftSigner(clock)
    async with approving_house(tmp_path, clock=clock, signer=signer) as made:
        approval = await made.ask()
        await made.say("wang", approval)

        def fail(_grant: Grant) -> None:
            raise GrantRefusedError("the token says no")

        signer.before = fail
        assert (await problem(made.seal()))[0] == "signer-unavailable"
        assert await made.ask("another") != approval
        signer.before = lambda _grant: None
        sealed = await made.seal()
        assert made.row(approval).used_by == sealed.row.id


async def test_64_statements_at_once_are_all_taken(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approvals = [await made.ask(f"k{n}", business_number=f"WB-{n}") for n in range(32)]
        said = [made.say(name, approval) for approval in approvals for name in ("wang", "zhao")]
        await asyncio.gather(*said)
        assert len(made.records("approval")) == 64
        assert {(await made.shown("wang", each)).state for each in approvals} == {"granted"}


@pytest.mark.parametrize("act", ["approve", "reject"])
async def test_a_statement_that_comes_again_is_one_and_is_answered_alike(
    tmp_path: Path, act: str
) -> None:
    async with approving_house(tmp_path, approvals=HEAD_THEN_TWO_LAWYERS) as made:
        approval = await made.ask()
        statement = made.statement("li", approval, act)
        together = await asyncio.gather(
            *(made.take_statement("li", approval, statement) for _ in range(3))
        )
        again = await made.take_statement("li", approval, statement)
        assert {each.state for each in (*together, again)} == {again.state}
        assert len(made.records("approval")) == 1
        assert made.heard == [approval]


async def test_a_moment_that_is_none_is_refused_and_no_defect(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        told = await problem(made.say("wang", approval, at=2**40))
        assert told[0] == "approval-statement-invalid"
        assert made.records("approval") == []


async def listed_for(
    made: Approving, name: str, state: ApprovalState | None
) -> tuple[ApprovalView, ...]:
    return await made.review.listed(made.caller(name), state, at=made.house.clock.now())


async def flood_with(made: Approving, approval: str) -> None:
    """1,200 newer ones that another system asks for, which anybody whom they concern may list."""
    row = made.row(approval)
    asked = msgspec.structs.replace(asked_of(row), rule=None)

    def flood(unit: Transaction) -> None:
        for number in range(1200):
            other = msgspec.structs.replace(
                row, id=f"f{number:035}", system="flood", asked=written(asked)
            )
            put_approval(unit, other)
            put_concerned(unit, other.id, concerned(other, asked))

    await made.house.lane.write(flood)


async def test_a_long_list_leaves_the_others_their_turn(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        await flood_with(made, await made.ask())
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        beside = asyncio.create_task(others())
        # None has expired, so that it looks at as many as it ever does.
        assert await listed_for(made, "chen", "expired") == ()
        beside.cancel()
        assert turns >= 300 // 20


async def test_many_of_one_system_leave_everybody_elses_in_their_lists(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await flood_with(made, approval)
        states: tuple[ApprovalState | None, ...] = (None, "pending")
        for name in ("wang", "zhao"):
            for state in states:
                listed = await listed_for(made, name, state)
                assert [each.row.id for each in listed] == [approval]
        assert await listed_for(made, "li", None) == ()
        assert len(await listed_for(made, "chen", None)) == 100
