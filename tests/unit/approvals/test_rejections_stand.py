"""A person's rejection ends the use: nothing given before it lets the same request through."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Update, select, update

from gateway.approvals.gathering import ApprovalsKnown
from gateway.approvals.judging import judge
from gateway.audit.kept.approvals import ApprovalRows
from gateway.audit.record import read_leaf
from gateway.store.schema import approval as approvals_table
from gateway.store.schema import audit_leaf
from policies.model import Stage
from policies.objects.rules import Approvals
from tests.approving_house import (
    ONE_LAWYER,
    Approving,
    approving_house,
    oa_token,
    policies_with,
    problem,
)
from tests.signing_house import START, FakeClock
from tests.unit.approvals.test_oa_approvals import DIGEST, tokens
from tests.unit.approvals.test_proofs import exported

HOUR = timedelta(hours=1)


async def rejected_after_a_token(made: Approving) -> str:
    """The OA system approves half an hour after people were asked, and Wang rejects."""
    approval = await made.ask()
    made.house.clock.move(HOUR / 2)
    await post(made, approval)
    assert (await made.say("wang", approval, "reject", reason="fraud")).state == "rejected"
    return approval


async def post(made: Approving, approval: str, **changes: Any) -> None:  # noqa: ANN401 - claims
    at = made.house.clock.now()
    token = oa_token(DIGEST, at, **changes)
    await made.review.take_oa_token(approval, token, nonce=None, at=at)


async def test_a_token_from_before_a_rejection_does_not_outlive_it(tmp_path: Path) -> None:
    async with approving_house(tmp_path, clock=FakeClock(START)) as made:
        approval = await rejected_after_a_token(made)
        assert made.heard == [approval] * 2
        assert (await problem(made.seal()))[0] == "approval-rejected"
        made.house.clock.move(HOUR / 2)  # the approval has ended, the token has not
        assert (await problem(made.seal()))[0] == "approval-needed"
        assert made.records("intent") == []


async def test_a_token_that_was_signed_before_a_rejection_and_held_back_does_not_count(
    tmp_path: Path,
) -> None:
    async with approving_house(tmp_path, clock=FakeClock(START)) as made:
        await rejected_after_a_token(made)
        held_back = oa_token(DIGEST, made.house.clock.now(), jti="OA-2")
        made.house.clock.move(HOUR / 2)
        assert (await problem(made.seal(tokens=(held_back,))))[0] == "approval-needed"


async def test_an_edit_of_the_rule_does_not_lift_a_rejection(tmp_path: Path) -> None:
    async with approving_house(tmp_path, clock=FakeClock(START)) as made:
        approval = await rejected_after_a_token(made)
        longer = Approvals(stages=ONE_LAWYER.stages, expires_seconds=7200)
        made.change(policies=policies_with(longer))
        assert await problem(made.seal()) == (
            "approval-rejected",
            f"approval {approval} was rejected by wang: fraud",
        )
        made.house.clock.move(HOUR / 2)
        assert (await problem(made.seal()))[0] == "approval-needed"


async def test_a_rejection_while_the_document_is_prepared_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await post(made, approval)
        known = ApprovalsKnown.known

        async def and_then_rejected(self: ApprovalsKnown, *case: Any, **named: Any) -> Any:  # noqa: ANN401 - the wrapped one's
            found = await known(self, *case, **named)
            await made.say("wang", approval, "reject")
            return found

        monkeypatch.setattr(ApprovalsKnown, "known", and_then_rejected)
        assert "rejected" in (await problem(made.seal()))[1]
        assert made.records("intent") == []


async def test_what_is_approved_anew_after_a_rejection_has_ended_is_sealed(tmp_path: Path) -> None:
    two = Approvals(stages=(Stage(count=2, roles=frozenset({"lawyer"})),), expires_seconds=3600)
    async with approving_house(tmp_path, approvals=two, clock=FakeClock(START)) as made:
        await rejected_after_a_token(made)
        made.house.clock.move(HOUR / 2)
        again = await made.ask()
        assert (await made.shown("wang", again)).standing.counted == ()
        await post(made, again, jti="OA-2", sub="E1008")
        assert (await made.say("wang", again)).state == "granted"
        await made.seal()
        proof = await exported(made, again)
        assert judge(proof, made.bundle, log_key=made.house.log_key).problems == ()


async def test_a_later_rejection_leaves_what_was_used_before(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        sealed = await made.seal("one", tokens=tokens("E1007"))
        other = await made.ask("two")
        await made.say("wang", other, "reject")
        assert (await made.seal("one")).row.id == sealed.row.id
        (said, _) = made.records("approval")
        proof = await exported(made, said["approval"])
        assert {each.id for each in proof.approvals} == {said["approval"], other}
        assert judge(proof, made.bundle, log_key=made.house.log_key).problems == ()


async def test_a_use_against_a_rejection_is_not_judged_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await post(made, approval)
        await made.say("wang", approval, "reject")
        _hear_no_rejection(monkeypatch)
        await made.seal()
        (oa, _) = made.records("approval")
        proof = await exported(made, oa["approval"])
        told = judge(proof, made.bundle, log_key=made.house.log_key).problems
        assert "it was rejected by wang" in told


async def test_what_is_used_up_beside_a_use_agrees_with_the_log(tmp_path: Path) -> None:
    async with approving_house(tmp_path, clock=FakeClock(START)) as made:
        await rejected_after_a_token(made)
        made.house.clock.move(HOUR / 2)
        again = await made.ask()
        for name in ("OA-2", "OA-3"):
            await post(made, again, jti=name, sub=name)
        await made.seal()
        assert made.row(again).state == "used"
        assert _differences(made) == []
        _edit(
            made,
            update(approvals_table).where(approvals_table.c.id == again).values(state="pending"),
        )
        (told,) = _differences(made)
        assert told == f"approval {again}: the log says otherwise of its state and use"


def _differences(made: Approving) -> list[str]:
    kept = ApprovalRows()
    leaves = select(audit_leaf.c.index, audit_leaf.c.leaf).order_by(audit_leaf.c.index)
    with made.house.engine.connect() as connection:
        for index, leaf in connection.execute(leaves):
            kept.account(index, read_leaf(leaf))
        return [found.what for found in kept.differences(connection)]


def _edit(made: Approving, change: Update) -> None:
    with made.house.engine.begin() as connection:
        connection.execute(change)


def _hear_no_rejection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that somebody has changed."""
    for module in ("gathering", "guard"):
        monkeypatch.setattr(f"gateway.approvals.{module}.rejected_until", lambda _: None)
        monkeypatch.setattr(f"gateway.approvals.{module}.standing_rejection", lambda *_, **__: None)
