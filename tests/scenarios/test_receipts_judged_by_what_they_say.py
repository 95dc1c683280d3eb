"""200 good receipts and 200 wrong ones, posted to a gateway whose rules read what they say."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.client import GatewayClient, GatewayRefusedError
from tests.receipts.drawn import Receipt, good, mutated
from tests.receipts.policies import REFUSED_BY, RULES, template_yaml
from tests.running_gateway import RunningGateway, copy_of, submission

_AT_ONCE = 16


@pytest.fixture
def gateway_that_reads(trial_template: Path, tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway with content rules in force from its start."""
    running = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    by_content = f"{RULES}---\n{template_yaml()}"
    (running.trial.policies / "by-content.yaml").write_text(by_content, encoding="utf-8")
    running.start()
    yield running
    running.stop()


async def _answer(client: GatewayClient, receipt: Receipt) -> set[str]:
    """The rules that refused it; none where it came back sealed."""
    posted = submission(
        document=receipt.document,
        document_type="receipt",
        business_number=receipt.name,
        attributes={"amount_cents": receipt.amount_cents, "consignee": receipt.consignee},
        idempotency_key=receipt.name.replace(" ", "-"),
    )
    try:
        sealed = await client.seal(posted)
    except GatewayRefusedError as refused:
        return {reason["rule"] for reason in refused.problem["reasons"]}
    assert sealed.content.startswith(receipt.document)
    return set()


async def test_200_good_receipts_are_sealed_and_200_wrong_ones_refused_none_the_wrong_way(
    gateway_that_reads: RunningGateway,
) -> None:
    receipts = [*good(), *mutated()]
    assert Counter(each.wrong for each in receipts) == {None: 200, **dict.fromkeys(REFUSED_BY, 40)}
    turns = asyncio.Semaphore(_AT_ONCE)
    async with gateway_that_reads.client() as client:

        async def told(receipt: Receipt) -> set[str]:
            async with turns:
                return await _answer(client, receipt)

        answers = await asyncio.gather(*map(told, receipts))

    wrongly = {
        receipt.name: answer
        for receipt, answer in zip(receipts, answers, strict=True)
        if answer != ({REFUSED_BY[receipt.wrong]} if receipt.wrong else set())
    }
    assert wrongly == {}
    assert _audited(gateway_that_reads) == {
        "intent": 200,
        "outcome": 200,
        **{f"denied {rule}": 40 for rule in REFUSED_BY.values()},
    }


def _audited(gateway: RunningGateway) -> Counter[str]:
    """How many records of documents the log has, by kind and by the rules that denied."""
    shown = gateway.run("audit", "show", "--json", "--count", "2000").stdout
    records = [json.loads(line) for line in shown.splitlines()]
    return Counter(
        f"denied {' '.join(reason['rule'] for reason in each['decision']['reasons'])}"
        if each["kind"] == "denied"
        else each["kind"]
        for each in records
        if each["kind"] != "start"
    )
