"""200 good receipts and 200 with one thing wrong each, read by workers and decided by rules."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import msgspec

from gateway.documents.pool import WorkerLimits, WorkerPool
from policies.deciding.case import Case
from policies.engine import CELPolicyEngine
from policies.loader import load_bundle
from policies.model import Allowed, Caller, Denied, DocumentFacts, SealRequest
from processes.child import start_child
from tests.document_fixtures import preparation, soft_seal
from tests.receipts.drawn import Receipt, good, mutated, template
from tests.receipts.policies import GROUP, REFUSED_BY, RULES

SEAL = soft_seal(stamp=None)
_LIMITS = WorkerLimits(
    count=2, deadline_seconds=60, max_memory_bytes=1024 * 1024 * 1024, queue_seconds=600
)
ENGINE = CELPolicyEngine(load_bundle({"group.yaml": GROUP, "receipts.yaml": RULES}))
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def case_of(receipt: Receipt) -> Case:
    """The request that comes with a receipt."""
    return ENGINE.case(
        SealRequest(
            caller=Caller(system="tms", company="east"),
            seal="receipt-east",
            document_type="receipt",
            business_number="WB-1",
            attributes={"amount_cents": receipt.amount_cents, "consignee": receipt.consignee},
        )
    )


def against(receipt: Receipt, facts: DocumentFacts) -> set[str]:
    """The rules that deny it; none where it is allowed."""
    decision = case_of(receipt).decide(facts, at=NOON)
    if isinstance(decision, Allowed):
        return set()
    assert isinstance(decision, Denied)
    return {reason.rule for reason in decision.reasons}


async def test_good_receipts_are_allowed_and_each_wrong_one_is_denied_by_its_rule() -> None:
    receipts = [*good(), *mutated()]
    assert Counter(each.wrong for each in receipts) == {
        None: 200,
        **dict.fromkeys(("amount", "payee", "pages", "hidden-layers", "template"), 40),
    }
    async with WorkerPool(
        _LIMITS, start_worker=lambda: start_child("gateway.documents.worker", offline=True)
    ) as pool:

        async def told(receipt: Receipt) -> set[str]:
            asked = msgspec.structs.replace(
                preparation(None),
                ask=case_of(receipt).asks(),
                templates=(template(),),
                parties=(receipt.consignee,),
            )
            prepared = await pool.prepare(receipt.document, asked, SEAL.material)
            return against(receipt, prepared.facts)

        answers = await asyncio.gather(*map(told, receipts))
    wrongly = {
        receipt.name: answer
        for receipt, answer in zip(receipts, answers, strict=True)
        if answer != ({REFUSED_BY[receipt.wrong]} if receipt.wrong else set())
    }
    assert wrongly == {}
