"""Types that normalise: what is sealed, what is on record, and what a repeat gives."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.audit.record import read_leaf
from gateway.documents.errors import SignedDocumentNotNormalizedProblem
from gateway.documents.normalizing import normalize
from gateway.http.answers import metadata
from gateway.signing.errors import IntakeRefusedProblem
from gateway.signing.model import SealedDocument
from gateway.store.engines.database import open_reader
from gateway.store.schema import audit_leaf
from tests.document_fixtures import soft_seal
from tests.hostile.samples import SAMPLES
from tests.running_gateway import RECEIPT
from tests.signing_house import House, request, signing_house

SCRIPT = SAMPLES["active-content"]["launch"]()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with signing_house(tmp_path) as made:
        yield made


def records(house: House) -> list[dict[str, object]]:
    with open_reader(house.directory / "test.sqlite").connect() as connection:
        leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
        return [read_leaf(leaf) for leaf in leaves.scalars()]


async def seal(house: House, document: bytes, *, kind: str = "inquiry") -> SealedDocument:
    return await house.service.seal(request(document_type=kind), document)


async def test_a_script_is_refused_by_one_type_and_dropped_by_the_other(house: House) -> None:
    with pytest.raises(IntakeRefusedProblem, match=r"/Launch.*audit record"):
        await seal(house, SCRIPT, kind="receipt")
    assert (await seal(house, SCRIPT)).row.is_sealed


async def test_the_sealed_document_begins_with_the_new_one_and_both_digests_are_on_record(
    house: House,
) -> None:
    sealed = await seal(house, SCRIPT)
    anew = normalize(SCRIPT)
    content = b"".join(sealed.content)
    assert content.startswith(anew)
    expected = hashlib.sha256(SCRIPT).hexdigest(), hashlib.sha256(anew).hexdigest()
    (intent,) = [each for each in records(house) if each["kind"] == "intent"]
    assert (intent["input"], intent["normalized"]) == expected
    told = metadata(sealed.row)
    assert (told["input"]["sha256"], told["normalized"]["sha256"]) == expected
    stored = await house.reader.by_id(sealed.row.id)
    assert stored == sealed.row


async def test_a_type_that_does_not_normalise_has_no_second_digest(house: House) -> None:
    sealed = await seal(house, RECEIPT, kind="receipt")
    assert b"".join(sealed.content).startswith(RECEIPT)
    assert metadata(sealed.row)["normalized"] is None
    (intent,) = [each for each in records(house) if each["kind"] == "intent"]
    assert "normalized" not in intent


async def test_a_repeat_after_an_interruption_signs_the_same_digest(house: House) -> None:
    def fail(_grant: object) -> None:
        house.signer.before = lambda _grant: None
        raise RuntimeError("the process dies here")

    house.signer.before = fail
    with pytest.raises(RuntimeError):
        await seal(house, SCRIPT)
    await seal(house, SCRIPT)
    intents = [each for each in records(house) if each["kind"] == "intent"]
    assert len(intents) == 2
    assert intents[0]["to_be_signed"] == intents[1]["to_be_signed"]


async def test_a_signed_document_is_never_normalised(house: House) -> None:
    signed = soft_seal().seal(RECEIPT, None)
    with pytest.raises(SignedDocumentNotNormalizedProblem):
        await seal(house, signed)
