"""Counters are exact: for 64 callers, after `kill -9`, and for a document that comes again."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.errors import Problem
from gateway.signing.errors import DeniedProblem, SignerUnavailableProblem
from gateway.store.engines.database import open_reader
from gateway.store.schema import audit_leaf, charge_slot
from hsm.errors import TokenFailedError
from policies.grant import Grant
from tests.running_gateway import RECEIPT
from tests.signing_house import House, request, signing_house
from tests.unit.signing.counting_program import CALLERS, COUNTER

MOST = 7


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Its rule permits seven receipts a day, by a counter in its condition."""
    async with signing_house(tmp_path) as made:
        rules = made.directory / "policies" / "all.yaml"
        counted = f"when: used.seal_day < {MOST}"
        rules.write_text(rules.read_text().replace("limits: {perHour: 3}", counted))
        made.reload()
        yield made


async def outcome(house: House, key: str) -> str:
    try:
        await house.service.seal(request(key), RECEIPT)
    except Problem as problem:
        return problem.type
    return "sealed"


def used(directory: Path, counter: str) -> int:
    engine = open_reader(directory / "test.sqlite")
    with engine.connect() as connection:
        found = connection.execute(
            select(func.sum(charge_slot.c.used)).where(charge_slot.c.counter == counter)
        ).scalar_one()
    engine.dispose()
    return int(found or 0)


async def test_a_counter_in_a_condition_is_exact_for_64_callers_at_once(house: House) -> None:
    results = await asyncio.gather(*(outcome(house, f"{number}") for number in range(64)))
    assert results.count("sealed") == MOST
    assert set(results) == {"sealed", "policy-denied"}
    assert len(house.signer.redeemed) == used(house.directory, "seal:receipt-east") == MOST


async def test_the_next_day_counts_anew(house: House) -> None:
    for number in range(MOST):
        assert await outcome(house, f"{number}") == "sealed"
    house.clock.move(timedelta(hours=13, minutes=59))  # it is ten in the morning in Shanghai
    assert await outcome(house, "before midnight") == "policy-denied"
    house.clock.move(timedelta(minutes=1))
    assert await outcome(house, "after midnight") == "sealed"


async def test_another_time_zone_counts_the_same_uses_by_its_own_days(house: House) -> None:
    for number in range(MOST):
        await house.seal(f"{number}")
    house.clock.move(timedelta(hours=14))  # midnight in Shanghai, five in the afternoon in Berlin
    rules = house.directory / "policies" / "all.yaml"
    shanghai = rules.read_text()
    rules.write_text(shanghai.replace("  permit:", "  timeZone: Europe/Berlin\n  permit:"))
    house.reload()
    assert await outcome(house, "by the clock of Berlin") == "policy-denied"
    rules.write_text(shanghai)
    house.reload()
    assert await outcome(house, "by the clock of Shanghai") == "sealed"


async def test_a_month_counts_to_its_last_moment(house: House) -> None:
    rules = house.directory / "policies" / "all.yaml"
    rules.write_text(rules.read_text().replace("used.seal_day", "used.seal_month"))
    house.reload()
    for number in range(MOST):
        await house.seal(f"{number}")
    house.clock.move(timedelta(days=8, hours=13, minutes=59))  # 23:59 on 30 November in Shanghai
    assert await outcome(house, "in November") == "policy-denied"
    house.clock.move(timedelta(minutes=1))
    assert await outcome(house, "in December") == "sealed"


async def test_what_failed_after_its_intent_stays_counted_once(house: House) -> None:
    """The key may have been used; whoever asked can go on with the same request."""

    def broken(_grant: Grant) -> None:
        raise TokenFailedError("the token was pulled")

    house.signer.before = broken
    for _ in range(3):
        with pytest.raises(SignerUnavailableProblem):
            await house.seal("failing")
    assert used(house.directory, "seal:receipt-east") == 1
    house.signer.before = lambda _grant: None
    assert await outcome(house, "failing") == "sealed"
    assert used(house.directory, "seal:receipt-east") == 1


async def test_what_was_refused_was_never_counted(house: House) -> None:
    results = await asyncio.gather(*(outcome(house, f"{number}") for number in range(MOST + 9)))
    assert results.count("policy-denied") == 9
    assert used(house.directory, "rule:receipts/automatic") == MOST


async def test_a_document_does_not_count_against_itself(house: House) -> None:
    """The last one that is permitted broke off after its intent, and comes again."""

    def broken(_grant: Grant) -> None:
        raise TokenFailedError("the token was pulled")

    for number in range(MOST - 1):
        await house.seal(f"{number}")
    house.signer.before = broken
    with pytest.raises(SignerUnavailableProblem):
        await house.seal("last")
    house.signer.before = lambda _grant: None
    with pytest.raises(DeniedProblem):
        await house.seal("one too many")
    assert (await house.seal("last")).row.is_sealed
    assert used(house.directory, "seal:receipt-east") == MOST


@pytest.mark.parametrize("then", ["when: used.seal_day < 7", "limits: {perDay: 7}"])
async def test_a_rule_that_comes_at_noon_counts_the_morning(house: House, then: str) -> None:
    """No rule read a counter or had a limit when these were sealed."""
    rules = house.directory / "policies" / "all.yaml"
    counted = f"when: used.seal_day < {MOST}"
    rules.write_text(rules.read_text().replace(counted, "when: doc.pages < 9"))
    house.reload()
    for number in range(MOST):
        await house.seal(f"{number}")
    house.clock.move(timedelta(hours=2))
    rules.write_text(rules.read_text().replace("when: doc.pages < 9", then))
    house.reload()
    assert await outcome(house, "one too many") == (
        "policy-denied" if then.startswith("when") else "limit-reached"
    )
    assert (await house.seal("0")).repeated


def test_after_kill_9_the_slots_have_what_the_log_has(tmp_path: Path) -> None:
    acknowledged = 0
    for lines in (1, 100, 300):
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.signing.counting_program", str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert program.stdout is not None
        told = [int(program.stdout.readline()) for _ in range(lines)]
        program.kill()
        # What it had told by then counts as well.
        told += [int(line) for line in program.stdout.read().splitlines() if line.isdigit()]
        program.stdout.close()
        program.wait()
        acknowledged = max(acknowledged, *told)
        assert intents(tmp_path) == used(tmp_path, COUNTER) >= acknowledged
    assert acknowledged > CALLERS


def intents(directory: Path) -> int:
    engine = open_reader(directory / "test.sqlite")
    with engine.connect() as connection:
        counted: int = connection.execute(select(func.count()).select_from(audit_leaf)).scalar_one()
    engine.dispose()
    return counted
