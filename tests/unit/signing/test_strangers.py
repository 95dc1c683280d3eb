"""What a caller who has nothing to do with a seal is told of it: as much as of none."""

from pathlib import Path

import pytest

from gateway.errors import Problem
from gateway.signing.errors import DeniedProblem, SealUnknownProblem
from policies.model import Caller
from tests.running_gateway import RECEIPT
from tests.signing_house import House, act_request, request, signing_house
from tests.unit.signing.test_acts import records

STRANGER = Caller(system="wms", company="south", roles=frozenset({"clerk"}))


async def told(house: House, key: str, seal: str, caller: Caller, document_type: str) -> Problem:
    asked = request(key, seal=seal, caller=caller, document_type=document_type)
    with pytest.raises(Problem) as caught:
        await house.service.seal(asked, RECEIPT)
    return caught.value


@pytest.mark.parametrize("document_type", ["receipt", "nothing-like-it"])
async def test_a_seal_of_others_and_no_seal_at_all_are_alike(
    tmp_path: Path, document_type: str
) -> None:
    async with signing_house(tmp_path) as house:
        there = await told(house, "a", "receipt-east", STRANGER, document_type)
        nowhere = await told(house, "b", "receipt-west", STRANGER, document_type)
        assert isinstance(there, SealUnknownProblem)
        assert (type(there), there.status, there.title) == (
            type(nowhere),
            nowhere.status,
            nowhere.title,
        )
        assert there.detail == "no seal that you may use is called `receipt-east` (audit record 0)"
        assert nowhere.detail.replace("west", "east").replace("1)", "0)") == there.detail
        assert [reason[0] for reason in there.reasons] == ["seal-unknown"]
        # The officers' log has the whole of it.
        first, second = (each["decision"]["reasons"][0]["rule"] for each in records(house))
        assert (first != "seal-unknown", second) == (True, "seal-unknown")


async def test_who_is_of_the_seals_company_is_told_which_rules_there_are(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        colleague = Caller(system="wms", company="east")
        denied = await told(house, "a", "receipt-east", colleague, "receipt")
        assert isinstance(denied, DeniedProblem)
        assert [rule for rule, _ in denied.reasons] == ["default", "receipts/automatic"]


async def test_whom_a_permit_of_the_seal_names_is_told_so_on_every_type(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        # By its own name a system is permitted, wherever it belongs.
        named = Caller(system="tms", company="south")
        problem = await told(house, "a", "receipt-east", named, "nothing-like-it")
        assert problem.type == "request-refused"


async def test_of_several_seals_those_of_others_are_told_as_unknown(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        asked = act_request("company-east", "legal-rep-li", caller=STRANGER)
        with pytest.raises(SealUnknownProblem, match="legal-rep-li: no seal that you may use"):
            await house.service.seal(asked, RECEIPT)
