"""Contents: kept for who may read them, forgotten when they were never sent."""

import asyncio
import errno
import hashlib
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

import msgspec
import pytest
from sqlalchemy import Connection

from cloud_bridge.encryption import encrypt, opened, plain
from cloud_bridge.envelopes.statements import Forwarded, Withdrawn
from cloud_bridge.network.contents import ends
from cloud_bridge.network.contents.contents import Contents
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.problems import (
    ContentQuotaProblem,
    EnvelopeUnknownProblem,
    StoreProblem,
)
from tests.network_house import PAPER, Company, Draft, NetworkHouse, ProblemAnswer, network_house

T = TypeVar("T")

_DIGEST = hashlib.sha256(PAPER).hexdigest()


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


async def test_contents_are_forgotten_long_after_the_end_and_the_record_stays(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    await draft.send()
    going_on = buyer.draft(buyer.party("buyer"), seller.party("seller"))
    await going_on.send()
    await draft.say(Withdrawn(reason="mistake"), by=buyer)
    await house.core.contents.sweep()  # every hour: sees that it has ended
    house.time.move(timedelta(days=179))
    assert await house.core.contents.sweep() == 0
    await buyer.content(draft.id, _DIGEST)
    house.time.move(timedelta(days=2))
    assert await house.core.contents.sweep() == 1
    assert not (house.core.config.contents / draft.id).exists()
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.content(draft.id, _DIGEST)
    assert (refused.value.status, refused.value.type) == (410, "content-forgotten")
    with pytest.raises(ProblemAnswer) as refused:
        await buyer.put(draft.content(PAPER))
    assert refused.value.type == "content-forgotten"
    assert len((await buyer.record(draft.id)).entries) == 2


async def test_what_is_not_over_is_kept_however_old_it_is(
    buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    far = house.time.now().replace(microsecond=0) + timedelta(days=600)
    long = buyer.draft(buyer.party("buyer"), seller.party("seller"), expires_at=far)
    await long.send()
    await house.core.contents.sweep()
    house.time.move(timedelta(days=400))
    assert await house.core.contents.sweep() == 0
    assert (await buyer.content(long.id, _DIGEST)).head.digest == _DIGEST


async def test_contents_may_be_kept_for_good(tmp_path: Path) -> None:
    async with network_house(tmp_path, limits={"content_days": None}) as house:
        buyer = await house.company("买方有限公司")
        draft = buyer.draft(buyer.party("buyer"))
        await draft.send()
        await draft.say(Withdrawn(reason="mistake"), by=buyer)
        await house.core.contents.sweep()
        house.time.move(timedelta(days=4000))
        assert await house.core.contents.sweep() == 0
        assert len(_files(house)) == 1


async def test_an_organisation_has_only_so_much_room_and_gets_it_back(tmp_path: Path) -> None:
    async with network_house(tmp_path, limits={"organisation_bytes": 3 * len(PAPER)}) as house:
        buyer = await house.company("买方有限公司")

        def clear(number: int) -> Draft:
            title = f"采购合同 {number}"
            return buyer.draft(buyer.party("buyer"), mode="open", title=title)

        first = clear(1)
        await first.send()
        await first.put()  # again: it takes no more room than once
        await first.put()
        for number in (2, 3):
            await clear(number).put()
        with pytest.raises(ProblemAnswer) as refused:
            await clear(4).put()
        assert (refused.value.status, refused.value.type) == (403, "content-quota")
        assert refused.value.body["owner"] == "officer"
        assert len(_files(house)) == 3
        other = await house.company("Seller Ltd")  # has room of its own
        await other.draft(other.party("seller"), mode="open").put()
        house.time.move(timedelta(days=8))  # what was never sent is forgotten
        assert await house.core.contents.sweep() == 3
        await clear(4).put()


async def test_many_contents_are_forgotten_in_several_turns(
    buyer: Company, house: NetworkHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "AT_ONCE", 2)
    for _ in range(5):
        await buyer.draft(buyer.party("buyer")).put()
    house.time.move(timedelta(days=8))
    assert await house.core.contents.sweep() == 5
    assert _files(house) == []


class Slowly:
    """A lane that writes only when the test lets it."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self.asked = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.questions = 0

    async def read(self, question: Callable[[Connection], T]) -> T:
        self.questions += 1
        return await self._lane.read(question)

    async def write(self, work: Callable[[Connection], T]) -> T:
        self.asked.set()
        await self.goes_on.wait()
        return await self._lane.write(work)


async def test_what_is_refused_at_the_last_moment_leaves_no_file(
    draft: Draft, house: NetworkHouse
) -> None:
    stranger = await house.company("Stranger GmbH")
    slowly = Slowly(house.core.lane)
    contents = Contents(
        slowly, house.time, house.core.config.contents, most_bytes=1 << 20, days=None
    )
    clear = plain(b"%PDF of a stranger", envelope=draft.id)
    putting = asyncio.create_task(contents.put(clear, uploader=stranger.id))
    await slowly.asked.wait()  # there is no such envelope yet
    await draft.send()
    assert any(b"stranger" in file.read_bytes() for file in _files(house))
    slowly.goes_on.set()
    with pytest.raises(EnvelopeUnknownProblem):
        await putting
    assert not any(b"stranger" in file.read_bytes() for file in _files(house))


async def test_what_is_large_and_has_no_room_is_refused_before_it_is_written(
    draft: Draft, house: NetworkHouse
) -> None:
    stranger = await house.company("Stranger GmbH")
    slowly = Slowly(house.core.lane)
    directory = house.core.config.contents
    contents = Contents(slowly, house.time, directory, most_bytes=1 << 20, days=None)
    large = plain(b"%PDF of a stranger" + bytes(1 << 20), envelope=draft.id)
    with pytest.raises(ContentQuotaProblem):
        await contents.put(large, uploader=stranger.id)
    assert (slowly.questions, slowly.asked.is_set()) == (1, False)
    small = plain(b"%PDF of a stranger", envelope=draft.id)
    slowly.goes_on.set()
    await contents.put(small, uploader=stranger.id)
    assert slowly.questions == 1


async def test_a_file_that_cannot_be_written_leaves_none_of_those_beside_it(
    draft: Draft, buyer: Company, house: NetworkHouse
) -> None:
    written = os.fsync
    calls = iter([written])

    def full(descriptor: int) -> None:
        try:
            next(calls)(descriptor)
        except StopIteration:
            raise OSError(errno.ENOSPC, "No space left on device") from None

    several = [plain(body, envelope=draft.id) for body in (b"%PDF 1", b"%PDF 2")]
    with patch.object(os, "fsync", full), pytest.raises(StoreProblem, match="disk"):
        await house.core.contents.bring(several, lambda _unit, keep: keep(), uploader=buyer.id)
    assert _files(house) == []
