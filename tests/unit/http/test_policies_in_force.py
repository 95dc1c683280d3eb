"""GET /v1/policies: what decides, for whoever watches many gateways."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.client import RequestSigner
from gateway.http.in_force import PoliciesInForce, PolicyStanding, RefusedFile
from gateway.http.openapi import openapi
from policies.powers import Power
from tests.signing_house import START, signing_house
from tests.unit.http.test_routes import KEY, ORIGIN, api_of, with_powers

REFUSED = RefusedFile(file="000003.sealbundle", digest="ab" * 32, sequence=3, why="it is: mend it")
STANDING = PolicyStanding(
    source="bundles",
    bundle="sha256:" + "0" * 64,
    sequence=2,
    signed_by=("li", "wang"),
    since=START,
    refused=(REFUSED,),
    last_refused=msgspec.structs.replace(REFUSED, at=START),
)


async def told(directory: Path, power: Power) -> tuple[int, dict[str, Any]]:
    async with signing_house(directory) as house:
        routes = PoliciesInForce(lambda: STANDING).routes()
        api = api_of(house, with_powers(house, power), *routes, most_requests=0)
        headers = RequestSigner(key_id="key", key=KEY, clock=house.clock).sign(
            "GET", f"{ORIGIN}/v1/policies", {}
        )
        async with (
            TestClient(TestServer(api.application())) as client,
            client.get("/v1/policies", headers=headers) as answer,
        ):
            return answer.status, await answer.json()


async def test_an_auditor_reads_what_decides_since_when_and_what_was_refused(
    tmp_path: Path,
) -> None:
    refused = {
        "file": "000003.sealbundle",
        "digest": "ab" * 32,
        "sequence": 3,
        "why": "it is: mend it",
        "at": None,
    }
    assert await told(tmp_path, "auditor") == (
        200,
        {
            "source": "bundles",
            "bundle": "sha256:" + "0" * 64,
            "sequence": 2,
            "signedBy": ["li", "wang"],
            "since": "2026-11-22T02:00:00Z",
            "refused": [refused],
            "lastRefused": {**refused, "at": "2026-11-22T02:00:00Z"},
            "failed": None,
        },
    )


@pytest.mark.parametrize("power", ["seal-user", "system-administrator"])
async def test_who_has_no_such_power_reads_nothing(power: Power, tmp_path: Path) -> None:
    status, problem = await told(tmp_path, power)
    assert status == 403
    assert problem["type"].endswith(":not-yours")


def test_the_answer_is_described_as_it_is() -> None:
    schema = openapi()["components"]["schemas"]["PolicyStanding"]
    assert set(schema["properties"]) == set(msgspec.to_builtins(STANDING))
