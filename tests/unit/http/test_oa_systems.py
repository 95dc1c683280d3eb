"""An OA system posts what was approved there: a token that it signed, for this and once."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.statements import LocalSigner
from policies.model import Stage
from policies.objects.rules import Approvals
from tests.approving_house import LI, OA, Approving, approving_house, oa_token, problem
from tests.running_gateway import RECEIPT
from tests.signing_house import START
from tests.unit.http.test_approvals import ask

DIGEST = hashlib.sha256(RECEIPT).digest()
NOW = int(START.timestamp())
TWO = Approvals(
    stages=(
        Stage(count=1, roles=frozenset({"lawyer"})),
        Stage(count=1, roles=frozenset({"head"})),
    ),
    in_order=True,
    expires_seconds=3600,
)


def forged() -> LocalSigner:
    """Somebody who calls himself the OA system."""
    return LocalSigner(OA.key_id, Ed25519PrivateKey.generate())


async def post(
    made: Approving, approval: str, token: str, *, by: str = "sun"
) -> tuple[int, dict[str, Any]]:
    """What whoever brings the token is answered."""
    return await ask(made, by, "POST", f"/v1/approvals/{approval}/oa", {"token": token})


async def test_an_oa_system_approves_for_the_role_that_it_has(tmp_path: Path) -> None:
    async with approving_house(tmp_path, approvals=TWO) as made:
        approval = await made.ask()
        token = oa_token(DIGEST, START, sub="E1007")
        status, told = await post(made, approval, token)
        assert (status, told) == (200, {"approval": approval, "state": "pending"})

        # Who said yes there is on record, and is seen by who approves next.
        (said,) = made.records("approval")
        assert (said["by"], said["source"], said["act"]) == ("E1007", "oa", "approve")
        _, shown = await ask(made, "li", "GET", f"/v1/approvals/{approval}")
        (each,) = shown["statements"]
        assert (each["by"], each["source"], each["counts"]) == ("E1007", "oa", True)
        assert shown["outstanding"] == [{"count": 1, "roles": ["head"]}]

        made.house.clock.move(timedelta(seconds=1))
        assert (await made.say("li", approval)).state == "granted"
        sealed = await made.seal()
        assert {made.row(a.partition("/")[0]).used_by for a in _rests_on(made)} == {sealed.row.id}


def _rests_on(made: Approving) -> list[str]:
    (intent,) = made.records("intent")
    approvals: list[str] = intent["decision"]["approvals"]
    assert len(approvals) == 2
    return approvals


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "forged": ({"signer": forged()}, "approval-statement-invalid", "not one of key 'oa'"),
    "a person's": ({"signer": LI}, "approval-statement-invalid", "nobody who may say this"),
    "unknown source": (
        {"signer": LocalSigner("oa-2", OA.key)},
        "approval-statement-invalid",
        "nobody who may say this has a key 'oa-2'",
    ),
    "another's name": ({"iss": "oa-2"}, "approval-statement-invalid", "but 'oa' signed it"),
    "audience": ({"aud": "sealgate-test"}, "approval-statement-invalid", "`aud` is"),
    "document": ({"document": "ab" * 32}, "approval-void", "document is 'abab"),
    "seal": ({"seal": "company-east"}, "approval-void", "seal is 'company-east'"),
    "purpose": ({"purpose": "inquiry"}, "approval-void", "purpose is 'inquiry'"),
    "number": ({"business_number": "WB-2"}, "approval-void", "business_number is 'WB-2'"),
    "expired": ({"exp": NOW}, "approval-expired", "ended on 2026-11-22 02:00 UTC"),
    "too old": ({"iat": NOW - 3600}, "approval-expired", "ended on"),
    "of the future": ({"iat": NOW + 600}, "approval-statement-invalid", "in the future"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_token_that_is_not_good_for_this_is_refused(tmp_path: Path, name: str) -> None:
    changes, kind, why = REFUSED[name]
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        _, told = await post(made, approval, oa_token(DIGEST, START, **changes))
        assert told["type"] == f"urn:sealgate:problem:{kind}"
        assert why in told["detail"]
        assert made.records("approval") == []
        assert (await problem(made.seal()))[0] == "approval-needed"


async def test_a_token_for_something_else_learns_nothing_of_the_request(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask(seal="company-east", business_number="SECRET-77")
        mine = {"seal": "receipt-east", "purpose": "inquiry", "business_number": "MINE"}
        _, told = await post(made, approval, oa_token(bytes(32), START, **mine))
        assert told["type"] == "urn:sealgate:problem:approval-void"
        for name in ("document", "seal", "purpose", "business_number"):
            assert f"{name} is " in told["detail"]
        for waiting in (DIGEST.hex(), "company-east", "'receipt'", "SECRET-77"):
            assert waiting not in str(told)


async def test_a_list_of_audiences_is_good_if_this_is_among_them(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        token = oa_token(DIGEST, START, aud=("archive", "sealgate"))
        assert (await post(made, await made.ask(), token))[1]["state"] == "granted"


async def test_a_key_of_a_source_that_was_removed_opens_nothing(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval, kept = await made.ask(), made.bundle.approval_sources
        token = oa_token(DIGEST, START)
        made.change(approval_sources={})
        _, told = await post(made, approval, token)
        assert told["type"] == "urn:sealgate:problem:approval-statement-invalid"
        made.change(approval_sources=kept)
        assert (await post(made, approval, token))[1]["state"] == "granted"
        made.change(approval_sources={})  # also what was taken down before counts no more
        assert (await problem(made.seal()))[0] == "approval-needed"


async def test_a_token_is_good_once(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval, token = await made.ask(), oa_token(DIGEST, START)
        for _ in range(2):  # the OA system got no answer, and posts it again
            assert (await post(made, approval, token))[1]["state"] == "granted"
        assert len(made.records("approval")) == 1
        other = await made.ask("other", business_number="WB-2")
        same_jti = oa_token(DIGEST, START, business_number="WB-2")
        assert (await post(made, other, same_jti))[1]["type"].endswith(":approval-used")
        await made.seal()
        assert (await post(made, approval, token))[1]["type"].endswith(":approval-used")
        again = await made.ask("again")
        assert again != approval
        _, told = await post(made, again, token)
        assert told["type"].endswith(":approval-used")
        assert "was used for document" in told["detail"]


async def test_what_people_were_asked_is_over_when_an_oa_system_has_approved(
    tmp_path: Path,
) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await post(made, approval, oa_token(DIGEST, START))
        spare = oa_token(DIGEST, START, jti="OA-2", sub="E1008")
        await post(made, approval, spare)
        sealed = await made.seal()
        row = made.row(approval)
        assert (row.state, row.used_by) == ("used", sealed.row.id)
        # Neither a late statement nor a spare token lets a second document through.
        assert (await problem(made.say("wang", approval)))[0] == "approval-used"
        assert (await problem(made.seal("second")))[0] == "approval-needed"
        assert (await problem(made.seal("second", tokens=(spare,))))[0] == "approval-needed"


async def test_what_is_over_is_not_approved_any_more(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        await made.say("wang", approval, "reject")
        _, told = await post(made, approval, oa_token(DIGEST, START))
        assert told["type"].endswith(":approval-rejected")
        _, told = await post(made, "0193", oa_token(DIGEST, START))
        assert told["type"].endswith(":approval-unknown")


async def test_a_flag_is_no_token(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask()
        for body in ({"approved": True}, {"token": "yes"}, {"token": True}, {}):
            status, _ = await ask(made, "sun", "POST", f"/v1/approvals/{approval}/oa", body)
            assert status in {400, 422}
        assert made.records("approval") == []


async def test_who_has_no_power_to_decide_brings_no_token(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        status, _ = await post(made, await made.ask(), oa_token(DIGEST, START), by="chen")
        assert status == 403


async def test_who_asked_does_not_approve_in_the_oa_system_either(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        approval = await made.ask(requested_by="E1007")
        assert (await post(made, approval, oa_token(DIGEST, START)))[1]["state"] == "pending"


async def test_a_source_may_have_an_audience_of_its_own(tmp_path: Path) -> None:
    async with approving_house(tmp_path) as made:
        source = made.bundle.approval_sources["oa"]
        own = msgspec.structs.replace(source, audience="https://seal.example")
        made.change(approval_sources={"oa": own})
        approval = await made.ask()
        assert (await post(made, approval, oa_token(DIGEST, START)))[0] == 422
        token = oa_token(DIGEST, START, aud="https://seal.example")
        assert (await post(made, approval, token))[1]["state"] == "granted"
