"""Decisions are kept in the transaction of their record, read in order, and forgotten in time."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest

from gateway.errors import Problem
from gateway.history.keeping import DecisionHistory, forget, packed, unpacked
from gateway.history.reading import DecisionReader
from gateway.signing.guard import KeptDecision
from gateway.store.engines.database import open_reader
from gateway.store.engines.lane import Transaction
from policies.engine import CELPolicyEngine
from policies.foresight.replay import PastDecision, Replaying, Same
from policies.model import Allowed, ContentFacts, Denied, Known
from tests.signing_house import START, House, request, signing_house

FAR = timedelta(days=400)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with signing_house(tmp_path, history=DecisionHistory()) as made:
        yield made


def reader(house: House) -> DecisionReader:
    return DecisionReader(open_reader(house.directory / "test.sqlite"))


def everything(house: House) -> list[PastDecision]:
    return list(reader(house).between(START - FAR, START + FAR))


async def kept_of(house: House) -> KeptDecision:
    """An ordinary decision as the house keeps it."""
    await house.seal()
    (past,) = everything(house)
    return KeptDecision(
        at=past.at,
        audit_index=past.record,
        request=past.request,
        facts=past.facts,
        known=past.known,
        decision=past.decision,
    )


async def keep(house: House, kept: KeptDecision, *, times: int = 1) -> None:
    def unit(transaction: Transaction) -> None:
        for _ in range(times):
            DecisionHistory().keep(transaction, kept)

    await house.lane.write(unit)


async def test_what_was_allowed_is_kept_with_all_that_it_was_decided_by(house: House) -> None:
    sealed = await house.seal()
    (past,) = everything(house)
    assert past.record == sealed.row.intent_index
    assert isinstance(past.decision, Allowed)
    assert past.request == request().seal_request
    assert past.facts is not None
    assert past.facts.pages == 1
    assert past.at == START
    assert Replaying(house.in_force.bundle, house.in_force.engine).replay(past) == Same(
        decision=past.decision
    )


async def test_what_was_denied_is_kept_too(house: House) -> None:
    with pytest.raises(Problem):
        await house.service.seal(request(document_type="inquiry", seal="unknown"), b"%PDF")
    (past,) = everything(house)
    assert isinstance(past.decision, Denied)
    assert past.facts is None
    assert not past.stopped


async def test_what_a_limit_refuses_is_told_apart(house: House) -> None:
    for number in range(3):
        await house.seal(f"k{number}")
    with pytest.raises(Problem):
        await house.seal("k3")
    assert [past.stopped for past in everything(house)] == [False, False, False, True]


async def test_every_seal_that_stands_against_an_act_is_found_by_the_record(house: House) -> None:
    await house.seal()
    with pytest.raises(Problem):
        await house.act("unknown", "nor-this", key="act")
    first, *against = everything(house)
    assert reader(house).of_record(first.record) == (first,)
    found = reader(house).of_record(against[0].record)
    assert [past.request.seal for past in found] == ["unknown", "nor-this"]
    assert reader(house).of_record(against[0].record + 1) == ()


async def test_a_record_is_found_among_many_with_gaps(house: House) -> None:
    kept = await kept_of(house)
    records = range(10, 700, 7)
    for record in records:
        at = START + timedelta(seconds=record)
        await keep(house, msgspec.structs.replace(kept, at=at, audit_index=record))
    await forget(house.lane, before=START + timedelta(seconds=200))
    found = [past.record for record in range(700) for past in reader(house).of_record(record)]
    assert found == [record for record in records if record >= 200]


async def test_nothing_is_kept_of_a_unit_that_was_undone(house: House) -> None:
    kept = await kept_of(house)

    def unit(transaction: Transaction) -> None:
        DecisionHistory().keep(transaction, kept)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await house.lane.write(unit)
    assert len(everything(house)) == 1


async def test_a_stretch_of_time_has_its_beginning_and_not_its_end(house: House) -> None:
    kept = await kept_of(house)
    for minutes in (1, 2, 3):
        at = START + timedelta(minutes=minutes)
        await keep(house, msgspec.structs.replace(kept, at=at))

    def moments(since: int, until: int) -> list[datetime]:
        start, end = START + timedelta(minutes=since), START + timedelta(minutes=until)
        return [past.at for past in reader(house).between(start, end)]

    assert moments(1, 3) == [START + timedelta(minutes=1), START + timedelta(minutes=2)]
    assert moments(4, 9) == []


async def test_more_than_a_page_is_read_whole_and_forgotten_whole(house: House) -> None:
    kept = await kept_of(house)
    old = msgspec.structs.replace(kept, at=START - timedelta(days=90, microseconds=1))
    await keep(house, old, times=1201)
    await keep(house, msgspec.structs.replace(kept, at=START - timedelta(days=90)))
    assert len(everything(house)) == 1203
    assert await forget(house.lane, before=START - timedelta(days=90)) == 1201
    assert len(everything(house)) == 2
    assert await forget(house.lane, before=START - timedelta(days=90)) == 0


async def test_content_and_counts_survive(house: House) -> None:
    kept = await kept_of(house)
    used: Mapping[str, int] = MappingProxyType({"used.seal_day": 7})
    assert kept.facts is not None
    content = ContentFacts(asked=frozenset({"text"}), text="收货人" * 1000, amounts=(1, 2))
    full = msgspec.structs.replace(
        kept,
        facts=msgspec.structs.replace(kept.facts, content=content),
        known=Known(used=used, certificate_days=3),
    )
    assert unpacked(packed(full)) == msgspec.structs.replace(
        full, known=Known(used={"used.seal_day": 7}, certificate_days=3)
    )
    assert len(packed(full)) < 1000


@pytest.mark.parametrize("data", [b"", b"no history", packed.__name__.encode()])
def test_what_is_no_decision_is_not_taken_for_one(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"Error|truncated|incomplete|malformed|Expected|trailing"):
        unpacked(data)


async def test_the_engine_in_force_says_the_same_of_all_of_its_past(house: House) -> None:
    await house.seal()
    await house.act(key="act")
    with pytest.raises(Problem):
        await house.act("receipt-east", "legal-rep-li", key="other")
    replaying = Replaying(house.in_force.bundle, CELPolicyEngine(house.in_force.bundle))
    pasts = everything(house)
    assert len(pasts) == 3
    assert all(isinstance(replaying.replay(past), Same) for past in pasts)
