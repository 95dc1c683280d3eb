"""Codes and the end of a number: what passes, what does not, and how often it may be tried."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from cloud_bridge.network.persons.checks import Checks
from cloud_bridge.network.persons.errors import CheckError, NotSentError
from cloud_bridge.network.persons.id_tails import IdTails
from cloud_bridge.network.persons.links import PersonLinks
from cloud_bridge.network.persons.model import Visit
from cloud_bridge.network.problems import MalformedProblem
from cloud_bridge.network.store import schema
from tests.network_house import Company, NetworkHouse, network_house
from tests.person_house import CONTACT, Signer, asked


class Postbox:
    """A sender that keeps what it was given, or takes nothing."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.takes = True

    async def send(self, *, contact: str, code: str, language: str, id: str) -> None:  # noqa: A002
        if not self.takes:
            raise NotSentError("no network to send by")
        assert (contact, language, len(code), len(id)) == (CONTACT, "zh", 6, 36)
        self.codes.append(code)


class Desk:
    """A person's visit, and what checks it."""

    def __init__(self, house: NetworkHouse, signer: Signer) -> None:
        core = house.core
        self.house, self.signer, self.postbox = house, signer, Postbox()
        self.links = PersonLinks(core.lane, core.book, core.time)
        self.checks = Checks(core.lane, core.accounts, self.postbox, core.time, IdTails(core.lane))

    async def visit(self, *, cookie: str | None = None) -> Visit:
        url = (await self.links.link(self.signer.draft.id, self.signer.party)).url
        return await self.links.open(url.removeprefix("/s/"), cookie=cookie)

    async def send(self, visit: Visit) -> str:
        await self.checks.send_code(visit, language="zh")
        return self.postbox.codes[-1]

    async def now(self, visit: Visit) -> Visit:
        found = await self.links.visit(visit.secret)
        assert found is not None
        return found


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with network_house(tmp_path) as house:
        yield Desk(house, await asked(house))


async def refused(work: object) -> CheckError:
    with pytest.raises(CheckError) as error:
        await work  # type: ignore[misc]  # any coroutine
    return error.value


async def test_the_code_passes_once_and_the_account_is_known_by_it(desk: Desk) -> None:
    visit = await desk.visit()
    code = await desk.send(visit)
    await desk.checks.code(visit, f"{code[:3]} {code[3:]}")
    assert (await desk.now(visit)).method == "code"
    person = await desk.house.core.accounts.person(visit.account)
    assert person is not None
    assert person.verification.level_at(desk.house.time.now()) == "contact"
    assert (await refused(desk.checks.code(visit, code))).reason == "expired"


async def test_a_code_counts_ten_minutes(desk: Desk) -> None:
    visit = await desk.visit()
    code = await desk.send(visit)
    desk.house.time.move(timedelta(minutes=10))
    assert (await refused(desk.checks.code(visit, code))).reason == "expired"


async def test_five_wrong_tries_use_a_code_up(desk: Desk) -> None:
    visit = await desk.visit()
    code = await desk.send(visit)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    reasons = [(await refused(desk.checks.code(visit, wrong))).reason for _ in range(6)]
    assert reasons == ["wrong"] * 4 + ["used-up"] * 2
    assert (await refused(desk.checks.code(visit, code))).reason == "used-up"


async def test_a_code_of_one_visit_is_no_code_of_another(desk: Desk) -> None:
    code = await desk.send(await desk.visit())
    desk.house.time.move(timedelta(minutes=2))
    other = await desk.visit()
    await desk.send(other)
    if desk.postbox.codes[-1] != code:
        assert (await refused(desk.checks.code(other, code))).reason == "wrong"


