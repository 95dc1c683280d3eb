"""The main job: an internal system posts a receipt and gets it back sealed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from gateway.client import GatewayRefusedError
from tests.document_fixtures import receipt
from tests.running_gateway import RECEIPT, RunningGateway


@pytest.mark.parametrize("seal", ["receipt-east", "receipt-south"])
async def test_other_peoples_software_calls_the_sealed_receipt_valid(
    shared_gateway: RunningGateway, tmp_path: Path, seal: str
) -> None:
    sealed = await shared_gateway.seal(seal=seal)

    assert sealed.content.startswith(RECEIPT)
    path = tmp_path / "回单.pdf"
    path.write_bytes(sealed.content)
    told = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=True)
    assert "Signature is Valid." in told.stdout
    assert "Total document signed" in told.stdout
    subprocess.run(["qpdf", "--check", path], capture_output=True, check=True)

    with path.open("rb") as file:
        (signature,) = PdfFileReader(file).embedded_signatures
        trust = ValidationContext(
            trust_roots=[load_cert_from_pemder(str(shared_gateway.trial.ca_file))],
            allow_fetching=False,
        )
        status = await async_validate_pdf_signature(signature, trust)
        assert status.bottom_line
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


async def test_the_decision_can_be_looked_up_and_stands_in_the_audit_log(
    shared_gateway: RunningGateway,
) -> None:
    sealed = await shared_gateway.seal(business_number="WB-7")
    async with shared_gateway.client() as client:
        metadata = await client.get_json(f"/v1/documents/{sealed.document_id}")
        decision = await client.get_json(metadata["links"]["decision"])

    assert metadata["state"] == "sealed"
    assert metadata["businessNumber"] == "WB-7"
    assert decision["decision"]["reasons"][0]["rule"] == "receipts/tms-automatic"
    shown = shared_gateway.run("audit", "show", "--document", sealed.document_id, "--json")
    intent, outcome = map(json.loads, shown.stdout.splitlines())
    assert (intent["kind"], outcome["kind"]) == ("intent", "outcome")
    assert intent["index"] == metadata["audit"]["intent"] < outcome["index"]
    assert intent["decision"]["bundle"] == decision["decision"]["bundle"]
    assert outcome["output"] == metadata["output"]["sha256"]
    assert intent["trace"] == sealed.trace
    assert "WB-7" not in shown.stdout  # business data stays out of the log
    by_number = shared_gateway.run("audit", "show", "--number", "WB-7", "--json")
    assert by_number.stdout == shown.stdout
    assert shared_gateway.run("audit", "show", "--number", "WB-unknown").returncode == 1


async def test_several_stamps_in_one_act_are_one_signature_and_their_places_are_told(
    shared_gateway: RunningGateway, tmp_path: Path
) -> None:
    sealed = await shared_gateway.seal(
        document=receipt("outline-3-pages"),
        placement=[
            {"crossPage": {"edge": "right"}},
            {"page": "last", "leftMillimetres": 20, "topMillimetres": 30.5},
        ],
    )
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed.content)
    told = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=True)
    assert told.stdout.count("Signature is Valid.") == 1
    assert "Total document signed" in told.stdout
    async with shared_gateway.client() as client:
        metadata = await client.get_json(f"/v1/documents/{sealed.document_id}")
        decision = await client.get_json(metadata["links"]["decision"])
    *slices, whole = metadata["stamps"]
    assert [stamp["page"] for stamp in slices] == [1, 2, 3]
    assert slices[0]["part"] == {"axis": "x", "start": 0.0, "end": pytest.approx(1 / 3)}
    assert (whole["page"], whole["leftMillimetres"], whole["topMillimetres"]) == (3, 20, 30.5)
    assert whole["part"] is None
    assert decision["decision"]["placement"]["type"] == "several"


async def test_a_refusal_names_the_rules_and_stands_in_the_audit_log(
    shared_gateway: RunningGateway,
) -> None:
    with pytest.raises(GatewayRefusedError) as refused:
        await shared_gateway.seal(attributes={"amount_cents": 9_000_000})

    problem = refused.value.problem
    assert problem["type"] == "urn:sealgate:problem:policy-denied"
    assert {"default", "receipts/tms-automatic"} <= {each["rule"] for each in problem["reasons"]}
    denied = _records(shared_gateway, "denied")
    assert problem["trace"] in {record["trace"] for record in denied}


async def test_nothing_is_half_done_after_a_refusal(gateway: RunningGateway) -> None:
    with pytest.raises(GatewayRefusedError):
        await gateway.seal(document=RECEIPT[: len(RECEIPT) // 2])
    with pytest.raises(GatewayRefusedError):
        await gateway.seal(attributes={"amount_cents": 9_000_000})

    documents = gateway.trial.directory / "state" / "documents"
    assert [path for path in documents.rglob("*") if path.is_file()] == []


async def test_the_log_is_whole_after_a_clean_stop_and_covered_by_a_signed_head(
    gateway: RunningGateway,
) -> None:
    for number in range(3):
        await gateway.seal(business_number=f"WB-{number}")
    assert gateway.stop() == 0

    verdict = json.loads(gateway.run("audit", "verify", "--json").stdout)
    assert verdict["whole"]
    assert verdict["sealed"] == 3
    assert verdict["signedRecords"] == verdict["records"]


async def test_the_command_line_seals_files(gateway: RunningGateway, tmp_path: Path) -> None:
    file = tmp_path / "运单 0001.pdf"
    file.write_bytes(RECEIPT)
    arguments = ["--url", gateway.url, "--seal", "receipt-east", "--type", "logistics-receipt"]
    for _ in range(2):  # the second time it gets back what was sealed
        told = gateway.run(
            "seal", str(file), *arguments, "-a", "amount_cents=100", "-o", str(tmp_path / "out")
        )
        assert told.returncode == 0, told.stderr
    assert (tmp_path / "out" / file.name).read_bytes().startswith(RECEIPT)
    assert len(_records(gateway, "intent")) == 1


async def test_readiness_signs(shared_gateway: RunningGateway) -> None:
    async with shared_gateway.client() as client:
        ready = await client.get_json("/readyz")
        assert (ready["status"], ready["policies"]["refused"]) == ("ready", False)
        assert (await client.get_json("/openapi.json"))["openapi"] == "3.1.0"


async def test_an_idempotency_key_is_good_for_one_document(shared_gateway: RunningGateway) -> None:
    first = await shared_gateway.seal(idempotency_key="k-1")
    again = await shared_gateway.seal(idempotency_key="k-1")
    assert again.repeated
    assert again.content == first.content
    assert again.document_id == first.document_id
    with pytest.raises(GatewayRefusedError) as refused:
        await shared_gateway.seal(idempotency_key="k-1", business_number="WB-2")
    assert refused.value.problem["type"].endswith(":idempotency-key-reused")


async def test_a_system_does_not_see_anothers_documents(shared_gateway: RunningGateway) -> None:
    async with shared_gateway.client() as client:
        with pytest.raises(GatewayRefusedError) as refused:
            await client.get_json("/v1/documents/00000000-0000-7000-8000-000000000000")
    assert refused.value.problem["type"].endswith(":document-unknown")


def _records(gateway: RunningGateway, kind: str) -> list[dict[str, Any]]:
    shown = gateway.run("audit", "show", "0", "-n", "10000", "--json")
    return [
        record for record in map(json.loads, shown.stdout.splitlines()) if record["kind"] == kind
    ]
