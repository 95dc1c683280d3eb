"""What is sealed, or refused, for a contract with another company: the log says for which."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.audit.record import read_leaf
from gateway.cli.audit import sentence
from gateway.signing.errors import RequestRefusedProblem
from gateway.store.engines.database import open_reader
from gateway.store.schema import audit_leaf
from tests.running_gateway import RECEIPT
from tests.signing_house import request, signing_house


async def test_intent_and_refusal_name_the_envelope(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        await house.service.seal(replace(request(), origin="envelope:e-17"), RECEIPT)
        await house.service.seal(replace(request("b"), origin="batch:b-1/2"), RECEIPT)
        refused = replace(request("c", document_type="contract"), origin="envelope:e-18")
        with pytest.raises(RequestRefusedProblem):
            await house.service.seal(refused, RECEIPT)
        with open_reader(house.directory / "test.sqlite").connect() as connection:
            leaves = connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.index))
            records = [read_leaf(leaf) for leaf in leaves.scalars()]
    told = [(each["kind"], each.get("envelope")) for each in records if each["kind"] != "outcome"]
    assert told == [("intent", "e-17"), ("intent", None), ("denied", "e-18")]
    assert sentence(records[0]).endswith("; envelope e-17")