async def test_nobody_is_flooded_with_codes(desk: Desk) -> None:
    for sent in range(5):
        # A new link each time changes nothing: it is the account that is counted.
        visit = await desk.visit()
        await desk.send(visit)
        soon = await refused(desk.send(visit))
        if sent < 4:
            assert soon.reason == "too-soon"
            assert 0 < soon.seconds <= 60
        desk.house.time.move(timedelta(seconds=61))
    many = await refused(desk.send(await desk.visit()))
    assert many.reason == "too-many"
    assert 3000 < many.seconds < 3600
    desk.house.time.move(timedelta(seconds=many.seconds))
    await desk.send(await desk.visit())
    assert len(desk.postbox.codes) == 6


async def test_a_telephone_is_flooded_by_no_number_of_names_either(desk: Desk) -> None:
    await desk.send(await desk.visit())
    for name in ("张三一", "张三二"):
        # Whoever sends an envelope calls people as it likes: the telephone is the same.
        desk.signer = await asked(desk.house, by=desk.signer.draft.initiator, name=name)
        assert (await refused(desk.send(await desk.visit()))).reason == "too-soon"
    assert len(desk.postbox.codes) == 1


async def test_a_telephone_gets_twenty_codes_a_day(desk: Desk) -> None:
    for _ in range(4):
        for _ in range(5):
            await desk.send(await desk.visit())
            desk.house.time.move(timedelta(minutes=2))
        desk.house.time.move(timedelta(hours=1))
    many = await refused(desk.send(await desk.visit()))
    assert many.reason == "too-many"
    assert timedelta(hours=19) < timedelta(seconds=many.seconds) < timedelta(hours=20)
    desk.house.time.move(timedelta(seconds=many.seconds))
    await desk.send(await desk.visit())


async def test_a_code_that_was_not_taken_does_not_count(desk: Desk) -> None:
    visit = await desk.visit()
    desk.postbox.takes = False
    assert (await refused(desk.send(visit))).reason == "not-sent"
    assert (await desk.now(visit)).code_expires_at is None


async def test_the_end_of_the_number_passes(desk: Desk) -> None:
    visit = await desk.visit()
    await desk.checks.tail(visit, " 8000 ")
    assert (await desk.now(visit)).method == "contact-tail"


async def test_five_wrong_ends_end_the_link(desk: Desk) -> None:
    visit = await desk.visit()
    reasons = [(await refused(desk.checks.tail(visit, "1234"))).reason for _ in range(5)]
    assert reasons == ["wrong"] * 4 + ["used-up"]
    assert await desk.links.visit(visit.secret) is None
    assert (await refused(desk.checks.tail(visit, "8000"))).reason == "used-up"


async def wrong_ends(desk: Desk, number: int) -> None:
    """So many, by as many links as that takes."""
    while number:
        visit = await desk.visit()
        for _ in range(min(5, number)):
            assert (await refused(desk.checks.tail(visit, "1234"))).reason in {"wrong", "used-up"}
            number -= 1


async def beside(desk: Desk, *, by: Company | None = None) -> Desk:
    """Another envelope for the same person, of another sender or of this one."""
    return Desk(desk.house, await asked(desk.house, by=by))


async def waits(desk: Desk) -> timedelta:
    """How long the right end is not believed; then it is, and nothing was entered."""
    waiting = await refused(desk.checks.tail(await desk.visit(), "8000"))
    assert waiting.reason == "wait"
    return timedelta(seconds=waiting.seconds)


async def passes(desk: Desk) -> bool:
    visit = await desk.visit()
    await desk.checks.tail(visit, "8000")
    return (await desk.now(visit)).method == "contact-tail"


async def test_new_links_of_an_envelope_give_ten_tries_and_then_one_a_day(desk: Desk) -> None:
    await wrong_ends(desk, 10)
    # Whoever sent it, or a reminder, has brought another link: the end is right, and not believed.
    assert timedelta(hours=23) < await waits(desk) <= timedelta(days=1)
    desk.house.time.move(timedelta(days=1))
    await wrong_ends(desk, 1)
    assert timedelta(hours=23) < await waits(desk) <= timedelta(days=1)
    desk.house.time.move(timedelta(days=1))
    assert await passes(desk)


