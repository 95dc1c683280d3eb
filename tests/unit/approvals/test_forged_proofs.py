"""Proofs that are put together of true parts, by somebody who has others' proofs at hand."""

from pathlib import Path
from typing import Any

import msgspec

from gateway.approvals.judging import judge
from gateway.approvals.proof import Proof, read_proof, written
from tests.approving_house import approving_house
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
        assert "business_number is 'WB-CHEAP'" in verdict.statements[0].why
        assert "approvals are missing: 1 of lawyer" in verdict.problems
        assert any("is for something else than" in each for each in verdict.problems)
