"""Freezing over HTTP: it takes a caller with the power, and statements of officers."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.client import RequestSigner
from gateway.freezes.model import ScopeKind
from gateway.http.freezes import Freezes
from policies.objects.documents import Attribute, DocumentType
from policies.objects.group import Company
from policies.objects.systems import System
from policies.powers import Power
from tests.guarded_house import GuardedHouse, guarded_house
from tests.officers import FREEZE_ID, freeze, new_freeze_id, signed, unfreeze
from tests.statement_keys import LI, WANG
from tests.unit.http.test_routes import KEY, ORIGIN, api_of, with_powers


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[GuardedHouse]:
    async with guarded_house(tmp_path) as made:
        yield made


async def ask(
    guarded: GuardedHouse,
    method: str,
    path: str,
    body: object = None,
    *,
    power: Power = "seal-manager",
) -> tuple[int, dict[str, Any]]:
    """Status and answer, with a caller of that power; in a house that is full."""
    house = guarded.house
    routes = Freezes(guarded.freezes).routes()
    house.in_force = with_powers(house, power)
    api = api_of(house, house.in_force, *routes, most_requests=0)
    signer = RequestSigner(key_id="key", key=KEY, clock=house.clock)
    data = None if body is None else json.dumps(body).encode()
    headers = {} if data is None else {"Content-Type": "application/json"}
    headers = signer.sign(method, f"{ORIGIN}{path}", headers, data)
    async with (
        TestClient(TestServer(api.application())) as client,
        client.request(method, path, data=data and io.BytesIO(data), headers=headers) as answer,
    ):
        return answer.status, await answer.json()


async def test_officers_freeze_and_unfreeze(guarded: GuardedHouse) -> None:
    said = {"statements": signed(freeze("seal", "receipt-east"), LI)}
    status, frozen = await ask(guarded, "POST", "/v1/freezes", said)
    assert (status, frozen) == (
        200,
        {
            "id": FREEZE_ID,
            "scope": {"kind": "seal", "name": "receipt-east"},
            "reason": "the key may be lost",
            "by": ["li-na"],
            "at": "2026-11-22T02:00:00Z",
            "audit": 0,
            "unfreezes": [],
            "unfreezesWanted": 2,
            "ended": False,
        },
    )
    for power in ("auditor", "seal-user", "seal-manager"):
        assert await ask(guarded, "GET", "/v1/freezes", power=power) == (200, {"freezes": [frozen]})
    unfreezes = f"/v1/freezes/{FREEZE_ID}/unfreezes"
    status, half = await ask(guarded, "POST", unfreezes, {"statements": unfreeze(LI)})
    assert (status, half["unfreezes"], half["ended"]) == (200, ["li-na"], False)
    status, whole = await ask(guarded, "POST", unfreezes, {"statements": unfreeze(WANG)})
    assert (status, whole["unfreezes"], whole["ended"]) == (200, ["li-na", "wang-qiang"], True)
    assert await ask(guarded, "GET", "/v1/freezes") == (200, {"freezes": []})


async def test_who_uses_seals_sees_what_may_stop_them_and_no_customers_name(
    guarded: GuardedHouse,
) -> None:
    bundle = guarded.house.in_force.bundle
    receipt = DocumentType(
        name="receipt", attributes={"buyer": Attribute(type="string", party=True)}
    )
    others = {
        "companies": {**bundle.companies, "south": Company(name="south", title="南方")},
        "systems": {**bundle.systems, "erp": System(name="erp", company="south")},
        "seals": {
            **bundle.seals,
            "of-south": msgspec.structs.replace(
                bundle.seals["receipt-east"], name="of-south", company="south", key="south"
            ),
        },
        "document_types": {**bundle.document_types, "receipt": receipt},
    }
    guarded.house.in_force = replace(guarded.house.in_force, bundle=replace(bundle, **others))
    frozen: tuple[tuple[ScopeKind, str], ...] = (
        ("company", "south"),
        ("system", "erp"),
        ("seal", "of-south"),
        ("company", "east"),
        ("system", "tms"),
        ("seal", "receipt-east"),
        ("gateway", ""),
        ("counterparty", "秘密客户有限公司"),
    )
    for kind, name in frozen:
        order = freeze(kind, name, freeze_id=new_freeze_id(), reason=f"talks with {name or 'all'}")
        await guarded.freezes.freeze(signed(order, LI))
    for power in ("auditor", "seal-manager"):
        _, told = await ask(guarded, "GET", "/v1/freezes", power=power)
        assert [each["scope"]["name"] for each in told["freezes"]] == [name for _, name in frozen]
    _, told = await ask(guarded, "GET", "/v1/freezes", power="seal-user")
    assert [(each["scope"]["kind"], each["scope"]["name"]) for each in told["freezes"]] == [
        *frozen[3:7],
        ("counterparty", ""),
    ]
    assert told["freezes"][-1]["reason"] == ""
    assert "秘密客户" not in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize("power", ["seal-user", "auditor", "system-administrator"])
async def test_an_officers_statement_is_not_enough_without_the_power(
    guarded: GuardedHouse, power: Power
) -> None:
    said = {"statements": signed(freeze("gateway"), LI)}
    status, problem = await ask(guarded, "POST", "/v1/freezes", said, power=power)
    assert (status, problem["type"]) == (403, "urn:sealgate:problem:not-yours")
    assert guarded.freezes.book.live == ()


@pytest.mark.parametrize(
    ("path", "body", "status", "problem"),
    [
        ("/v1/freezes", {}, 400, "request-malformed"),
        ("/v1/freezes", {"statements": []}, 400, "request-malformed"),
        ("/v1/freezes", {"statements": ["x"], "more": 1}, 400, "request-malformed"),
        ("/v1/freezes", {"statements": ["x" * (2 << 20)]}, 400, "request-malformed"),
        ("/v1/freezes", {"statements": ["x"]}, 403, "freeze-statement-refused"),
        (
            "/v1/freezes",
            {"statements": signed(freeze("seal", "none"), LI)},
            422,
            "freeze-scope-unknown",
        ),
        (f"/v1/freezes/{FREEZE_ID}/unfreezes", {"statements": unfreeze(LI)}, 404, "freeze-unknown"),
        (
            f"/v1/freezes/{new_freeze_id()}/unfreezes",
            {"statements": unfreeze(LI)},
            403,
            "freeze-statement-refused",
        ),
    ],
    ids=[
        "nothing",
        "no statement",
        "more than statements",
        "too long",
        "no statement of ours",
        "no such seal",
        "no such freeze",
        "another freeze's",
    ],
)
async def test_what_freezes_or_unfreezes_nothing_says_why(
    guarded: GuardedHouse, path: str, body: object, status: int, problem: str
) -> None:
    answered, told = await ask(guarded, "POST", path, body)
    assert (answered, told["type"]) == (status, f"urn:sealgate:problem:{problem}")
    assert guarded.freezes.book.live == ()
