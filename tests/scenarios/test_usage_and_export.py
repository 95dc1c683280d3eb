"""Who used which seal how often, and everything that is kept in a file that any tool opens."""

import asyncio
import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from gateway.client import GatewayRefusedError, Sealed
from tests.running_gateway import RunningGateway

NUMBERS = tuple(f"用量-{number}" for number in range(3))


@pytest.fixture(scope="module")
def sealed(shared_gateway: RunningGateway) -> list[Sealed]:
    """Three receipts, of which one came twice."""

    async def seal_all() -> list[Sealed]:
        return [
            await shared_gateway.seal(business_number=number, idempotency_key=f"usage-{number[-1]}")
            for number in (*NUMBERS, NUMBERS[0])
        ]

    found = asyncio.run(seal_all())
    assert found[0].content == found[-1].content
    return found


def used(gateway: RunningGateway, *options: str) -> list[dict[str, str | int]]:
    done = gateway.run("usage", "--json", *options)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


async def got(gateway: RunningGateway, path: str) -> str:
    """What a signed GET gives, as text."""
    url = f"{gateway.url}{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=gateway.signer().sign("GET", url, {})) as response,
    ):
        assert response.ok
        return await response.text()


def test_usage_is_as_many_documents_as_are_kept(
    shared_gateway: RunningGateway, sealed: list[Sealed]
) -> None:
    assert sealed
    state = shared_gateway.trial.directory / "state"
    with closing(sqlite3.connect(f"file:{state / 'sealgate.sqlite'}?mode=ro", uri=True)) as store:
        kept = dict(
            store.execute(
                "SELECT seal, count(*) FROM document WHERE state = 'sealed' GROUP BY seal"
            ).fetchall()
        )
    told = used(shared_gateway, "--by", "seal")
    assert {row["seal"]: row["seals"] for row in told} == kept


async def test_a_system_sees_its_own_and_gets_csv(
    shared_gateway: RunningGateway, sealed: list[Sealed]
) -> None:
    assert sealed
    async with shared_gateway.client() as client:
        told = await client.get_json("/v1/usage?by=system,seal,way")
        text = await got(shared_gateway, "/v1/usage?by=system,way&format=csv")
        with pytest.raises(GatewayRefusedError, match="usage is told by"):
            await client.get_json("/v1/usage?by=weather")
    assert {row["system"] for row in told["usage"]} == {"tms"}
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["way"] == "automatic"
    assert int(row["documents"]) >= len(NUMBERS)


async def test_prometheus_has_it_too(shared_gateway: RunningGateway, sealed: list[Sealed]) -> None:
    assert sealed
    text = await got(shared_gateway, "/metrics")
    (line,) = (
        each
        for each in text.splitlines()
        if each.startswith("sealgate_usage_documents_total{") and 'seal="receipt-east"' in each
    )
    assert 'company="east"' in line
    assert float(line.rpartition(" ")[2]) >= len(NUMBERS)


def test_an_export_opens_in_any_tool_and_its_records_prove_the_documents(
    shared_gateway: RunningGateway, sealed: list[Sealed], tmp_path: Path
) -> None:
    assert sealed
    file = tmp_path / "export.sqlite"
    done = shared_gateway.run("export", str(file))
    assert done.returncode == 0, done.stderr
    told = subprocess.run(
        [sys.executable, "-m", "sqlite_utils", "query", file, "SELECT count(*) AS n FROM document"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(told.stdout)[0]["n"] >= len(NUMBERS)
    with closing(sqlite3.connect(file)) as export:
        rows = export.execute(
            "SELECT d.business_number, d.output_sha256, r.leaf FROM document d "
            "JOIN record r ON r.record = d.outcome_record WHERE d.business_number IN (?, ?, ?)",
            NUMBERS,
        ).fetchall()
    assert sorted(row[0] for row in rows) == sorted(NUMBERS)
    for _, digest, leaf in rows:
        assert json.loads(leaf)["output"] == digest
    assert file.stat().st_mode & 0o077 == 0
    again = shared_gateway.run("export", str(file))
    assert again.returncode == 2
    assert "already" in again.stderr
