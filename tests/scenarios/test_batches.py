"""Receipts by the batch: each valid one is sealed once, and each has a result, whatever breaks."""

import pytest

from tests.batch_client import BatchClient
from tests.running_gateway import RECEIPT, RunningGateway


@pytest.fixture(scope="module")
def client(shared_gateway: RunningGateway) -> BatchClient:
    return BatchClient(shared_gateway)


async def test_documents_in_parts_are_sealed_each_with_its_result(client: BatchClient) -> None:
    answer = await client.submit(
        ("document", "回单-0001.pdf", RECEIPT),
        ("document", "WB-2.pdf", b"no PDF"),
        ("document", "WB-3.pdf", RECEIPT),
    )
    assert answer.status == 202, answer.body
    batch = answer.json
    assert answer.headers["Location"] == f"/v1/batches/{batch['id']}"
    ended = await client.ended(batch["id"])
    assert ended["counts"] == {
        "waiting": 0,
        "sealed": 2,
        "repeated": 0,
        "failed": 1,
        "cancelled": 0,
    }
    items = (await client.get(f"/v1/batches/{batch['id']}/items")).json["items"]
    assert [each["state"] for each in items] == ["sealed", "failed", "sealed"]
    assert items[1]["problem"]["type"] == "urn:sealgate:problem:document-not-pdf"
    assert items[0]["businessNumber"] == "回单-0001"
    sealed = await client.get(items[0]["links"]["content"])
    assert sealed.body.startswith(RECEIPT)
    assert b"/ByteRange" in sealed.body[len(RECEIPT) :]