async def test_wrong_ends_in_one_envelope_keep_nobody_out_of_another_however_long_it_goes_on(
    desk: Desk,
) -> None:
    same, other = await beside(desk, by=desk.signer.draft.initiator), await beside(desk)
    await wrong_ends(desk, 10)
    for _ in range(20):
        desk.house.time.move(timedelta(days=1))
        await wrong_ends(desk, 1)
    assert await passes(same)
    assert await passes(other)


async def test_wrong_ends_by_all_links_of_a_sender_have_it_wait_longer_each_time_and_no_other(
    desk: Desk,
) -> None:
    sender, other = desk.signer.draft.initiator, await beside(desk)
    await wrong_ends(desk, 10)
    await wrong_ends(await beside(desk, by=sender), 5)
    third = await beside(desk, by=sender)
    for hours in (1, 2, 4, 8, 16, 24, 24):
        left = timedelta(hours=hours) - await waits(third)
        assert timedelta() <= left < timedelta(minutes=1)
        desk.house.time.move(timedelta(hours=hours))
        third = await beside(desk, by=sender)
        await wrong_ends(third, 1)
    assert await passes(other)


async def test_two_senders_together_have_the_account_wait_everywhere(desk: Desk) -> None:
    for sender in (desk.signer.draft.initiator, await desk.house.company("Seller Ltd")):
        await wrong_ends(await beside(desk, by=sender), 10)
    other = await beside(desk)
    assert timedelta(minutes=59) < await waits(other) <= timedelta(hours=1)
    desk.house.time.move(timedelta(hours=1))
    assert await passes(other)


async def test_who_was_right_in_the_end_has_not_tried_and_others_have(desk: Desk) -> None:
    for _ in range(4):
        mine = await beside(desk, by=desk.signer.draft.initiator)
        visit = await mine.visit()
        for _ in range(4):
            assert (await refused(mine.checks.tail(visit, "1234"))).reason == "wrong"
        await mine.checks.tail(visit, "8000")
    await wrong_ends(desk, 9)
    assert await passes(desk)
    await wrong_ends(desk, 1)
    assert (await waits(desk)) > timedelta(hours=23)


async def test_one_sender_alone_has_nobody_wait_for_another(desk: Desk) -> None:
    sender, other = desk.signer.draft.initiator, await beside(desk)
    for number in (10, 5):
        await wrong_ends(await beside(desk, by=sender), number)
    await wrong_ends(other, 4)
    assert await passes(other)


async def test_who_was_right_takes_back_its_tries_once(desk: Desk) -> None:
    await wrong_ends(desk, 5)
    visit = await desk.visit()
    for _ in range(4):
        assert (await refused(desk.checks.tail(visit, "1234"))).reason == "wrong"
    for _ in range(3):
        await desk.checks.tail(visit, "8000")
    await wrong_ends(desk, 5)
    assert (await waits(desk)) > timedelta(hours=23)


async def test_who_was_right_takes_back_its_tries_only_where_they_counted(desk: Desk) -> None:
    sender, other = desk.signer.draft.initiator, await beside(desk)
    await wrong_ends(desk, 10)
    await wrong_ends(await beside(desk, by=sender), 5)
    desk.house.time.move(timedelta(hours=1))
    mine = await beside(desk, by=sender)
    visit = await mine.visit()
    assert (await refused(mine.checks.tail(visit, "1234"))).reason == "wrong"
    desk.house.time.move(timedelta(hours=2))
    await mine.checks.tail(visit, "8000")
    # It counted for the sender, and not for the account: of that there are still 15.
    await wrong_ends(other, 5)
    assert timedelta(minutes=59) < await waits(other) <= timedelta(hours=1)


async def test_another_persons_errors_keep_nobody_off(desk: Desk) -> None:
    other = Desk(desk.house, await asked(desk.house, name="王五", contact="13900009999"))
    for _ in range(2):
        visit = await other.visit()
        for _ in range(5):
            await refused(other.checks.tail(visit, "1234"))
    mine = await desk.visit()
    await desk.checks.tail(mine, "8000")
    assert (await desk.now(mine)).method == "contact-tail"


