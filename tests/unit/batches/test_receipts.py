"""The receipt of a batch: anybody verifies it with OpenSSL, and it says what came of everything."""

import json
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms

from gateway.batches.errors import ReceiptNotReadyProblem, ReceiptRefusedProblem
from gateway.store.rows.batches import BatchRow
from hsm.errors import SignerUnavailableError
from policies.grant import Grant
from tests.batch_house import TMS, BatchHouse, batch_house, item
from tests.running_gateway import RECEIPT


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[BatchHouse]:
    async with batch_house(tmp_path) as made:
        yield made


async def _receipt(house: BatchHouse, batch: BatchRow) -> bytes:
    await house.room.receipts.make_all()
    return await house.room.receipts.of(await house.now(batch))


def _verified(receipt: bytes, directory: Path) -> dict[str, Any]:
    """What it says, once OpenSSL has found that it is signed."""
    (directory / "receipt.p7m").write_bytes(receipt)
    words = "openssl cms -verify -inform DER -in receipt.p7m -binary -noverify -out manifest.json"
    subprocess.run(words.split(), cwd=directory, check=True, capture_output=True)
    told: dict[str, Any] = json.loads((directory / "manifest.json").read_bytes())
    return told


async def test_it_names_every_document_with_its_digests_and_its_place_in_the_log(
    house: BatchHouse, tmp_path: Path
) -> None:
    batch = await house.submit(item("WB-1"), item("回单-2", b"no PDF"))
    await house.work()
    told = _verified(await _receipt(house, batch), tmp_path)
    sealed, failed = told["items"]
    row, _ = await house.of(batch)
    known = await house.house.reader.by_id(row.document or "")
    assert known is not None
    assert (told["batch"], told["system"], told["state"]) == (batch.id, "tms", "finished")
    assert sealed["output"] == (row.output_digest or b"").hex()
    assert (sealed["document"], sealed["audit"]) == (known.id, known.outcome_index)
    assert (failed["businessNumber"], failed["problem"]) == ("回单-2", "document-not-pdf")


async def test_it_is_der_to_the_last_byte(house: BatchHouse) -> None:
    batch = await house.submit(item("WB-1"))
    await house.work()
    receipt = await _receipt(house, batch)
    # Encoded anew, all of it, and nothing of the room for the longest signature is left behind it.
    assert cms.ContentInfo.load(receipt, strict=True).dump(force=True) == receipt


async def test_a_changed_manifest_does_not_verify(house: BatchHouse, tmp_path: Path) -> None:
    batch = await house.submit(item("WB-1"))
    await house.work()
    receipt = await _receipt(house, batch)
    with pytest.raises(subprocess.CalledProcessError):
        _verified(receipt.replace(b'"sealed"', b'"failed"'), tmp_path)


async def test_its_key_is_used_after_an_intent_in_the_log(house: BatchHouse) -> None:
    batch = await house.submit(item("WB-1"))
    await house.work()
    before = house.house.audit.size
    await _receipt(house, batch)
    *_, grant = house.house.signer.redeemed
    assert grant.seal == "legal-rep-li"
    assert grant.audit_index == before


async def test_results_do_not_wait_for_it_while_the_signer_is_away(house: BatchHouse) -> None:
    batch = await house.submit(item("WB-1", b"no PDF"))

    def away(_grant: Grant) -> None:
        house.house.clock.move(timedelta(seconds=30))
        raise SignerUnavailableError("the token is out")

    house.house.signer.before = away
    await house.work()
    await house.room.receipts.make_all()
    assert (await house.now(batch)).state == "finished"
    with pytest.raises(ReceiptNotReadyProblem):
        await house.room.receipts.of(await house.now(batch))
    house.house.signer.before = lambda _grant: None
    assert await _receipt(house, batch)


async def test_where_no_policy_names_a_seal_for_it_it_says_so(house: BatchHouse) -> None:
    policies = house.house.directory / "policies" / "receipts.yaml"
    policies.unlink()
    house.house.reload()
    batch = await house.submit(item("WB-1"))
    await house.work()
    with pytest.raises(ReceiptRefusedProblem, match="names a seal of company 'east'"):
        await _receipt(house, batch)


async def test_after_a_retry_there_is_another(house: BatchHouse, tmp_path: Path) -> None:
    numbers = [item(f"WB-{number}", RECEIPT) for number in range(6)]  # five an hour are allowed
    batch = await house.submit(*numbers)
    await house.work()
    first = _verified(await _receipt(house, batch), tmp_path)
    house.house.clock.move(timedelta(hours=2))
    await house.room.service.retry(batch.id, TMS)
    with pytest.raises(ReceiptNotReadyProblem):
        await house.room.receipts.of(await house.now(batch))
    await house.work()
    second = _verified(await _receipt(house, batch), tmp_path)
    assert [each["state"] for each in first["items"]].count("failed") == 1
    assert {each["state"] for each in second["items"]} == {"sealed"}
