"""Whoever comes back once there is nothing left to sign is told so, wherever it stood before."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_bridge.envelopes.statements import Declined, Voided, Withdrawn
from cloud_bridge.model import Party
from cloud_bridge.wire import NewPerson
from tests.network_house import Company, NetworkHouse, network_house
from tests.person_house import CONTACT, NAME, Desk, Signer, asked, free_port

OTHER, OTHERS_CONTACT = "李四", "13900000002"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path, server={"port": free_port()}) as opened:
        yield opened


async def at_the_form(desk: Desk, signer: Signer) -> str:
    """Open a new link and read; the page on which it is signed."""
    where, page = await desk.open(signer)
    assert where == "/sign/read"
    return (await desk.post("/sign/read", page))[1]


async def test_whoever_has_read_is_told_that_it_was_withdrawn(house: NetworkHouse) -> None:
    signer = await asked(house, fields=(), level="none")
    async with Desk.at(house) as desk:
        form = await at_the_form(desk, signer)
        await signer.draft.say(Withdrawn(reason="wrong price"), by=signer.draft.initiator)
        assert "There is nothing to sign any more" in (await desk.post("/sign/act", form))[1]
        for path in ("/sign", "/sign/read", "/sign/act", "/sign/decline", "/sign/forward"):
            assert "There is nothing to sign any more" in (await desk.get(path))[1]


async def test_of_two_who_stand_for_each_other_one_signs_and_the_other_is_told(
    house: NetworkHouse,
) -> None:
    person = await house.core.accounts.find_or_add(NewPerson(name=OTHER, contact=OTHERS_CONTACT))
    other = Party(
        id="other", kind="person", account=person.id, name=OTHER, level="none", any_of="either"
    )
    signer = await asked(house, other, fields=(), level="none", any_of="either")
    second = Signer(house, signer.draft, "other", person)
    async with Desk.at(house) as one, Desk.at(house) as two:
        forms = await at_the_form(one, signer), await at_the_form(two, second)
        assert (await one.post("/sign/act", forms[0], typed=NAME))[0] == "/sign/done"
        told = await two.post("/sign/act", forms[1], typed=OTHER)
        assert "There is nothing to sign any more" in told[1]
        assert "There is nothing to sign any more" in (await two.get("/sign"))[1]


async def hand_on(signer: Signer, house: NetworkHouse, *, name: str, contact: str) -> str:
    """Whoever has the newest link hands on; what the page says."""
    async with Desk.at(house) as desk:
        await desk.open(signer)
        _, page = await desk.get("/sign/forward")
        return (await desk.post("/sign/forward", page, name=name, contact=contact))[1]


async def asked_now(signer: Signer) -> str:
    party = (await signer.state()).party("signer")
    assert party is not None
    return party.party.name


async def test_what_comes_back_can_be_handed_on_again(house: NetworkHouse) -> None:
    signer = await asked(house, fields=(), level="none")
    for name, contact in ((OTHER, OTHERS_CONTACT), (NAME, CONTACT)) * 2:
        assert "Forwarded." in await hand_on(signer, house, name=name, contact=contact)
        assert await asked_now(signer) == name


async def test_whoever_hands_on_to_itself_is_told_so_and_loses_nothing(
    house: NetworkHouse,
) -> None:
    signer = await asked(house, fields=(), level="none")
    told = await hand_on(signer, house, name=NAME, contact=CONTACT)
    assert "This is you. Please name somebody else." in told
    assert f'value="{NAME}"' in told
    assert f'value="{CONTACT}"' in told
    # Nor once it was handed on and came back.
    for name, contact in ((OTHER, OTHERS_CONTACT), (NAME, CONTACT)):
        await hand_on(signer, house, name=name, contact=contact)
    assert "This is you." in await hand_on(signer, house, name=NAME, contact=CONTACT)


async def test_a_remark_is_not_lost_where_the_reason_was_forgotten(house: NetworkHouse) -> None:
    signer = await asked(house, fields=(), level="none")
    async with Desk.at(house) as desk:
        await desk.open(signer)
        _, page = await desk.get("/sign/decline")
        _, told = await desk.post("/sign/decline", page, remark="The price is <another>")
        assert "The price is &lt;another&gt;</textarea>" in told


async def test_what_came_back_is_opened_in_the_record_once_more(house: NetworkHouse) -> None:
    signer = await asked(house, fields=(), level="none")
    for name, contact in ((OTHER, OTHERS_CONTACT), (NAME, CONTACT)):
        async with Desk.at(house) as desk:
            await desk.open(signer)
        assert await state_of(signer) == "opened"
        await hand_on(signer, house, name=name, contact=contact)
        assert await state_of(signer) == "its-turn"
    async with Desk.at(house) as desk:
        await desk.open(signer)
    assert await state_of(signer) == "opened"


async def state_of(signer: Signer) -> str:
    party = (await signer.state()).party("signer")
    assert party is not None
    return party.state


@pytest.mark.parametrize("name", ["\u3164", "李\u202e四", "\u2800 "])
async def test_nobody_hands_on_to_a_name_that_is_not_seen(house: NetworkHouse, name: str) -> None:
    signer = await asked(house, fields=(), level="none")
    assert "Forwarded." not in await hand_on(signer, house, name=name, contact=OTHERS_CONTACT)
    assert await asked_now(signer) == NAME


async def withdraw(signer: Signer, _other: Company) -> None:
    await signer.draft.say(Withdrawn(reason="wrong price"), by=signer.draft.initiator)


async def decline(signer: Signer, other: Company) -> None:
    await signer.draft.say(Declined(reason="price"), by=other, party="other")


async def expire(signer: Signer, _other: Company) -> None:
    signer.house.time.move(timedelta(hours=11))
    await signer.house.core.book.expire()


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (withdraw, "has withdrawn it"),
        (decline, "was refused"),
        (expire, "time is over"),
    ],
)
async def test_whoever_has_signed_is_not_told_to_wait_for_what_has_ended(
    house: NetworkHouse, end: Callable[[Signer, Company], Awaitable[None]], words: str
) -> None:
    other = await house.company("卖方有限公司")
    until = house.time.now().replace(microsecond=0) + timedelta(hours=10)
    signer = await asked(house, other.party("other"), fields=(), level="none", expires_at=until)
    async with Desk.at(house) as desk:
        form = await at_the_form(desk, signer)
        assert "Others have still to sign" in (await desk.post("/sign/act", form, typed=NAME))[1]
        await end(signer, other)
        where, page = await desk.get("/sign")
        assert where == "/sign/done"
        assert words in page
        assert "Others have still to sign" not in page


async def test_whoever_has_signed_is_told_that_it_was_made_void(house: NetworkHouse) -> None:
    signer = await asked(house, fields=(), level="none")
    async with Desk.at(house) as desk:
        form = await at_the_form(desk, signer)
        assert "Everybody has signed." in (await desk.post("/sign/act", form, typed=NAME))[1]
        void = Voided(by="another envelope")
        await house.core.book.say(signer.draft.id, void, party="", id="voided")
        page = (await desk.get("/sign"))[1]
        assert "made void" in page
        assert "Others have still to sign" not in page
