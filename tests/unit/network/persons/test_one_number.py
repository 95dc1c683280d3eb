"""One telephone number is one account, and has one count of codes, however it is written."""

import pytest
from sqlalchemy import insert

from cloud_bridge.network.accounts.contacts import one_way, spellings
from cloud_bridge.network.persons.visits import accounts_of
from cloud_bridge.network.store import schema
from cloud_bridge.wire import NewPerson
from tests.network_house import NetworkHouse

_SPELLINGS = (
    "+8613800004821",
    "13800004821",
    "+86 138 0000 4821",
    "138-0000-4821",
    "１３８-0000-4821",
    "１３８００００４８２１",
    "008613800004821",
    "8613800004821",
    "＋86（138）0000‑4821",
)


@pytest.mark.parametrize("written", _SPELLINGS)
def test_a_number_is_written_one_way(written: str) -> None:
    assert one_way(written) == "13800004821"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("+49 171 2345678", "+491712345678"),
        ("0049 171 2345678", "+491712345678"),
        ("010-12345678", "01012345678"),
        ("wang-fang@example.com", "wang-fang@example.com"),
        ("13800004821@example.com", "13800004821@example.com"),
    ],
)
def test_other_countries_and_mailboxes_stay_what_they_are(written: str, told: str) -> None:
    assert one_way(written) == told


@pytest.mark.parametrize("mailbox", ["+wang@example.com", "+13800004821@example.com"])
def test_a_mailbox_has_one_spelling_also_with_a_plus(mailbox: str) -> None:
    assert spellings(mailbox) == (mailbox,)


async def test_every_spelling_is_the_same_account(house: NetworkHouse) -> None:
    accounts = house.core.accounts
    found = {
        (await accounts.find_or_add(NewPerson(name="王芳", contact=each))).id for each in _SPELLINGS
    }
    assert len(found) == 1
    (id_,) = found
    person = await accounts.person(id_)
    assert person is not None
    assert person.contact == "13800004821"


async def test_accounts_of_earlier_versions_are_found_and_counted_together(
    house: NetworkHouse,
) -> None:
    core = house.core
    values = {"level": "none", "method": "", "verified_at": 0, "expires_at": 0}
    rows = [
        {"id": "old-one", "contact": "13800004821", "name": "王芳", **values},
        {"id": "old-two", "contact": "008613800004821", "name": "李明", **values},
    ]
    await core.lane.write(lambda unit: unit.execute(insert(schema.person), rows))
    assert (
        await core.accounts.find_or_add(NewPerson(name="王芳", contact="+86 138 0000 4821"))
    ).id == "old-one"
    new = (await core.accounts.find_or_add(NewPerson(name="赵六", contact="138 0000 4821"))).id
    asked = accounts_of("13800004821")
    counted = await core.lane.read(lambda connection: set(connection.scalars(asked)))
    assert counted == {"old-one", "old-two", new}


async def test_a_number_of_north_america_is_not_the_mobile_one_of_the_same_digits(
    house: NetworkHouse,
) -> None:
    accounts = house.core.accounts
    chinese = await accounts.find_or_add(NewPerson(name="Fang Wang", contact="138 0000 4821"))
    american = await accounts.find_or_add(NewPerson(name="Fang Wang", contact="+1 380 000 4821"))
    assert (chinese.contact, american.contact) == ("13800004821", "+13800004821")
    for person in (chinese, american):
        asked = accounts_of(person.contact)
        assert await house.core.lane.read(lambda c, q=asked: set(c.scalars(q))) == {person.id}
