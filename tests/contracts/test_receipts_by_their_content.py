"""200 good receipts and 200 with one thing wrong each, read by real workers and told apart."""

import asyncio
from collections import Counter

import msgspec

from gateway.documents.pool import WorkerLimits, WorkerPool
from policies.model import ContentFacts, DocumentFacts, Fact
from processes.child import start_child
from tests.document_fixtures import preparation, soft_seal
from tests.receipts.drawn import Receipt, good, mutated, template

SEAL = soft_seal(stamp=None)
ASKED: frozenset[Fact] = frozenset({"amounts", "parties", "template"})
_LIMITS = WorkerLimits(
    count=2, deadline_seconds=60, max_memory_bytes=1024 * 1024 * 1024, queue_seconds=600
)


def against(receipt: Receipt, facts: DocumentFacts) -> set[str]:
    """What rules would hold against it; a fact without an answer counts against it, too."""
    content = facts.content
    assert isinstance(content, ContentFacts)
    known = content.asked
    rules = {
        "amount": "amounts" not in known or content.amounts != (receipt.amount_cents,),
        "payee": "parties" not in known or receipt.consignee not in content.parties,
        "template": "template" not in known or content.template != "receipt-v1@1",
        "pages": facts.pages != 1,
        "hidden-layers": any(each.rule == "hidden-layers" for each in facts.findings),
    }
    return {rule for rule, holds in rules.items() if holds}


async def test_each_receipt_with_something_wrong_is_told_by_what_is_wrong_and_no_good_one() -> None:
    receipts = [*good(), *mutated()]
    assert Counter(each.wrong for each in receipts) == {
        None: 200,
        **dict.fromkeys(("amount", "payee", "pages", "hidden-layers", "template"), 40),
    }
    async with WorkerPool(
        _LIMITS, start_worker=lambda: start_child("gateway.documents.worker")
    ) as pool:

        async def told(receipt: Receipt) -> set[str]:
            asked = msgspec.structs.replace(
                preparation(None),
                ask=ASKED,
                templates=(template(),),
                parties=(receipt.consignee,),
            )
            prepared = await pool.prepare(receipt.document, asked, SEAL.material)
            return against(receipt, prepared.facts)

        answers = await asyncio.gather(*map(told, receipts))
    wrongly = {
        receipt.name: answer
        for receipt, answer in zip(receipts, answers, strict=True)
        if answer != ({receipt.wrong} if receipt.wrong else set())
    }
    assert wrongly == {}
