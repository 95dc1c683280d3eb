"""公章 and 法人章 in one act: the document comes back with both seals, or it does not come back."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from gateway.client import GatewayClient, GatewayRefusedError, Sealed
from tests.document_fixtures import receipt
from tests.running_gateway import RECEIPT, RunningGateway, copy_of, submission
from tests.unit.documents.test_existing_fields import with_field

POLICY = """
apiVersion: sealgate/v1
kind: Seal
metadata: {name: company-east}
spec:
  company: east
  type: 公章
  state: active
  key: receipt-east
  sharesKeyWith: receipt-east
  certificate: certificates/receipt-east.pem
  signature: {kind: approval}
  stamp:
    round: {name: 示例物流（华东）有限公司, serial: "3101150012345", diameterMillimetres: 40}
  placement: {keyword: 收货人签章, occurrence: last}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: certifying-east}
spec:
  company: east
  type: 公章
  state: active
  key: receipt-east
  sharesKeyWith: receipt-east
  certificate: certificates/receipt-east.pem
  signature: {kind: certification, permission: form-filling}
  stamp:
    round: {name: 示例物流（华东）有限公司, serial: "3101150012345", diameterMillimetres: 40}
  placement: {page: 1, leftMillimetres: 20, topMillimetres: 20}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: legal-rep-li, description: 法定代表人李某}
spec:
  company: east
  type: 法人章
  state: active
  key: receipt-south
  sharesKeyWith: receipt-south
  certificate: certificates/receipt-south.pem
  signature: {kind: approval}
  stamp: {picture: {file: legal-rep-li.svg, widthMillimetres: 18}}
  placement: {page: last, leftMillimetres: 90, topMillimetres: 20}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: company-and-representative}
spec:
  seals: [company-east, certifying-east, legal-rep-li]
  documentTypes: [logistics-receipt]
  permit:
    - id: tms-automatic
      systems: [tms]
      when: doc.attributes.amount_cents <= 5000000
    - id: representative-of-large-amounts
      systems: [tms]
      when: >-
        seal.type == "公章" &&
        doc.attributes.amount_cents > 5000000 && doc.attributes.amount_cents <= 8000000
  forbid:
    - id: no-changes-after-signature
      when: doc.signatures > 0
tests:
  - name: both seals are put on an ordinary receipt
    request: {system: tms, doc: {attributes: {amount_cents: 1}}}
    expect: allowed
