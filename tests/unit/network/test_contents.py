"""Contents: kept for who may read them, forgotten when they were never sent."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from sqlalchemy import Connection

from cloud_bridge.encryption import encrypt, opened, plain
from cloud_bridge.envelopes.statements import Forwarded
from cloud_bridge.network.contents import Contents
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.problems import EnvelopeUnknownProblem
from tests.network_house import PAPER, Company, Draft, NetworkHouse, ProblemAnswer, network_house

T = TypeVar("T")

_DIGEST = hashlib.sha256(PAPER).hexdigest()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path) as house:
        yield house


@pytest.fixture
async def buyer(house: NetworkHouse) -> Company:
    return await house.company("买方有限公司")


@pytest.fixture
async def seller(house: NetworkHouse) -> Company:
    return await house.company("Seller Ltd")


@pytest.fixture
def draft(buyer: Company, seller: Company) -> Draft:
    return buyer.draft(buyer.party("buyer"), seller.party("seller"))


def _files(house: NetworkHouse) -> list[Path]:
    return [file for file in house.core.config.contents.rglob("*") if file.is_file()]


async def test_what_was_never_sent_is_forgotten_after_a_week_and_what_was_sent_is_not(
    draft: Draft, buyer: Company, house: NetworkHouse
) -> None:
    await draft.send()
    never = buyer.draft(buyer.party("buyer"))
    await never.put()
    assert len(_files(house)) == 2
    house.time.move(timedelta(days=6))
    assert await house.core.contents.sweep() == 0
    house.time.move(timedelta(days=2))
    assert await house.core.contents.sweep() == 1
    (left,) = _files(house)
    assert left.parent.name == draft.id


async def test_brought_again_under_fresh_keys_the_first_is_forgotten(
    draft: Draft, seller: Company, house: NetworkHouse
) -> None:
    await draft.put()
    await draft.put()
    assert len(_files(house)) == 1
    await draft.send()
    content = await seller.content(draft.id, _DIGEST)
    assert opened(content, organisation=seller.id, key=seller.encryption) == PAPER


async def test_whoever_it_is_forwarded_to_gets_the_copy_that_was_made_for_it(
    draft: Draft, seller: Company, house: NetworkHouse
) -> None:
    third = await house.company("Third GmbH")
    await draft.send()
    await seller.put(encrypt(PAPER, envelope=draft.id, cards=[third.card]))
    await draft.say(Forwarded(account=third.id, name=third.name), by=seller, party="seller")
    content = await third.content(draft.id, _DIGEST)
    assert opened(content, organisation=third.id, key=third.encryption) == PAPER
    # Who has forwarded it reads no further.
    with pytest.raises(ProblemAnswer) as refused:
        await seller.content(draft.id, _DIGEST)
    assert refused.value.type == "envelope-unknown"
    assert (await seller.heads()).heads == ()
    # Until it is forwarded back.
    await draft.say(Forwarded(account=seller.id, name=seller.name), by=third, party="seller")
    content = await seller.content(draft.id, _DIGEST)
    assert opened(content, organisation=seller.id, key=seller.encryption) == PAPER
    assert [head.sequence for head in (await seller.heads()).heads] == [3]


async def test_a_stranger_puts_nothing_into_an_envelope_before_or_after_it_is_sent(
    draft: Draft, seller: Company, house: NetworkHouse
) -> None:
    stranger = await house.company("Stranger GmbH")
    forged = encrypt(b"another contract", envelope=draft.id, cards=[seller.card])
    head = msgspec.structs.replace(forged.head, digest=_DIGEST)
    forged = msgspec.structs.replace(forged, head=head)
    await stranger.put(forged)  # held for an envelope of the stranger's own, should it come
    await draft.send()
    with pytest.raises(ProblemAnswer) as refused:
        await stranger.put(forged)
    assert refused.value.type == "envelope-unknown"
    content = await seller.content(draft.id, _DIGEST)
    assert opened(content, organisation=seller.id, key=seller.encryption) == PAPER


class _Slowly:
    """A lane that answers questions only when the test lets it."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self.asked = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def read(self, question: Callable[[Connection], T]) -> T:
        answer = await self._lane.read(question)
        self.asked.set()
        await self.goes_on.wait()
        return answer

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await self._lane.write(work)


async def test_what_is_refused_at_the_last_moment_leaves_no_file(
    draft: Draft, house: NetworkHouse
) -> None:
    stranger = await house.company("Stranger GmbH")
    slowly = _Slowly(house.core.lane)
    contents = Contents(slowly, house.time, house.core.config.contents)
    clear = plain(b"%PDF of a stranger", envelope=draft.id)
    putting = asyncio.create_task(contents.put(clear, uploader=stranger.id))
    await slowly.asked.wait()  # there is no such envelope yet
    await draft.send()
    slowly.goes_on.set()
    with pytest.raises(EnvelopeUnknownProblem):
        await putting
    assert not any(b"stranger" in file.read_bytes() for file in _files(house))
