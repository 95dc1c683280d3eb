"""What the account network promises to organisations, over real HTTP, on both databases."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_bridge.encryption import opened
from cloud_bridge.envelopes.statements import Completed, Declined, Opened, parse
from tests.network_house import PAPER, Company, Draft, NetworkHouse, ProblemAnswer, network_house


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    changes = {}
    if request.param == "postgresql":
        changes["store"] = {"url": request.getfixturevalue("postgres").database().url}
        changes["contents_directory"] = tmp_path / "contents"
    async with network_house(tmp_path, **changes) as house:
        yield house


@pytest.fixture
async def buyer(house: NetworkHouse) -> Company:
    return await house.company("买方有限公司")


@pytest.fixture
async def seller(house: NetworkHouse) -> Company:
    return await house.company("Seller Ltd")


@pytest.fixture
def draft(buyer: Company, seller: Company) -> Draft:
    return buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2))


async def test_two_companies_sign_one_envelope(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    await draft.signed(by=buyer, party="buyer")
    await draft.say(Opened(), by=seller, party="seller")
    last = await draft.signed(by=seller, party="seller")
    state = await draft.now()
    assert state.status == "completed"
    record = await seller.record(draft.id)
    assert record.entries[-2] == last
    assert isinstance(parse(record.entries[-1].signed).act, Completed)


async def test_the_content_of_a_document_reaches_the_other_party_and_is_ciphertext_here(
    draft: Draft, seller: Company, house: NetworkHouse
) -> None:
    await draft.send()
    digest = hashlib.sha256(PAPER).hexdigest()
    content = await seller.content(draft.id, digest)
    assert opened(content, organisation=seller.id, key=seller.encryption) == PAPER
    kept = [file.read_bytes() for file in house.directory.rglob("*") if file.is_file()]
    assert not any(PAPER in each for each in kept)


async def test_everybody_is_told_each_entry_once_and_in_order(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    await draft.say(Opened(), by=buyer, party="buyer")
    await draft.signed(by=buyer, party="buyer")
    for company in (buyer, seller):
        feed = await company.feed()
        assert [item.sequence for item in feed.items] == [1, 2, 3]
        assert (await company.feed(feed.cursor)).items == ()
    await draft.say(Declined(reason="price"), by=seller, party="seller")
    assert [item.sequence for item in (await buyer.feed(feed.cursor)).items] == [4]


async def test_an_envelope_of_others_looks_like_one_that_is_not_there(
    draft: Draft, house: NetworkHouse
) -> None:
    await draft.send()
    stranger = await house.company("Stranger GmbH")
    paths = (
        "/v1/envelopes/{}",
        "/v1/envelopes/{}/contents/" + hashlib.sha256(PAPER).hexdigest(),
    )
    nowhere = "00000000-0000-4000-8000-000000000000"
    for path in paths:
        answers = []
        for envelope in (draft.id, nowhere):
            with pytest.raises(ProblemAnswer) as refused:
                await stranger.ask("GET", path.format(envelope))
            body = refused.value.body
            answers.append({**body, "trace": "", "detail": body["detail"].replace(envelope, "")})
        assert answers[0] == answers[1]
        assert answers[0]["status"] == 404
    assert (await stranger.feed()).items == ()
    assert (await stranger.heads()).heads == ()
