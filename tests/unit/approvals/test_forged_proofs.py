"""Proofs that are put together of true parts, by somebody who has others' proofs at hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from gateway.approvals.judging import judge
from gateway.approvals.proof import Proof, read_proof, written
from gateway.signing.records import request_digest
from policies.model import SealRequest
from tests.approving_house import approving_house, problem
from tests.running_gateway import RECEIPT
from tests.signing_house import START, act_request
from tests.unit.approvals.test_oa_approvals import tokens
from tests.unit.approvals.test_proofs import exported


def told_in(proof: Proof) -> dict[str, Any]:
    """The file, to be changed."""
    told: dict[str, Any] = msgspec.json.decode(written(proof))
    return told


def read_again(told: dict[str, Any]) -> Proof:
    """The inverse of `told_in`."""
    return read_proof(msgspec.json.encode(told))


async def test_an_oa_token_for_another_seal_and_number_does_not_count(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        given = tokens("E1007", business_number="WB-CHEAP")
        await made.seal("cheap", tokens=given, business_number="WB-CHEAP")
        (said,) = made.records("approval")
        asked = await made.ask("dear", seal="company-east", business_number="WB-DEAR")
        dear = told_in(await exported(made, asked))
        cheap = told_in(await exported(made, said["approval"]))
        (row,) = cheap["approvals"]
        (own,) = dear["approvals"]
        row.update(request=own["request"], seal=own["seal"], usedBy=None)
        dear["approvals"].append(row)
        dear["records"] += [each for each in cheap["records"] if '"by":"E1007"' in each["leaf"]]
        verdict = judge(read_again(dear), made.bundle, log_key=made.house.log_key)
        assert [each.counts for each in verdict.statements] == [False]
        assert "approvals are missing: 1 of lawyer" in verdict.problems
        assert any("is for something else than" in each for each in verdict.problems)


async def test_a_token_proves_no_other_attributes_requester_and_system(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        await made.seal(tokens=tokens("E1007"), requested_by="sun")
        (said,) = made.records("approval")
        proof = await exported(made, said["approval"])
        assert judge(proof, made.bundle, log_key=made.house.log_key).problems == ()
        for change in (
            {"attributes": {"amount_cents": 999_999_999}},
            {"requested_by": "zhao"},
            {"caller": {**told_in(proof)["requests"][0]["caller"], "system": "another"}},
        ):
            told = told_in(proof)
            (row,) = told["approvals"]
            row["asked"]["request"].update(change)
            told["requests"][0].update(change)
            shown = msgspec.convert(told["requests"][0], SealRequest)
            row["request"] = request_digest((shown,), bytes.fromhex(row["document"])).hex()
            verdict = judge(read_again(told), made.bundle, log_key=made.house.log_key)
            assert "approvals are missing: 1 of lawyer" in verdict.problems
            assert verdict.statements[0].why == "no record of the log says so"


async def test_a_token_for_one_seal_of_an_act_does_not_count_for_another(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        given = tokens("E1007", seal="company-east")
        act = replace(act_request("company-east", "legal-rep-li"), approval_tokens=given)
        assert (await problem(made.house.service.seal(act, RECEIPT)))[0] == "approval-needed"
        (said,), (asked,) = made.records("approval"), made.records("asked")
        assert asked["seal"] == "legal-rep-li"
        legal = told_in(await exported(made, asked["approval"]))
        company = told_in(await exported(made, said["approval"]))
        (row,) = company["approvals"]
        row.update(seal="legal-rep-li")
        legal["approvals"].append(row)
        legal["requests"] = company["requests"] + legal["requests"]
        legal["records"] += [each for each in company["records"] if "E1007" in each["leaf"]]
        verdict = judge(read_again(legal), made.bundle, log_key=made.house.log_key)
        assert [each.counts for each in verdict.statements] == [False]
        assert "seal is 'company-east' in the approval" in verdict.statements[0].why
        assert "approvals are missing: 1 of lawyer" in verdict.problems
        assert any("is for something else than" in each for each in verdict.problems)


async def test_what_no_record_tells_does_not_move_the_moment_of_judging(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        asked = await made.ask()
        await made.say("wang", asked)
        proof = await exported(made, asked)
        honest = judge(proof, made.bundle, log_key=made.house.log_key)
        assert (honest.is_valid, honest.judged_at) == (True, START)
        (said,) = told_in(proof)["approvals"][0]["statements"]
        for change in (
            {"by": "x", "statement": "a.b.c", "record": 0},
            {"by": "wang"},
            {"by": "zhao", "record": said["record"]},
        ):
            told = told_in(proof)
            later = {**said, "at": "2026-11-22T02:30:00Z", **change}
            told["approvals"][0]["statements"].append(later)
            verdict = judge(read_again(told), made.bundle, log_key=made.house.log_key)
            assert verdict.judged_at == START
            assert [each.counts for each in verdict.statements] == [True, False]
