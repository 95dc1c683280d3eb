"""An approval that the company's own OA system made comes as a signed token, never as a flag."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from policies.model import Stage
from policies.objects.rules import Approvals
from tests.approving_house import LI, Approving, approving_house, oa_token, problem
from tests.running_gateway import RECEIPT
from tests.signing_house import START

DIGEST = hashlib.sha256(RECEIPT).digest()


def tokens(*subjects: str, **changes: Any) -> tuple[str, ...]:  # noqa: ANN401 - claims
    """A token for each who approved there."""
    return tuple(
        oa_token(DIGEST, START, sub=each, jti=f"OA-{each}", **changes) for each in subjects
    )


async def test_a_token_that_comes_along_lets_the_request_through(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        sealed = await made.seal(tokens=tokens("E1007"))
        (said,) = made.records("approval")
        (intent,) = made.records("intent")
        assert (said["by"], said["source"], said["act"]) == ("E1007", "oa", "approve")
        assert intent["decision"]["approvals"] == [f"{said['approval']}/E1007"]
        row = made.row(said["approval"])
        assert (row.state, row.used_by) == ("used", sealed.row.id)
        assert made.records("asked") == []


async def test_a_token_is_good_once(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        given = tokens("E1007")
        sealed = await made.seal("one", tokens=given)
        assert (await made.seal("one", tokens=given)).row.id == sealed.row.id
        assert (await problem(made.seal("two", tokens=given)))[0] == "approval-needed"
        same_jti = (oa_token(DIGEST, START, jti="OA-E1007", business_number="WB-2"),)
        assert await problem(made.seal("three", tokens=same_jti, business_number="WB-2")) == (
            "approval-used",
            "approval 'OA-E1007' of 'oa' came with another request before",
        )


@pytest.mark.parametrize("other", ["Wang", "ＷＡＮＧ", "wa\u200bng", "WANG"])
async def test_one_who_is_spelled_in_two_ways_is_one(tmp_path: Path, other: str) -> None:
    two = Approvals(stages=(Stage(count=2, roles=frozenset({"lawyer"})),), expires_seconds=3600)
    async with approving_house(tmp_path, approvals=two) as made:
        told = await problem(made.seal(tokens=tokens("wang", other)))
        assert told[0] == "approval-needed"


async def test_who_asks_does_not_approve_by_another_spelling(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        given = tokens("LI", "Ｌi")
        assert (await problem(made.seal(tokens=given, requested_by="li")))[0] == "approval-needed"


@pytest.mark.parametrize("sub", ["wang ", " wang", "\u3000wang", "wang\x85", "wang\n"])
async def test_a_name_with_something_around_it_is_refused(tmp_path: Path, sub: str) -> None:
    async with approving_house(tmp_path) as made:
        given = (oa_token(DIGEST, START, sub=sub),)
        assert (await problem(made.seal(tokens=given)))[0] == "approval-statement-invalid"


async def test_people_and_an_oa_system_count_together(tmp_path: Path) -> None:
    two = Approvals(stages=(Stage(count=2, roles=frozenset({"lawyer"})),), expires_seconds=3600)
    async with approving_house(tmp_path, approvals=two) as made:
        assert (await problem(made.seal(tokens=tokens("E1007", "E1007"))))[0] == "approval-needed"
        (asked,) = made.records("asked")
        await made.say("wang", asked["approval"])
        await made.seal()  # the token was written down when it came
        assert len(made.records("intent")[0]["decision"]["approvals"]) == 2


async def test_one_person_is_one_whatever_they_approve_with(tmp_path: Path) -> None:
    two = Approvals(stages=(Stage(count=2, roles=frozenset({"lawyer"})),), expires_seconds=3600)
    async with approving_house(tmp_path, approvals=two) as made:
        assert (await problem(made.seal(tokens=tokens("wang"))))[0] == "approval-needed"
        (asked,) = made.records("asked")
        await made.say("wang", asked["approval"])
        assert (await problem(made.seal()))[0] == "approval-needed"
        await made.seal(tokens=tokens("E1007"))


async def test_who_asked_does_not_approve_in_the_oa_system(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        told = await problem(made.seal(tokens=tokens("E1007"), requested_by="E1007"))
        assert told[0] == "approval-needed"


@pytest.mark.parametrize(
    ("changed", "kind", "named"),
    [
        ({"document": "ab" * 32}, "approval-void", "document is 'abab"),
        ({"seal": "company-east"}, "approval-void", "seal is 'company-east' in the approval"),
        ({"purpose": "inquiry"}, "approval-void", "purpose is 'inquiry' in the approval"),
        ({"business_number": "WB-2"}, "approval-void", "business_number is 'WB-2'"),
        ({"exp": int(START.timestamp())}, "approval-expired", "ended on 2026-11-22 02:00 UTC"),
        ({"iat": int(START.timestamp()) - 3600}, "approval-expired", "ended on"),
        ({"iat": int(START.timestamp()) + 600}, "approval-statement-invalid", "in the future"),
        ({"iss": "another"}, "approval-statement-invalid", "but 'oa' signed it"),
        ({"sub": "a/b"}, "approval-statement-invalid", "`sub` has"),
        ({"signer": LI}, "approval-statement-invalid", "nobody who may say this"),
    ],
)
async def test_a_token_that_is_not_for_this_is_refused(
    tmp_path: Path, changed: dict[str, Any], kind: str, named: str
) -> None:
    async with approving_house(tmp_path) as made:
        token = oa_token(DIGEST, START, **changed)
        told = await problem(made.seal(tokens=(token,)))
        assert told[0] == kind
        assert named in told[1]
        assert made.records("approval", "intent") == []


async def test_the_oa_system_of_a_subsidiary_has_no_say_elsewhere(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        _belongs_to(made, "south")
        told = await problem(made.seal(tokens=tokens("E1007")))
        assert told[0] == "approval-statement-invalid"
        assert (
            "'oa' is the OA system of company 'south', which does not stand above 'east'" in told[1]
        )
        _belongs_to(made, "east")
        await made.seal(tokens=tokens("E1007"))


async def test_a_token_that_was_written_down_is_verified_anew(tmp_path: Path) -> None:
    two = Approvals(stages=(Stage(count=2, roles=frozenset({"lawyer"})),), expires_seconds=3600)
    async with approving_house(tmp_path, approvals=two) as made:
        assert (await problem(made.seal(tokens=tokens("E1"))))[0] == "approval-needed"
        made.change(approval_sources={})
        (asked,) = made.records("asked")
        await made.say("wang", asked["approval"])
        assert (await problem(made.seal()))[0] == "approval-needed"


async def test_a_token_ends_as_the_policies_say(tmp_path: Path) -> None:
    two = Approvals(stages=(Stage(count=2, roles=frozenset({"lawyer"})),), expires_seconds=9000)
    async with approving_house(tmp_path, approvals=two) as made:
        await problem(made.seal(tokens=tokens("E1")))
        (asked,) = made.records("asked")
        made.house.clock.move(timedelta(seconds=3600))  # maxAgeHours: 1
        await made.say("wang", asked["approval"])
        assert (await problem(made.seal()))[0] == "approval-needed"


def _belongs_to(made: Approving, company: str) -> None:
    source = msgspec.structs.replace(made.bundle.approval_sources["oa"], company=company)
    made.change(approval_sources={"oa": source})


async def test_the_log_has_the_request_for_which_a_token_came(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        (token,) = tokens("E1007")
        await made.seal(tokens=(token,))
        (said,) = made.records("approval")
        digest = made.row(said["approval"]).request_digest
        assert said["request"] == hashlib.sha256(token.encode() + digest).hexdigest()
