"""Receipts by the batch: each valid one is sealed once, and each has a result, whatever breaks."""

import asyncio
import io
import json
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.batch_client import BatchClient, Part
from tests.running_gateway import RECEIPT, RunningGateway, copy_of

_BROKEN = b"no PDF at all"


@pytest.fixture(scope="module")
def client(shared_gateway: RunningGateway) -> BatchClient:
    return BatchClient(shared_gateway)


def _document(number: str, content: bytes = RECEIPT) -> Part:
    return ("document", f"{number}.pdf", content)


def _zip(files: dict[str, bytes]) -> Part:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return ("archive", "batch.zip", archive.getvalue())


async def _items(client: BatchClient, batch: str) -> list[dict[str, Any]]:
    return list((await client.get(f"/v1/batches/{batch}/items?limit=1000")).json["items"])


async def test_each_document_has_its_result_and_a_receipt_names_them_all(
    client: BatchClient, tmp_path: Path
) -> None:
    answer = await client.submit(
        _document("回单-0001"), _document("WB-2", _BROKEN), _document("WB-3")
    )
    assert answer.status == 202, answer.body
    batch = answer.json["id"]
    assert answer.headers["Location"] == f"/v1/batches/{batch}"
    ended = await client.ended(batch)
    counts = {"waiting": 0, "sealed": 2, "repeated": 0, "failed": 1, "cancelled": 0}
    assert (ended["state"], ended["counts"]) == ("finished", counts)
    items = await _items(client, batch)
    assert [each["state"] for each in items] == ["sealed", "failed", "sealed"]
    assert items[1]["problem"]["type"] == "urn:sealgate:problem:document-not-pdf"
    assert items[0]["businessNumber"] == "回单-0001"
    sealed = await client.get(items[0]["links"]["content"])
    assert sealed.body.startswith(RECEIPT)
    counted = (await client.get("/metrics")).body.decode()
    assert 'sealgate_sealed_total{seal="receipt-east"} 2.0' in counted
    told = _verified(await client.receipt(batch), client.gateway, tmp_path)
    assert [each["output"] for each in told["items"]] == [each["outputDigest"] for each in items]


def _verified(receipt: bytes, gateway: RunningGateway, directory: Path) -> dict[str, Any]:
    """What the receipt says, once OpenSSL has verified it up to the trial's own CA."""
    (directory / "receipt.p7m").write_bytes(receipt)
    root = gateway.trial.directory / "demo-ca.pem"
    words = ["openssl", "cms", "-verify", "-inform", "DER", "-in", "receipt.p7m", "-binary"]
    words += ["-CAfile", str(root), "-purpose", "any", "-out", "manifest.json"]
    done = subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads((directory / "manifest.json").read_bytes())
    return told


async def test_of_two_hundred_receipts_in_a_zip_each_valid_one_is_sealed_once(
    client: BatchClient,
) -> None:
    """Ten are broken, and ten come twice under the same number."""
    files = {f"{number:03d}.pdf": RECEIPT for number in range(180)}
    files |= {f"{number:03d}.pdf": _BROKEN for number in range(180, 190)}
    rows = [f"{name},LOT-{name[:3]}" for name in files]
    files |= {f"again-{number:03d}.pdf": RECEIPT for number in range(10)}
    rows += [f"again-{number:03d}.pdf,LOT-{number:03d}" for number in range(10)]
    manifest = "文件,业务编号\n" + "\n".join(rows)
    answer = await client.submit(_zip({**files, "manifest.csv": manifest.encode("gb18030")}))
    batch = answer.json["id"]
    ended = await client.ended(batch)
    assert ended["counts"] == {
        "waiting": 0,
        "sealed": 180,
        "repeated": 10,
        "failed": 10,
        "cancelled": 0,
    }
    items = await _items(client, batch)
    documents = Counter(each["document"] for each in items if each["document"])
    assert (len(documents), Counter(documents.values())) == (180, {1: 170, 2: 10})
    with zipfile.ZipFile(io.BytesIO((await client.get(f"/v1/batches/{batch}/documents")).body)) as (
        archive
    ):
        assert archive.testzip() is None
        assert len(archive.namelist()) == 190
        assert archive.read("007.pdf").startswith(RECEIPT)


async def test_the_same_request_again_is_the_same_batch(client: BatchClient) -> None:
    first, again = [await client.submit(_document("SAME-1"), key="same") for _ in range(2)]
    other = await client.submit(_document("SAME-2"), key="same")
    assert first.json["id"] == again.json["id"]
    assert (other.status, other.json["type"].rpartition(":")[2]) == (422, "idempotency-key-reused")