"""
_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<path fill="#e60012" fill-rule="evenodd" d="M0 0H40V40H0ZM4 4H36V36H4Z"/></svg>'
)
FURTHER = [{"seal": "legal-rep-li"}]
SPOT: dict[str, Any] = {"page": 1, "leftMillimetres": 20, "topMillimetres": 20}
OTHER_SPOT = {"page": 1, "leftMillimetres": 120, "topMillimetres": 20}
Placed = dict[str, Any] | list[dict[str, Any]] | None
ACROSS: dict[str, Any] = {"crossPage": {"edge": "right"}}


def with_acts(template: Path, directory: Path) -> RunningGateway:
    trial = copy_of(template, directory)
    (trial.policies / "acts.yaml").write_text(POLICY)
    (trial.policies / "legal-rep-li.svg").write_text(_PICTURE)
    running = RunningGateway(trial)
    running.start()
    return running


@pytest.fixture(scope="module")
def shared(
    trial_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    running = with_acts(trial_template, tmp_path_factory.mktemp("acts") / "var")
    yield running
    running.stop()


@pytest.fixture
def own(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    running = with_acts(trial_template, tmp_path / "var")
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


def act(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a submission
    return {"seal": "company-east", "further": FURTHER, **changes}


async def assert_valid(
    gateway: RunningGateway, content: bytes, path: Path, *, signatures: int = 2
) -> None:
    """What pdfsig, qpdf, pyHanko and our own `verify` say."""
    path.write_bytes(content)
    told = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=True)
    assert told.stdout.count("Signature is Valid.") == signatures
    subprocess.run(["qpdf", "--check", path], capture_output=True, check=True)
    root = load_cert_from_pemder(str(gateway.trial.ca_file))
    with path.open("rb") as file:
        found = PdfFileReader(file, strict=True).embedded_signatures
        for each in found:
            trust = ValidationContext(trust_roots=[root], allow_fetching=False)
            status = await async_validate_pdf_signature(each, trust, skip_diff=False)
            assert status.bottom_line, status.summary()
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert len(found) == signatures
    judged = gateway.run("verify", str(path), "--json")
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize(
    ("first", "placement", "second"),
    [
        ("company-east", None, None),
        ("company-east", SPOT, OTHER_SPOT),
        ("company-east", SPOT, SPOT),
        ("company-east", {"invisible": True}, OTHER_SPOT),
        ("company-east", [ACROSS, SPOT], OTHER_SPOT),
        ("company-east", SPOT, {"keyword": "收货人签章", "occurrence": "last"}),
        ("company-east", SPOT, {**SPOT, "avoid": "overlap"}),
        ("certifying-east", SPOT, {"invisible": True}),
    ],
    ids=[
        "where the seals say",
        "where the request says",
        "one over the other",
        "the first unseen",
        "the first across pages",
        "beside a keyword",
        "beside the first",
        "after a certification, unseen",
    ],
)
async def test_other_peoples_software_calls_both_seals_valid(
    shared: RunningGateway,
    tmp_path: Path,
    first: str,
    placement: Placed,
    second: Placed,
) -> None:
    document = receipt("outline-3-pages") if isinstance(placement, list) else RECEIPT
    sealed = await shared.seal(
        seal=first,
        document=document,
        placement=placement,
        further=[{"seal": "legal-rep-li", "placement": second}],
    )
    assert sealed.content.startswith(document)
    await assert_valid(shared, sealed.content, tmp_path / "双章.pdf")


@pytest.mark.parametrize("first", ["company-east", "certifying-east"])
async def test_both_seals_go_into_the_fields_that_a_form_has_for_them(
    shared: RunningGateway, tmp_path: Path, first: str
) -> None:
    form = with_field(with_field(RECEIPT, "甲方", box=(60, 60, 200, 200)), "法定代表人")
    sealed = await shared.seal(
        seal=first,
        document=form,
        placement={"field": "甲方"},
        further=[{"seal": "legal-rep-li", "placement": {"field": "法定代表人"}}],
    )
    await assert_valid(shared, sealed.content, tmp_path / "form.pdf")


@pytest.mark.parametrize(
    ("first", "second", "problem", "told"),
    [
        ("company-east", [ACROSS, OTHER_SPOT], "document-closed", "a single stamp"),
        ("certifying-east", OTHER_SPOT, "document-closed", "an invisible seal"),
        ("company-east", {"keyword": "无此词"}, "keyword-not-found", "无此词"),
        ("company-east", {**SPOT, "page": 9}, "page-out-of-range", "9"),
    ],
    ids=["across pages", "seen after a certification", "no such word", "no such page"],
)
async def test_what_could_not_be_finished_is_not_begun(
    shared: RunningGateway,
    first: str,
    second: Placed,
    problem: str,
    told: str,
) -> None:
    before = _records(shared)
    with pytest.raises(GatewayRefusedError) as refused:
        await shared.seal(
            seal=first,
            document=receipt("outline-3-pages"),
            placement=SPOT,
            further=[{"seal": "legal-rep-li", "placement": second}],
        )
    assert refused.value.problem["type"].endswith(f":{problem}")
    assert "seal 'legal-rep-li', 2 of 2" in refused.value.problem["detail"]
    assert told in refused.value.problem["detail"]
    assert _records(shared) == before


async def test_one_seals_denial_refuses_the_act_and_is_one_record(shared: RunningGateway) -> None:
    before = len(_records(shared))
    with pytest.raises(GatewayRefusedError) as refused:
        await shared.seal(**act(attributes={"amount_cents": 6_000_000}))
    problem = refused.value.problem
    assert problem["type"].endswith(":policy-denied")
    assert all(each["message"].startswith("legal-rep-li: ") for each in problem["reasons"])
    (record,) = _records(shared)[before:]
    assert (record["kind"], record["seal"], record["further"]) == (
        "denied",
        "company-east",
        ["legal-rep-li"],
    )


async def test_seals_that_do_not_combine_are_refused_with_a_cure(shared: RunningGateway) -> None:
    with pytest.raises(GatewayRefusedError) as refused:
        await shared.seal(**act(seal="receipt-east"))
    assert refused.value.problem["type"].endswith(":seals-do-not-combine")
    assert "approval" in refused.value.problem["cure"]


@pytest.mark.parametrize(
    "further",
    [
        [{"seal": "company-east"}],
        [*FURTHER, *FURTHER],
        [{"seal": f"seal-{number}"} for number in range(5)],
        [{}],
        [{"seal": "legal-rep-li", "amount": 1}],
    ],
    ids=["the first again", "twice", "too many", "no seal", "an unknown key"],
)
async def test_what_is_no_act_is_malformed(shared: RunningGateway, further: Any) -> None:  # noqa: ANN401
    with pytest.raises(GatewayRefusedError) as refused:
        await shared.seal(**act(further=further))
    assert refused.value.problem["type"].endswith(":request-malformed")
    assert "further" in refused.value.problem["detail"]


async def test_the_act_can_be_looked_up_with_every_revision(shared: RunningGateway) -> None:
    sealed = await shared.seal(**act(idempotency_key="act-1", business_number="HT-7"))
    again = await shared.seal(**act(idempotency_key="act-1", business_number="HT-7"))
    assert again.repeated
    assert (again.content, again.document_id) == (sealed.content, sealed.document_id)

    async with shared.client() as client:
        told = await client.get_json(f"/v1/documents/{sealed.document_id}")
        first, last = told["act"]["parts"]
        between = await client.get_json(first["links"]["self"])
        decided = await client.get_json(told["links"]["decision"])
        revision = await _content(shared, first["links"]["content"])
    assert sealed.content.startswith(revision)
    assert hashlib.sha256(revision).hexdigest() == between["output"]["sha256"]
    assert told["act"]["complete"]
    assert [first["seal"], last["seal"]] == ["company-east", "legal-rep-li"]
    assert last["document"] == told["act"]["id"] == sealed.document_id
    assert between["act"]["part"] == 1
    assert between["input"] == told["input"]
    assert [each["decision"]["reasons"][0]["rule"] for each in decided["parts"]] == [
        "company-and-representative/tms-automatic"
    ] * 2
    by_number = shared.run("audit", "show", "--number", "HT-7", "--json").stdout.splitlines()
    assert [json.loads(line)["act"]["part"] for line in by_number] == [1, 1, 2, 2]
    assert shared.run("audit", "verify").returncode == 0
    shown = shared.run("audit", "show", "--document", sealed.document_id).stdout
    assert "part 1 of 2" in " ".join(shown.split())


async def test_the_command_line_asks_for_several_seals(
    shared: RunningGateway, tmp_path: Path
) -> None:
    file = tmp_path / "合同.pdf"
    file.write_bytes(RECEIPT)
    asked = {
        "file": file.name,
        "document_type": "logistics-receipt",
        "business_number": "HT-1",
        "attributes": {"amount_cents": 1},
        "further": [{"seal": "legal-rep-li", "placement": OTHER_SPOT}],
    }
    (tmp_path / "requests.jsonl").write_text(json.dumps(asked, ensure_ascii=False))
    common = ["--url", shared.url, "--seal", "company-east"]
    by_option = [str(file), "--further", "legal-rep-li", "--type", "logistics-receipt"]
    by_option += ["-a", "amount_cents=1"]
    for name, how in (
        ("one", by_option),
        ("two", ["--requests", str(tmp_path / "requests.jsonl")]),
    ):
        told = shared.run("seal", *how, *common, "-o", str(tmp_path / name))
        assert told.returncode == 0, told.stderr
        content = (tmp_path / name / file.name).read_bytes()
        await assert_valid(shared, content, tmp_path / "judged.pdf")


async def _act_many(
    gateway: RunningGateway, *, count: int, halfway: Callable[[], None]
) -> dict[str, Sealed]:
    """That many acts at once; `halfway` is called when a third has come back."""
    sealed: dict[str, Sealed] = {}
    pulled = False

    async def one(client: GatewayClient, number: int) -> None:
        nonlocal pulled
        key = f"many-{number}"
        try:
            sealed[key] = await client.seal(submission(**act(idempotency_key=key)))
        except (GatewayRefusedError, aiohttp.ClientError, OSError):
            return
        if not pulled and len(sealed) > count // 3:
            pulled = True
            halfway()

    async with gateway.client() as client:
        await asyncio.gather(*(one(client, number) for number in range(count)))
    return sealed


async def test_killing_the_signer_between_seals_goes_unnoticed(shared: RunningGateway) -> None:
    sealed = await _act_many(
        shared, count=60, halfway=lambda: os.kill(shared.pid_of("hsm.signer"), signal.SIGKILL)
    )
    assert len(sealed) == 60
    assert shared.run("audit", "verify").returncode == 0


async def test_killing_the_gateway_between_seals_leaves_no_act_with_two_outputs(
    own: RunningGateway, tmp_path: Path
) -> None:
    before = await _act_many(
        own,
        count=60,
        halfway=lambda: os.kill(own.pid_of("gateway.wiring.process"), signal.SIGKILL),
    )
    assert len(before) < 60
    assert own.process is not None
    own.process.wait(timeout=30)
    own.start()

    after = await _act_many(own, count=60, halfway=lambda: None)
    assert len(after) == 60
    for key, sealed in before.items():
        assert after[key].content == sealed.content
    await assert_valid(own, after["many-59"].content, tmp_path / "last.pdf")
    verdict = json.loads(own.run("audit", "verify", "--json").stdout)
    assert verdict["findings"] == []
    assert verdict["sealed"] == 120  # a part that was sealed before the kill was not sealed again


def _records(gateway: RunningGateway) -> list[dict[str, Any]]:
    shown = gateway.run("audit", "show", "0", "-n", "10000", "--json")
    return [json.loads(line) for line in shown.stdout.splitlines()]


async def _content(gateway: RunningGateway, path: str) -> bytes:
    url = f"{gateway.url}{path}"
    headers = gateway.signer().sign("GET", url, {})
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        assert answer.status == 200
        return await answer.read()
