"""Who signs is who was shown the document: the entry that says so is of nobody else."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from cloud_bridge.envelopes.statements import Declined, Signed, parse
from cloud_bridge.network.authority import Authority
from cloud_bridge.network.persons.acting import Acting
from cloud_bridge.network.persons.errors import ActError
from cloud_bridge.network.persons.links import PersonLinks
from cloud_bridge.network.persons.model import Signature, Visit
from cloud_bridge.network.press.authority import PersonAuthority
from cloud_bridge.network.press.model import Mark, Pressed
from cloud_bridge.network.problems import NotAllowedProblem
from cloud_bridge.wire import NewPerson
from tests.network_house import NetworkHouse, network_house
from tests.person_house import NAME, Signer, asked
from tests.press_here import PressHere


class Interrupted:
    """A press during which something else happens."""

    def __init__(self, house: NetworkHouse) -> None:
        config = house.core.config
        authority = PersonAuthority(Authority.read(config.keys.persons_ca), config.name)
        self._press = PressHere(authority, house.core.time, font=config.persons.font)
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def press(
        self, base: bytes, marks: Sequence[Mark], *, name: str, envelope: str, party: str
    ) -> Pressed:
        if self.meanwhile is not None:
            await self.meanwhile()
        return await self._press.press(base, marks, name=name, envelope=envelope, party=party)


async def read(house: NetworkHouse, signer: Signer) -> Visit:
    """The visit of a person that has read."""
    core = house.core
    links = PersonLinks(core.lane, core.book, core.time)
    url = (await links.link(signer.draft.id, signer.party)).url
    visit = await links.open(url.removeprefix("/s/"), cookie=None)
    await links.begin_reading(visit)
    await links.has_read(visit, at=core.time.now())
    found = await links.visit(visit.secret)
    assert found is not None
    return found


async def test_what_is_handed_on_while_it_is_written_is_not_signed_in_the_other_s_name(
    tmp_path: Path,
) -> None:
    async with network_house(tmp_path, rooms=()) as house:
        signer = await asked(house, fields=(), level="none")
        core, press = house.core, Interrupted(house)
        acting = Acting(core.book, core.accounts, press, core.time)
        visit = await read(house, signer)
        other = await core.accounts.find_or_add(NewPerson(name="李四", contact="13900000002"))

        async def hand_on() -> None:
            press.meanwhile = None
            await acting.forward(visit, to=other)

        press.meanwhile = hand_on
        with pytest.raises(ActError) as refused:
            await acting.sign(visit, {}, Signature(typed=NAME))
        assert refused.value.reason == "over"
        record = await core.book.record(signer.draft.id)
        acts = [parse(entry.signed).act for entry in record.entries]
        assert not any(isinstance(act, Signed) for act in acts)
        party = (await signer.state()).party("signer")
        assert party is not None
        assert (party.party.account, party.state) == (other.id, "its-turn")


async def test_nothing_is_said_for_an_account_that_is_asked_no_more(tmp_path: Path) -> None:
    async with network_house(tmp_path, rooms=()) as house:
        signer = await asked(house, fields=(), level="none")
        with pytest.raises(NotAllowedProblem) as refused:
            await house.core.book.say(
                signer.draft.id, Declined(reason="other"), party="signer", id="x", account="another"
            )
        assert refused.value.reason == "not-its-turn"
