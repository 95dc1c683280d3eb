"""Whatever somebody has of a document, one command tells its path, while the gateway runs."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.client import GatewayRefusedError
from tests.batch_client import BatchClient
from tests.running_gateway import RECEIPT, RunningGateway
from tests.scenarios.test_systems_are_told import started, told_gateway


async def traced(gateway: RunningGateway, wanted: str, *, code: int = 0) -> Any:  # noqa: ANN401 - JSON
    done = await asyncio.to_thread(gateway.run, "trace", wanted, "--json")
    assert done.returncode == code, (wanted, done.stdout, done.stderr)
    return json.loads(done.stdout)


@pytest.mark.timeout(180)
async def test_a_document_is_found_by_all_that_people_have_of_it(
    trial_template: Path, tmp_path: Path
) -> None:
    async with told_gateway(trial_template, tmp_path) as (gateway, server, _):
        await started(gateway)
        sealed = await gateway.seal(business_number="运单-1", idempotency_key="key-of-1")
        (event,) = await server.got(1)
        batches = BatchClient(gateway)
        parts = [("document", f"{n}.pdf", c) for n, c in (("WB-7", RECEIPT), ("WB-8", b"none"))]
        batch = (await batches.submit(*parts, key="batch-key")).json["id"]
        await batches.ended(batch)
        await gateway.seal(business_number="运单-2", idempotency_key="key-of-2")
        same = await gateway.seal(business_number="运单-2", idempotency_key="key-of-2b")
        with pytest.raises(GatewayRefusedError) as refused:
            await gateway.seal(business_number="运单-9", attributes={"amount_cents": 10**9})
        await server.got(5)

        # The whole path of one document, in its order.
        story = await traced(gateway, sealed.document_id)
        (seal,) = story["seals"]
        assert (seal["system"], seal["businessNumber"], seal["state"]) == (
            "tms",
            "运单-1",
            "sealed",
        )
        steps = [each["what"] for each in story["steps"]]
        assert steps[:5] == ["asked", "allowed", "intent", "outcome", "archived"]
        assert steps[5:7] == ["event", "delivery"]
        allowed = story["steps"][1]["told"]
        assert seal["rules"][0] in allowed
        assert "tms-events: delivered after 1 tries" in story["steps"][6]["told"]
        moments = [each["at"] for each in story["steps"] if each["at"]]
        assert moments == sorted(moments)
        records = [seal["intentRecord"], seal["outcomeRecord"]]
        assert [each["record"] for each in story["inclusion"]] == records
        proved = await _once_signed(gateway, sealed.document_id)
        assert all(each["isProved"] and each["path"] for each in proved)
        assert any("what is done has no row" in note for note in story["notes"])

        # Every other id of it leads to the same.
        for other in ("key-of-1", "运单-1", seal["traceId"], event.id):
            assert (await traced(gateway, other))["subject"]["id"] == sealed.document_id
        of_batch = await traced(gateway, f"{batch}/1")
        assert of_batch["seals"][0]["businessNumber"] == "WB-7"
        assert of_batch["steps"][0]["what"] == "batch"
        assert (await traced(gateway, "WB-7"))["subject"]["id"] == of_batch["subject"]["id"]

        # What came to nothing has a story as well.
        failed = await traced(gateway, f"{batch}/2")
        assert failed["subject"]["kind"] == "item"
        assert "document-not-pdf" in failed["steps"][1]["told"]
        denied = await traced(gateway, refused.value.problem["trace"])
        assert denied["subject"]["kind"] == "request"
        assert [each["what"] for each in denied["steps"]] == ["denied", "asked"]

        # Several documents, or none: it says so, and what may be meant.
        several = await traced(gateway, "运单-2", code=1)
        assert same.document_id in [each["id"] for each in several["candidates"]]
        assert len(several["candidates"]) == 2
        assert {each["kind"] for each in (await traced(gateway, batch, code=1))["candidates"]} == {
            "document",
            "item",
        }
        cut = await traced(gateway, sealed.document_id[:-4], code=1)
        assert [each["id"] for each in cut["candidates"]] == [sealed.document_id]
        unknown = await traced(gateway, "nobody-knows", code=1)
        assert "nothing here is known as nobody-knows" in unknown["message"]


async def _once_signed(gateway: RunningGateway, document: str) -> list[dict[str, Any]]:
    """The proofs, as soon as a tree head covers the records: one is signed each second."""
    async with asyncio.timeout(30):
        while True:
            found: list[dict[str, Any]] = (await traced(gateway, document))["inclusion"]
            if all(each["isProved"] for each in found):
                return found


@pytest.mark.timeout(120)
async def test_a_job_that_waits_is_told_with_why(trial_template: Path, tmp_path: Path) -> None:
    async with told_gateway(trial_template, tmp_path) as (gateway, server, _):
        server.always = 503
        await started(gateway)
        sealed = await gateway.seal(business_number="运单-1")
        await server.got(1)
        async with asyncio.timeout(30):
            while True:
                story = await traced(gateway, sealed.document_id)
                tried = [each for each in story["steps"] if each["what"] == "delivery"]
                waits = [each for each in story["steps"] if each["what"] == "job"]
                if tried and waits:
                    break
        assert "failing" in tried[0]["told"]
        assert "503" in tried[0]["told"]
        job_id = waits[0]["told"].split()[1]
        assert (await traced(gateway, job_id))["subject"]["id"] == sealed.document_id