async def test_all_or_nothing_is_nothing_where_one_is_refused(client: BatchClient) -> None:
    answer = await client.submit(_document("ALL-1"), _document("ALL-2", _BROKEN), allOrNothing=True)
    ended = await client.ended(answer.json["id"])
    assert ended["counts"]["failed"] == 2
    kinds = [each["problem"]["type"] for each in await _items(client, answer.json["id"])]
    assert [kind.rpartition(":")[2] for kind in kinds] == ["batch-refused", "document-not-pdf"]


@pytest.mark.parametrize(
    "parts",
    [
        [("batch", "", b"{}"), ("batch", "", b"{}")],
        [("batch", "", b"{no JSON")],
        [("document", "a.pdf", RECEIPT)],
        [("batch", "", b"{}"), ("surprise", "", b"x")],
        [("batch", "", b"{}"), ("archive", "a.zip", b"no ZIP")],
        [("batch", "", b"{}")],
    ],
)
async def test_what_is_no_batch_is_refused_and_leaves_none(
    client: BatchClient, parts: list[Part]
) -> None:
    known = (await client.get("/v1/batches")).json["batches"]
    answer = await client.submit_parts(parts)
    assert answer.status in {400, 422}
    assert (await client.get("/v1/batches")).json["batches"] == known


async def test_a_body_other_than_the_one_that_was_signed_leaves_no_batch(
    client: BatchClient,
) -> None:
    known = (await client.get("/v1/batches")).json["batches"]
    answer = await client.submit_parts(
        [("batch", "", b"{}"), _document("EVIL-1")], changed=lambda body: body.replace(b"1", b"2")
    )
    assert answer.json["type"].rpartition(":")[2] in {
        "request-signature-invalid",
        "request-malformed",
    }
    assert (await client.get("/v1/batches")).json["batches"] == known


async def test_a_gateway_that_is_killed_in_the_middle_seals_the_rest_and_none_twice(
    gateway: RunningGateway,
) -> None:
    client = BatchClient(gateway)
    answer = await client.submit(*(_document(f"KILL-{number:03d}") for number in range(120)))
    batch = answer.json["id"]
    while (await client.get(f"/v1/batches/{batch}")).json["counts"]["sealed"] < 20:
        await asyncio.sleep(0)
    gateway.kill_gateway()
    gateway.start()
    ended = await client.ended(batch)
    assert (ended["counts"]["sealed"], ended["counts"]["repeated"]) == (120, 0)
    items = await _items(client, batch)
    assert len({each["document"] for each in items}) == 120
    told = gateway.run("audit", "verify")
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.fixture
def one_by_one(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway that seals one document of a batch at a time, so that there is time to pause it."""
    gateway = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    config = gateway.trial.config_file
    config.write_text(f"{config.read_text()}\nbatches: {{at_once: 1}}\n")
    gateway.start()
    yield gateway
    assert gateway.process is not None
    if gateway.process.poll() is None:
        gateway.stop()


async def test_a_batch_is_paused_resumed_and_cancelled(one_by_one: RunningGateway) -> None:
    client = BatchClient(one_by_one)
    answer = await client.submit(*(_document(f"STOP-{number:03d}") for number in range(150)))
    batch = f"/v1/batches/{answer.json['id']}"
    paused = await client.post(f"{batch}/pause")
    assert paused.json.get("state") == "paused", paused.body
    assert (await client.post(f"{batch}/pause")).status == 409
    assert (await client.post(f"{batch}/resume")).json["state"] == "open"
    cancelled = await client.post(f"{batch}/cancel")
    assert cancelled.json["state"] == "cancelled"
    ended = await client.ended(answer.json["id"])
    assert ended["counts"]["cancelled"] > 0
    assert ended["counts"]["cancelled"] + ended["counts"]["sealed"] == 150


async def test_whoever_watches_a_batch_does_not_hold_up_the_gateway_as_it_stops(
    one_by_one: RunningGateway,
) -> None:
    gateway = one_by_one
    client = BatchClient(gateway)
    answer = await client.submit(*(_document(f"WATCH-{number:03d}") for number in range(100)))
    batch = answer.json["id"]
    await client.post(f"/v1/batches/{batch}/pause")
    async with client.stream(f"/v1/batches/{batch}/events") as events:
        assert (await events.readline()).startswith(b"id: paused-")
        stopped = await asyncio.to_thread(gateway.stop)
        rest = await events.read()
    assert stopped == 0
    assert b"event: end" not in rest
    assert any(line["event"] == "stopping" for line in gateway.log())
    began = next(line["timestamp"] for line in gateway.log() if line["event"] == "stopping")
    ended = gateway.log()[-1]["timestamp"]
    took = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    assert took < timedelta(seconds=15), "a watcher is told, and not waited for"
