"""Links: who opens one, how often, and until when."""

import asyncio
from datetime import timedelta

import pytest

from cloud_bridge.network.persons.errors import LinkError
from cloud_bridge.network.persons.links import PersonLinks
from cloud_bridge.network.persons.model import Visit
from cloud_bridge.network.problems import EnvelopeUnknownProblem
from tests.network_house import NetworkHouse
from tests.person_house import Signer, asked


@pytest.fixture
async def signer(house: NetworkHouse) -> Signer:
    return await asked(house)


@pytest.fixture
def links(house: NetworkHouse) -> PersonLinks:
    return PersonLinks(house.core.lane, house.core.book, house.core.time, url="https://sign.test")


async def token_of(links: PersonLinks, signer: Signer) -> str:
    return (await links.link(signer.draft.id, signer.party)).url.removeprefix(
        "https://sign.test/s/"
    )


async def test_a_link_has_256_bits_and_ends_with_the_envelope_at_the_latest(
    links: PersonLinks, signer: Signer
) -> None:
    made = await links.link(signer.draft.id, signer.party)
    assert len(made.url.removeprefix("https://sign.test/s/")) == 43
    assert made.expires_at - signer.house.time.now() <= timedelta(days=7)
    signer.house.time.move(timedelta(days=28))
    late = await links.link(signer.draft.id, signer.party)
    assert late.expires_at == signer.draft.terms.expires_at


async def test_of_many_who_open_it_at_once_one_does(links: PersonLinks, signer: Signer) -> None:
    token = await token_of(links, signer)
    opened = await asyncio.gather(
        *(links.open(token, cookie=None) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(each, Visit) for each in opened) == 1
    assert {each.reason for each in opened if isinstance(each, LinkError)} == {"used"}


async def test_the_browser_that_opened_it_may_come_again(
    links: PersonLinks, signer: Signer
) -> None:
    token = await token_of(links, signer)
    visit = await links.open(token, cookie=None)
    assert await links.open(token, cookie=visit.secret) == visit
    with pytest.raises(LinkError) as refused:
        await links.open(token, cookie="x" * 43)
    assert refused.value.reason == "used"


async def test_a_newer_link_ends_the_older_and_what_it_opened(
    links: PersonLinks, signer: Signer
) -> None:
    older = await token_of(links, signer)
    visit = await links.open(older, cookie=None)
    newer = await token_of(links, signer)
    assert await links.visit(visit.secret) is None
    assert (await links.look(older), await links.look(newer)) == ("replaced", "fresh")


async def test_after_its_time_it_does_not_open(links: PersonLinks, signer: Signer) -> None:
    token = await token_of(links, signer)
    signer.house.time.move(timedelta(days=7))
    with pytest.raises(LinkError) as refused:
        await links.open(token, cookie=None)
    assert refused.value.reason == "expired"


async def test_looking_opens_nothing(links: PersonLinks, signer: Signer) -> None:
    token = await token_of(links, signer)
    for _ in range(3):
        assert await links.look(token) == "fresh"
    await links.open(token, cookie=None)
    assert await links.look("x" * 43) == "unknown"


async def test_there_are_no_links_for_parties_that_there_are_not(
    links: PersonLinks, signer: Signer
) -> None:
    with pytest.raises(EnvelopeUnknownProblem):
        await links.link(signer.draft.id, "nobody")


async def test_what_is_long_over_is_forgotten(links: PersonLinks, signer: Signer) -> None:
    token = await token_of(links, signer)
    await links.open(token, cookie=None)
    signer.house.time.move(timedelta(days=30))
    await links.forget()
    assert await links.look(token) == "used"
    signer.house.time.move(timedelta(days=8))
    await links.forget()
    assert await links.look(token) == "unknown"
