"""Links reach persons: at their turn, when they are reminded, when it was handed on to them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cloud_bridge.envelopes.statements import Forwarded, Opened, Reminded, Withdrawn
from cloud_bridge.network.persons.errors import NotSentError
from cloud_bridge.network.persons.invitations import Invitations
from cloud_bridge.network.persons.links import PersonLinks
from cloud_bridge.network.persons.model import LinkMessage
from cloud_bridge.wire import NewPerson
from tests.network_house import NetworkHouse, network_house
from tests.person_house import CONTACT, Signer, asked
from tests.running_gateway import until

ORIGIN = "https://sign.test"


@dataclass
class Postbox:
    """Keeps what it is to bring, or takes nothing."""

    came: list[tuple[str, LinkMessage, str]] = field(default_factory=list)
    takes: bool = True
    tries: int = 0

    async def send_link(self, *, contact: str, message: LinkMessage, id: str) -> None:  # noqa: A002
        self.tries += 1
        if not self.takes:
            raise NotSentError("no network to send by")
        self.came.append((contact, message, id))

    @property
    def causes(self) -> list[str]:
        return [message.cause for _, message, _ in self.came]

    def token(self, number: int = -1) -> str:
        return self.came[number][1].url.removeprefix(f"{ORIGIN}/s/")


class Office:
    """A network whose links are brought only when the test says so."""

    def __init__(self, house: NetworkHouse) -> None:
        core = house.core
        self.house, self.postbox = house, Postbox()
        self.links = PersonLinks(core.lane, core.book, core.time, url=ORIGIN)
        self.invitations = Invitations(
            lane=core.lane,
            book=core.book,
            accounts=core.accounts,
            links=self.links,
            sender=self.postbox,
            time=core.time,
            key=core.key,
            language="zh",
        )

    async def deliver(self) -> Postbox:
        await self.invitations.deliver()
        return self.postbox

    async def remind(self, signer: Signer) -> None:
        await signer.draft.say(Reminded(party=signer.party), by=signer.draft.initiator)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with network_house(tmp_path, rooms=()) as house:
        yield Office(house)


async def test_a_person_whose_turn_it_is_gets_one_message_with_a_link_that_opens(
    office: Office,
) -> None:
    signer = await asked(office.house)
    postbox = await office.deliver()
    await office.deliver()
    ((contact, message, _),) = postbox.came
    assert contact == CONTACT
    assert (message.cause, message.title, message.sender, message.language) == (
        "turn",
        "运输合同 2026-11",
        "买方有限公司",
        "zh",
    )
    assert message.expires_at - office.house.time.now() <= timedelta(days=7)
    assert message.url in message.text
    assert "运输合同 2026-11" in message.text
    visit = await office.links.open(postbox.token(), cookie=None)
    assert (visit.envelope, visit.account) == (signer.draft.id, signer.person.id)


async def test_nothing_of_the_document_is_in_the_message(office: Office) -> None:
    await asked(office.house)
    ((_, message, _),) = (await office.deliver()).came
    assert "合同.pdf" not in repr(message)
    assert "签名" not in message.text


async def test_each_reads_its_own_language(office: Office) -> None:
    await asked(office.house, language="en")
    ((_, message, _),) = (await office.deliver()).came
    assert message.text.startswith("买方有限公司 asks you to sign “运输合同 2026-11”")


async def test_who_is_to_wait_hears_when_its_turn_comes(office: Office) -> None:
    company = await office.house.company("卖方有限公司")
    signer = await asked(office.house, company.party("seller", turn=1), by=company, turn=2)
    assert (await office.deliver()).came == []
    await signer.draft.signed(by=company, party="seller")
    assert (await office.deliver()).causes == ["turn"]


async def test_who_sends_may_bring_the_link_itself(office: Office) -> None:
    await asked(office.house, bring_link=False)
    assert (await office.deliver()).tries == 0


async def test_whoever_was_there_already_is_not_called(office: Office) -> None:
    signer = await asked(office.house)
    await office.house.core.book.say(signer.draft.id, Opened(), party="signer", id="opened-1")
    assert (await office.deliver()).came == []


async def test_an_envelope_that_ended_calls_nobody(office: Office) -> None:
    signer = await asked(office.house)
    await signer.draft.say(Withdrawn(reason="mistake"), by=signer.draft.initiator)
    assert (await office.deliver()).came == []


async def test_a_reminder_brings_a_new_link_and_ends_only_the_one_that_nobody_opened(
    office: Office,
) -> None:
    signer = await asked(office.house)
    await office.deliver()
    first = office.postbox.token()
    office.house.time.move(timedelta(hours=2))
    await office.remind(signer)
    assert (await office.deliver()).causes == ["turn", "reminder"]
    assert await office.links.look(first) == "replaced"
    visit = await office.links.open(office.postbox.token(), cookie=None)
    office.house.time.move(timedelta(hours=2))
    await office.remind(signer)
    await office.deliver()
    assert len(office.postbox.came) == 3
    assert await office.links.visit(visit.secret) is not None, "the person's entries were lost"


async def test_reminders_one_after_the_other_are_one_message_an_hour_later(office: Office) -> None:
    signer = await asked(office.house)
    await office.deliver()
    for _ in range(5):
        await office.remind(signer)
        assert (await office.deliver()).causes == ["turn"]
    office.house.time.move(timedelta(hours=1, seconds=1))
    await office.deliver()
    assert (await office.deliver()).causes == ["turn", "reminder"]


async def test_nobody_is_flooded_whoever_sends_and_to_whatever_name(office: Office) -> None:
    for number in range(23):
        await asked(office.house, name=f"张三{number % 3}")
    assert len((await office.deliver()).came) == 20
    assert len((await office.deliver()).came) == 20
    office.house.time.move(timedelta(days=1, seconds=1))
    assert len((await office.deliver()).came) == 23


async def test_a_link_that_the_sender_asked_for_and_one_that_was_brought_both_open(
    office: Office,
) -> None:
    signer = await asked(office.house)
    own = (await office.links.link(signer.draft.id, signer.party)).url
    await office.deliver()
    assert await office.links.look(own.removeprefix(f"{ORIGIN}/s/")) == "fresh"
    assert await office.links.look(office.postbox.token()) == "fresh"
    await office.links.link(signer.draft.id, signer.party)
    assert await office.links.look(office.postbox.token()) == "replaced"


async def test_whoever_it_is_handed_to_gets_a_link_and_the_other_ones_end(office: Office) -> None:
    signer = await asked(office.house)
    await office.deliver()
    first = office.postbox.token()
    heir = await office.house.core.accounts.find_or_add(
        NewPerson(name="李四", contact="li@partner.example")
    )
    act = Forwarded(account=heir.id, name=heir.name)
    await office.house.core.book.say(signer.draft.id, act, party="signer", id="forward-1")
    ((_, _, _), (contact, message, _)) = (await office.deliver()).came
    assert (contact, message.cause) == ("li@partner.example", "forwarded")
    assert await office.links.look(first) == "replaced"


async def test_what_was_not_taken_is_brought_later_with_the_same_link_and_id(
    office: Office,
) -> None:
    await asked(office.house)
    tried: list[tuple[str, str]] = []
    send = office.postbox.send_link

    async def lost(*, contact: str, message: LinkMessage, id: str) -> None:  # noqa: A002
        tried.append((message.url, id))
        await send(contact=contact, message=message, id=id)
        if len(tried) < 3:
            raise NotSentError("taken, and the answer was lost")

    office.postbox.send_link = lost  # type: ignore[method-assign]
    for _ in range(3):
        await office.deliver()
        await office.deliver()
        office.house.time.move(timedelta(hours=1))
    assert len(tried) == 3
    assert len(set(tried)) == 1
    assert await office.links.look(office.postbox.token()) == "fresh"


async def test_what_is_never_taken_is_given_up(office: Office) -> None:
    await asked(office.house)
    office.postbox.takes = False
    for _ in range(12):
        await office.deliver()
        office.house.time.move(timedelta(hours=12))
    assert office.postbox.tries == 6


async def test_a_network_brings_links_by_itself_to_a_file_for_a_trial(tmp_path: Path) -> None:
    async with network_house(tmp_path) as house:
        await asked(house)
        file = house.core.config.state_directory / "links.jsonl"
        await until(file.exists)
        (line,) = [json.loads(each) for each in file.read_text().splitlines()]
        assert line["contact"] == CONTACT
        assert line["url"].startswith("http://127.0.0.1:")
        assert datetime.fromisoformat(line["expiresAt"]) > house.time.now()


async def test_a_network_may_leave_all_links_to_those_who_send(tmp_path: Path) -> None:
    async with network_house(tmp_path, rooms=(), persons={"bring_links": False}) as house:
        await asked(house)
        assert (await Office(house).deliver()).tries == 0
