"""Approvals over HTTP: people sign their requests as systems do, and see what concerns them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.client import RequestSigner
from gateway.http.app import API
from gateway.http.approvals.handlers import Approvals
from tests.approving_house import SIGNERS, Approving, approving_house, person
from tests.unit.http.test_routes import ORIGIN, api_of


def api(made: Approving) -> API:
    house = made.house
    return api_of(house, house.in_force, *Approvals(made.review, clock=house.clock).routes())


async def ask(
    made: Approving, name: str, method: str, path: str, body: object = None
) -> tuple[int, dict[str, Any]]:
    """Status and JSON of what a person is answered."""
    signer = RequestSigner(
        key_id=SIGNERS[name].key_id, key=SIGNERS[name].key, clock=made.house.clock
    )
    data = None if body is None else json.dumps(body).encode()
    headers = {} if data is None else {"Content-Type": "application/json"}
    signed = signer.sign(method, f"{ORIGIN}{path}", headers, data)
    async with (
        TestClient(TestServer(api(made).application())) as client,
        client.request(method, path, headers=signed, data=data) as answer,
    ):
        return answer.status, await answer.json()


@asynccontextmanager
async def waiting(directory: Path, **named: Any) -> AsyncIterator[tuple[Approving, str]]:  # noqa: ANN401 - of the house
    async with approving_house(directory, **named) as made:
        yield made, await made.ask()


async def test_a_person_sees_what_the_rule_asks_and_approves_it(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (made, approval):
        status, listed = await ask(made, "wang", "GET", "/v1/approvals?state=pending")
        assert (status, [each["id"] for each in listed["approvals"]]) == (200, [approval])
        _, shown = await ask(made, "wang", "GET", f"/v1/approvals/{approval}")
        assert (
            shown["policy"]["words"] == "permitted once approved by 1 of lawyer, not by who asked"
        )
        assert shown["facts"]["pages"] == 1
        assert shown["outstanding"] == [{"count": 1, "roles": ["lawyer"]}]
        assert shown["statement"]["request"] == made.row(approval).request_digest.hex()
        said = {"statement": made.statement("wang", approval, reason="seen")}
        status, after = await ask(
            made, "wang", "POST", f"/v1/approvals/{approval}/statements", said
        )
        assert (status, after["state"]) == (200, "granted")
        (each,) = after["statements"]
        assert (each["by"], each["reason"], each["counts"]) == ("wang", "seen", True)
        await made.seal()


@pytest.mark.parametrize(
    ("name", "status", "listed"),
    [("zhao", 200, 1), ("chen", 200, 1), ("li", 404, 0), ("sun", 404, 0)],
)
async def test_an_approval_is_seen_by_whom_it_concerns(
    tmp_path: Path, name: str, status: int, listed: int
) -> None:
    async with waiting(tmp_path) as (made, approval):
        assert (await ask(made, name, "GET", f"/v1/approvals/{approval}"))[0] == status
        _, found = await ask(made, name, "GET", "/v1/approvals")
        assert len(found["approvals"]) == listed


async def test_who_has_left_every_post_has_no_power(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (made, approval):
        left = {**made.bundle.persons, "wang": person("wang", until=date(2026, 11, 1))}
        made.change(persons=left)
        status, told = await ask(made, "wang", "GET", f"/v1/approvals/{approval}")
        assert (status, told["type"]) == (403, "urn:sealgate:problem:not-yours")


async def test_a_body_that_is_no_statement_is_refused(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (made, approval):
        for body in ({}, {"statement": 1}, {"statement": "a", "act": "approve"}, []):
            status, told = await ask(
                made, "wang", "POST", f"/v1/approvals/{approval}/statements", body
            )
            assert (status, told["type"]) == (400, "urn:sealgate:problem:request-malformed")
        status, _ = await ask(made, "wang", "GET", "/v1/approvals?state=open")
        assert status == 400