@pytest.mark.parametrize(
    ("contact", "wrong", "right"),
    [
        ("li.ming@example.com", ".com", "MING"),
        ("wu@example.cn", "e.cn", "wu"),
    ],
)
async def test_of_a_mailbox_it_is_what_nobody_reads_off_its_provider(
    desk: Desk, contact: str, wrong: str, right: str
) -> None:
    other = Desk(desk.house, await asked(desk.house, name="李明", contact=contact))
    visit = await other.visit()
    assert (await refused(other.checks.tail(visit, wrong))).reason == "wrong"
    await other.checks.tail(visit, right)
    assert (await other.now(visit)).method == "contact-tail"


async def test_what_is_too_short_to_ask_for_is_never_right(desk: Desk) -> None:
    other = Desk(desk.house, await asked(desk.house, name="吴一", contact="w@example.cn"))
    visit = await other.visit()
    for given in ("w", "", "e.cn"):
        assert (await refused(other.checks.tail(visit, given))).reason == "wrong"


async def keep_id_tail(desk: Desk, tail: str = "123X") -> None:
    await IdTails(desk.house.core.lane).keep(desk.signer.person.id, tail)


async def test_the_end_of_the_identity_number_passes_however_it_is_written(desk: Desk) -> None:
    await keep_id_tail(desk)
    visit = await desk.visit()
    await desk.checks.id_tail(visit, " 123x ")
    assert (await desk.now(visit)).method == "id-tail"


async def test_a_number_that_nobody_gave_is_answered_as_a_wrong_one(desk: Desk) -> None:
    answers = []
    for known in (False, True):
        if known:
            await keep_id_tail(desk)
        visit = await desk.visit()
        tries = [(await refused(desk.checks.id_tail(visit, "1234"))).reason for _ in range(5)]
        answers.append((tries, await desk.links.visit(visit.secret)))
    assert answers == [(["wrong"] * 4 + ["used-up"], None)] * 2


async def test_of_an_identity_number_the_database_has_a_salted_hash_alone(desk: Desk) -> None:
    await keep_id_tail(desk)
    other = await asked(desk.house, name="王五", contact="13900000000")
    await IdTails(desk.house.core.lane).keep(other.person.id, "123X")
    rows = await desk.house.core.lane.read(
        lambda connection: connection.execute(select(schema.id_tail)).all()
    )
    assert len({row.digest for row in rows}) == 2
    assert "123X" not in repr(rows)


async def test_an_end_of_another_shape_is_not_kept(desk: Desk) -> None:
    with pytest.raises(MalformedProblem):
        await keep_id_tail(desk, "12345")


async def test_the_same_browser_is_not_checked_twice_for_one_account(desk: Desk) -> None:
    first = await desk.visit()
    await desk.checks.code(first, await desk.send(first))
    other = Desk(desk.house, await asked(desk.house))
    visit = await other.visit(cookie=first.secret)
    assert visit.method == "code"
    stranger = Desk(desk.house, await asked(desk.house, name="王五", contact="13900000000"))
    assert (await stranger.visit(cookie=first.secret)).checked_at is None
    desk.house.time.move(timedelta(hours=13))
    assert (await Desk(desk.house, await asked(desk.house)).visit(cookie=first.secret)).method == ""


async def test_the_database_has_neither_link_nor_cookie_nor_code(desk: Desk) -> None:
    url = (await desk.links.link(desk.signer.draft.id, "signer")).url
    visit = await desk.links.open(url.removeprefix("/s/"), cookie=None)
    code = await desk.send(visit)

    def everything(connection: Connection) -> str:
        tables = (schema.link, schema.visit, schema.code_sent)
        return repr([connection.execute(select(table)).all() for table in tables])

    kept = await desk.house.core.lane.read(everything)
    assert desk.signer.draft.id in kept
    for secret in (url.removeprefix("/s/"), visit.secret, f"'{code}'"):
        assert secret not in kept
