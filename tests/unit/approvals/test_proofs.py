"""What an auditor takes along proves whether approvals were valid, without a gateway."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.approvals.errors import ProofUnreadableError
from gateway.approvals.exporting import proof_of
from gateway.approvals.judging import ProofVerdict, deciding_digest, judge
from gateway.approvals.proof import Proof, read_proof, written
from gateway.audit.checkpoint import LogKey
from gateway.signing.errors import ApprovalNeededProblem
from policies.bundle import Bundle
from policies.model import Stage
from policies.objects.rules import Approvals
from tests.approving_house import (
    HEAD_THEN_TWO_LAWYERS,
    SIGNERS,
    Approving,
    approving_house,
    person,
    problem,
)
from tests.signing_house import START
from tests.unit.approvals.test_oa_approvals import tokens

Change = Callable[[dict[str, Any]], object]

HEAD_THEN_A_LAWYER = Approvals(
    stages=(
        Stage(count=1, roles=frozenset({"head"})),
        Stage(count=1, roles=frozenset({"lawyer"})),
    ),
    in_order=True,
    expires_seconds=3600,
)


async def exported(made: Approving, approval: str) -> Proof:
    """As it comes out of the file."""
    await made.house.audit.checkpoint()
    return read_proof(written(proof_of(made.house.engine, approval)))


Proved = tuple[Proof, Bundle, LogKey]


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Proved:
    """A use that a head and a lawyer have approved, in order."""
    return asyncio.run(_proved(tmp_path_factory.mktemp("proved")))


async def _proved(directory: Path) -> Proved:
    async with approving_house(directory, approvals=HEAD_THEN_A_LAWYER) as made:
        approval = await made.ask(requested_by="sun")
        await made.say("li", approval)
        await made.say("wang", approval, reason="seen")
        await made.seal(requested_by="sun")
        return await exported(made, approval), made.bundle, made.house.log_key


def changed(proof: Proof, change: Change) -> Proof:
    """What somebody has made of the file."""
    told = msgspec.json.decode(written(proof))
    change(told)
    return read_proof(msgspec.json.encode(told))


def test_a_use_that_was_approved_is_proved(proved: Proved) -> None:
    proof, bundle, log_key = proved
    verdict = judge(proof, bundle, log_key=log_key)
    assert verdict.problems == ()
    assert verdict.is_valid
    assert verdict.in_log
    assert [(said.by, said.counts) for said in verdict.statements] == [("li", True), ("wang", True)]
    assert verdict.rule == "receipts/by-hand"
    assert verdict.judged_at == START
    assert verdict.output is not None


def test_without_the_logs_key_it_says_that_the_log_is_not_proved(proved: Proved) -> None:
    proof, bundle, _ = proved
    verdict = judge(proof, bundle, log_key=None)
    assert (verdict.is_valid, verdict.in_log) == (True, False)


def _approval(name: str, value: object) -> Change:
    return lambda told: told["approvals"][0].__setitem__(name, value)


def _statement(name: str, value: object) -> Change:
    return lambda told: told["approvals"][0]["statements"][1].__setitem__(name, value)


def _asked(change: Change) -> Change:
    return lambda told: change(told["approvals"][0]["asked"])


def _without(kind: str) -> Change:
    def change(told: dict[str, Any]) -> None:
        told["records"] = [r for r in told["records"] if f'"kind":"{kind}"' not in r["leaf"]]

    return change


def _record(old: str, new: str) -> Change:
    def change(told: dict[str, Any]) -> None:
        for record in told["records"]:
            record["leaf"] = record["leaf"].replace(old, new)

    return change


def _intent(change: Change) -> Change:
    def change_leaf(told: dict[str, Any]) -> None:
        for record in told["records"]:
            leaf = msgspec.json.decode(record["leaf"])
            if leaf["kind"] == "intent":
                change(leaf)
                record["leaf"] = msgspec.json.encode(leaf).decode()

    return change_leaf


FORGERIES: dict[str, tuple[Change, str]] = {
    "document": (_approval("document", "ab" * 32), "is another one, by the log"),
    "seal": (_approval("seal", "company-east"), "seal or document type are not those"),
    "request": (_approval("request", "ab" * 32), "is not what was approved"),
    "rule": (_approval("rule", "receipts/other"), "says that people were asked"),
    "end": (_approval("expiresAt", "2027-11-22T02:00:00Z"), "approvals are missing: 1 of head"),
    "use": (_approval("usedBy", "0193"), "of which no record of the log is there"),
    "state": (_approval("state", "rejected"), "it was rejected by somebody"),
    "no statements": (_approval("statements", []), "missing: 1 of head; 1 of lawyer"),
    "speaker": (_statement("by", "zhao"), "approvals are missing: 1 of lawyer"),
    "moment": (_statement("at", "2026-11-22T01:59:00Z"), "approvals are missing: 1 of lawyer"),
    "statement": (_statement("statement", "a.b.c"), "approvals are missing: 1 of lawyer"),
    "act": (_statement("act", "reject"), "it was rejected by wang"),
    "number": (_asked(lambda it: it["request"].update(business_number="WB-9")), "were shown"),
    "requester": (_asked(lambda it: it["request"].update(requested_by="wang")), "were shown"),
    "rule's words": (_asked(lambda it: it["rule"].update(id="other")), "reads otherwise"),
    "asked": (lambda it: it["requests"][0].update(business_number="WB-9"), "what was approved"),
    "no asking": (_without("asked"), "no record of the log says that people were asked"),
    "no record of a statement": (
        _without("approval"),
        "approvals are missing: 1 of head; 1 of lawyer",
    ),
    "no intent": (_without("intent"), "of which no record of the log is there"),
    "record": (_record('"by":"wang"', '"by":"zhao"'), "does not stand in the log"),
    "hour": (_record("2026-11-22T02:00", "2026-11-22T03:00"), "does not stand in the log"),
    "place": (lambda it: it["records"][0].update(index=0), "does not stand in the log"),
    "path": (lambda it: it["records"][0].update(path=["zz"]), "does not stand in the log"),
    "head": (lambda it: it.update(checkpoint="test.example/audit"), "not signed by the log's"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_whatever_is_changed_in_the_file_is_found(proved: Proved, name: str) -> None:
    change, why = FORGERIES[name]
    proof, bundle, log_key = proved
    verdict = judge(changed(proof, change), bundle, log_key=log_key)
    assert not verdict.is_valid
    assert why in "; ".join(verdict.problems), verdict.problems


UNREADABLE: dict[str, Change] = {
    "asked": _approval("asked", {}),
    "digest": _approval("document", "zz"),
    "nothing": lambda it: it.update(approvals=[]),
    "format": lambda it: it.update(format="another"),
    "leaf": lambda it: it["records"][0].update(leaf="{"),
    "more": lambda it: it.update(more=1),
    "no reasons": _intent(lambda it: it["decision"].update(reasons=[])),
    "no decision": _intent(lambda it: it.pop("decision")),
    "moment of no calendar": _intent(lambda it: it.update(at="yesterday")),
    "moment without a zone": _intent(lambda it: it.update(at="2026-11-22T02:00:00")),
    "nested without end": lambda it: it["records"][0].update(leaf='{"a":' + "[" * 100_000),
    "first year of all": _approval("createdAt", "0001-01-01T00:00:00Z"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_proof_cannot_be_judged(proved: Proved, name: str) -> None:
    proof, bundle, log_key = proved
    with pytest.raises(ProofUnreadableError):
        judge(changed(proof, UNREADABLE[name]), bundle, log_key=log_key)


@pytest.mark.parametrize("name", ["no reasons", "no decision", "moment of no calendar"])
def test_what_is_no_proof_names_no_policies(proved: Proved, name: str) -> None:
    with pytest.raises(ProofUnreadableError):
        deciding_digest(changed(proved[0], UNREADABLE[name]))


async def test_by_other_policies_it_is_not_judged_valid(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await made.say("wang", approval)
        await made.seal()
        proof, was = await exported(made, approval), made.bundle.digest
        made.change(persons={**made.bundle.persons, "wang": person("zhao")})
        verdict = judge(proof, made.bundle, log_key=made.house.log_key)
        told = "; ".join(verdict.problems)
        assert f"it was decided by {was}" in told
        assert "approvals are missing" in told


def test_a_key_of_another_person_proves_nothing(proved: Proved) -> None:
    proof, bundle, log_key = proved
    for holder in SIGNERS.keys() - {"wang"}:
        swapped = dict(bundle.persons)
        key = msgspec.structs.replace(swapped[holder].keys[0], id="wang-2026")
        swapped["wang"] = msgspec.structs.replace(swapped["wang"], keys=(key,))
        other = type(bundle)(**{**_fields(bundle), "persons": swapped})
        assert not judge(proof, other, log_key=log_key).is_valid


def _fields(bundle: Bundle) -> dict[str, Any]:
    return {name: getattr(bundle, name) for name in bundle.__dataclass_fields__}


async def test_what_waits_yet_is_told_as_missing(tmp_path: Path) -> None:
    async with approving_house(tmp_path, approvals=HEAD_THEN_TWO_LAWYERS) as made:
        approval = await made.ask()
        await made.say("li", approval)
        await made.say("wang", approval)
        verdict = judge(await exported(made, approval), made.bundle, log_key=made.house.log_key)
        assert verdict.problems == ("approvals are missing: 1 of lawyer",)
        await made.say("zhao", approval)
        assert (await verdict_of(made, approval)).is_valid
        await made.say("zhao", approval, "reject")
        assert (await verdict_of(made, approval)).problems[0] == "it was rejected by zhao"


async def verdict_of(made: Approving, approval: str) -> ProofVerdict:
    return judge(await exported(made, approval), made.bundle, log_key=made.house.log_key)


async def test_an_oa_systems_approval_is_proved_like_a_persons(tmp_path: Path) -> None:
    two = Approvals(stages=(Stage(count=2, roles=frozenset({"lawyer"})),), expires_seconds=3600)
    async with approving_house(tmp_path, approvals=two) as made:
        assert (await problem(made.seal(tokens=tokens("E1007"))))[0] == "approval-needed"
        (asked,) = made.records("asked")
        await made.say("wang", asked["approval"])
        await made.seal()
        for named in (asked["approval"], made.records("approval")[0]["approval"]):
            verdict = await verdict_of(made, named)
            assert verdict.problems == ()
            assert {(each.by, each.source) for each in verdict.statements} == {
                ("wang", "person"),
                ("E1007", "oa"),
            }
        made.change(approval_sources={})
        assert not (await verdict_of(made, asked["approval"])).is_valid


async def test_seals_of_one_act_are_proved_with_all_that_was_asked(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        for _ in range(2):  # each seal is asked for in its turn
            with pytest.raises(ApprovalNeededProblem) as needed:
                await made.house.act()
            for approval in needed.value.approvals:
                await made.say("wang", approval)
            if len(made.records("asked")) == 2:
                break
        await made.house.act()
        for asked in made.records("asked"):
            verdict = await verdict_of(made, asked["approval"])
            assert verdict.problems == ()


def test_what_was_used_after_its_time_is_not_valid(proved: Proved) -> None:
    proof, bundle, log_key = proved
    late = (START + timedelta(hours=2)).strftime("%Y-%m-%dT%H")
    change = _record('"at":"2026-11-22T02', f'"at":"{late}')
    verdict = judge(changed(proof, change), bundle, log_key=None)
    assert not verdict.is_valid
    assert not judge(proof, bundle, log_key=LogKey(log_key.origin, bytes(32))).is_valid


async def test_what_is_not_there_or_not_covered_yet_is_not_exported(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        with pytest.raises(ProofUnreadableError, match="there is no approval '0193'"):
            proof_of(made.house.engine, "0193")
        approval = await made.ask()
        with pytest.raises(ProofUnreadableError, match="no signed tree head yet"):
            proof_of(made.house.engine, approval)
